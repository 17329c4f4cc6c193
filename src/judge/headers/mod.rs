//! The policy that answers carry in their fields, as the browser's own algorithms read it.

mod cached;
mod csp;
mod framing;
mod isolation;
mod list;
mod mixed;
mod nosniff;
mod once;
mod permissions;
mod published;
mod referrer;
mod trace;
mod version;

use super::answered::{Answer, answers};
use super::{Check, Word, check, fail, pass, skip};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, Http, Observation, Response, Seen};
use crate::spec::Spec;

pub(super) const CHECKS: &[Check] = &[
    check!("headers/content-type-options", |spec, seen| each(spec, seen, &CONTENT_TYPE_OPTIONS)),
    check!("headers/frame-options", |spec, seen| each(spec, seen, &FRAME_OPTIONS)),
    check!("headers/referrer-policy", |spec, seen| each(spec, seen, &REFERRER_POLICY)),
    check!("headers/permissions-policy", |spec, seen| each(spec, seen, &PERMISSIONS_POLICY)),
    check!("headers/headers-on-errors", on_errors),
    check!("headers/session-not-cached", cached::session_not_cached),
    check!("headers/headers-once", headers_once),
    check!("headers/content-security-policy", content_security_policy),
    check!("headers/no-version-leak", no_version_leak),
    check!("headers/cross-origin-isolation", |spec, seen| documents(
        spec,
        seen,
        isolation::cross_origin_isolation
    )),
    check!("headers/security-txt", |_, seen| published::security_txt(seen)),
    check!("headers/mixed-content-absent", |spec, seen| documents(spec, seen, mixed::mixed_content)),
    check!("headers/trace-off", trace::trace_off),
];

/// The rules that every judged answer obeys, as its kind asks.
pub(super) const RULES: [&Rule; 4] =
    [&CONTENT_TYPE_OPTIONS, &FRAME_OPTIONS, &REFERRER_POLICY, &PERMISSIONS_POLICY];

/// What the fields of one answer must say.
pub(super) struct Rule {
    pub id: &'static str,
    /// On answers for programs it is advice.
    documents: bool,
    word: fn(&Spec, &Response) -> Word,
    expected: fn(&Spec) -> String,
}

impl Rule {
    pub fn word(&self, spec: &Spec, response: &Response) -> Word {
        (self.word)(spec, response)
    }

    /// Whether the rule is more than advice for this answer.
    pub fn decides(&self, spec: &Spec, response: &Response) -> bool {
        !self.documents || response.is_document() || spec.headers.everywhere
    }
}

const CONTENT_TYPE_OPTIONS: Rule = Rule {
    id: "content-type-options",
    documents: false,
    word: |_, response| nosniff::nosniff(response),
    expected: |_| "nosniff".into(),
};

const FRAME_OPTIONS: Rule = Rule {
    id: "frame-options",
    documents: true,
    word: |_, response| framing::framing(response),
    expected: |spec| spec.promised("DENY, SAMEORIGIN or a narrow frame-ancestors", "headers.everywhere"),
};

const REFERRER_POLICY: Rule = Rule {
    id: "referrer-policy",
    documents: true,
    word: |spec, response| referrer::referrer_policy(&spec.headers.referrer, response),
    expected: |spec| spec.promised(&referrer::expected(&spec.headers.referrer), "headers.referrer"),
};

const PERMISSIONS_POLICY: Rule = Rule {
    id: "permissions-policy",
    documents: true,
    word: |spec, response| permissions::permissions_policy(&spec.headers.permissions_off, response),
    expected: |spec| {
        spec.promised(&permissions::expected(&spec.headers.permissions_off), "headers.permissions_off")
    },
};

/// One rule on every page and API answer. The answer to a random path is `on_errors`' matter: one fault, one Fail.
fn each(spec: &Spec, seen: &Seen, rule: &Rule) -> Vec<Verdict> {
    let judged = answers(spec, seen).into_iter().filter(|answer| !answer.absent).map(|answer| {
        let verdict = verdict(&answer, |response| rule.word(spec, response));
        let verdict = match verdict.status {
            Status::Fail => verdict.expected((rule.expected)(spec)),
            _ => verdict,
        };
        match answer.hop {
            Ok(hop) if !rule.decides(spec, &hop.response) => verdict.as_advice(),
            _ => verdict,
        }
    });
    judged.collect()
}

/// nginx's `add_header` without `always`, and what answers an unhandled exception, leave errors bare.
fn on_errors(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_error = |answer: &Answer| answer.hop.as_ref().is_ok_and(|hop| hop.response.status >= 400);
    let judged = answers(spec, seen).into_iter().filter(|answer| answer.absent || is_error(answer));
    let verdicts: Vec<Verdict> = judged.map(|answer| error_verdict(spec, &answer)).collect();
    let led_away = |o: &Observation<Http>| o.question.ask == Ask::Absent && o.outcome.is_ok();
    if verdicts.is_empty() && seen.asked().any(led_away) {
        let message = "no error answer was seen: random paths lead to a page";
        return vec![Verdict::new(Subject::Site, Status::Skip, message).unseen()];
    }
    verdicts
}

fn error_verdict(spec: &Spec, answer: &Answer) -> Verdict {
    let verdict = verdict(answer, |response| match response.status {
        status @ ..400 => skip(format!("a random path is answered {status}: no error answer was seen")),
        status => {
            let rules: Vec<&Rule> = RULES.into_iter().filter(|rule| rule.decides(spec, response)).collect();
            let words = rules.iter().map(|rule| rule.word(spec, response));
            let broken: Vec<String> =
                words.filter(|(status, _)| *status != Status::Pass).map(|(_, why)| why).collect();
            let held: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
            match broken.len() {
                0 => pass(format!("{status} obeys {}", held.join(", "))),
                _ => fail(format!("{status}: {}", broken.join(", "))),
            }
        }
    });
    if verdict.status == Status::Skip { verdict.unseen() } else { verdict }
}

fn no_version_leak(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    answers(spec, seen).iter().map(|answer| verdict(answer, version::version_leak)).collect()
}

fn headers_once(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    answers(spec, seen).iter().map(|answer| verdict(answer, once::headers_once)).collect()
}

/// A nonce that others know lets their scripts run, whatever else the policy says.
fn content_security_policy(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let repeated = csp::repeated(seen);
    documents(spec, seen, |response| match csp::nonces(response).intersection(&repeated).count() {
        0 => csp::content_security_policy(response),
        _ => fail("the same nonce stands in two answers, so that whoever asks knows it"),
    })
}

/// One rule on every page. The answer to a random path, and what only programs read, is not judged.
fn documents(spec: &Spec, seen: &Seen, word: impl Fn(&Response) -> Word) -> Vec<Verdict> {
    let is_page = |answer: &Answer| answer.hop.as_ref().map_or(true, |hop| hop.response.is_document());
    let judged: Vec<Answer> = answers(spec, seen).into_iter().filter(|answer| !answer.absent).collect();
    let verdicts: Vec<Verdict> =
        judged.iter().filter(|answer| is_page(answer)).map(|answer| verdict(answer, &word)).collect();
    if verdicts.is_empty() && !judged.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no answer is a document").unseen()];
    }
    verdicts
}

fn verdict(answer: &Answer, word: impl FnOnce(&Response) -> Word) -> Verdict {
    let (status, message) = match &answer.hop {
        Ok(hop) => word(&hop.response),
        Err(why) => why.clone(),
    };
    Verdict::new(answer.subject.clone(), status, message).resting_on([answer.o.id()])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::observation::{ErrorKind, Exchange, Fact, Method, ProbeError, Question, Stage, Vantage};
    use crate::target::Origin;

    /// A GET at 203.0.113.7 for the site `https://app.example.com`.
    pub fn question(ask: Ask, path: &str) -> Http {
        let site: Origin = "app.example.com".parse().unwrap();
        Http { at: site.at([203, 0, 113, 7].into()), method: Method::Get, path: path.into(), ask }
    }

    /// Exactly these answers.
    pub fn seen(answers: impl IntoIterator<Item = (Http, Result<Exchange, ProbeError>)>) -> Seen {
        run(answers.into_iter().map(|(question, outcome)| fact(question, outcome)))
    }

    pub fn fact<Q: Question>(question: Q, outcome: Result<Q::Answer, ProbeError>) -> Fact
    where
        Observation<Q>: Into<Fact>,
    {
        Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into()
    }

    /// Exactly these facts, of a run on 2026-03-02.
    pub fn run(facts: impl IntoIterator<Item = Fact>) -> Seen {
        crate::judge::tests::seen_from(Vantage::default(), facts)
    }

    const GOOD: [(&str, &str); 4] = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=()"),
    ];

    #[test]
    fn a_rule_for_pages_is_advice_for_programs() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        let json = ("Content-Type", "application/json");
        for (everywhere, rule, fields, want) in [
            (false, &FRAME_OPTIONS, &[json][..], (Status::Fail, true)),
            (true, &FRAME_OPTIONS, &[json], (Status::Fail, false)),
            (false, &FRAME_OPTIONS, &[], (Status::Fail, false)),
            (false, &REFERRER_POLICY, &[json], (Status::Fail, true)),
            (false, &PERMISSIONS_POLICY, &[json], (Status::Fail, true)),
            (false, &CONTENT_TYPE_OPTIONS, &[json], (Status::Fail, false)),
            (false, &CONTENT_TYPE_OPTIONS, &GOOD, (Status::Pass, false)),
        ] {
            spec.headers.everywhere = everywhere;
            let answer = exchange(vec![response(200, fields, "x")]);
            let verdicts = each(&spec, &seen([(question(Ask::Visit, "/"), Ok(answer))]), rule);
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.advice), want, "{} {fields:?}", rule.id);
            assert_eq!(verdict.expected.is_some(), verdict.status == Status::Fail);
        }
    }

    #[test]
    fn no_answer_is_no_pass() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let silent = ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "no answer in 5 s");
        for rule in RULES {
            let verdicts = each(&spec, &seen([(question(Ask::Visit, "/"), Err(silent.clone()))]), rule);
            let said: Vec<(Status, &str)> = verdicts.iter().map(|v| (v.status, v.message.as_str())).collect();
            assert_eq!(said, [(Status::Unknown, "no answer in 5 s")], "{}", rule.id);
        }
    }

    #[test]
    fn errors_obey_the_rules_of_their_kind() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let json = [("Content-Type", "application/json"), GOOD[0]];
        for (answer, want) in [
            (
                response(404, &GOOD, "x"),
                (
                    Status::Pass,
                    "404 obeys content-type-options, frame-options, referrer-policy, permissions-policy",
                ),
            ),
            (response(404, &json, "x"), (Status::Pass, "404 obeys content-type-options")),
            (response(404, &GOOD[1..], "x"), (Status::Fail, "404: x-content-type-options is absent")),
            (response(200, &[], "x"), (Status::Skip, "a random path is answered 200: no error answer was seen")),
            (response(502, &GOOD, "x"), (Status::Unknown, "502 is no answer of the application")),
        ] {
            let absent = (question(Ask::Absent, "/"), Ok(exchange(vec![answer])));
            let visit = (question(Ask::Visit, "/"), Ok(exchange(vec![response(200, &[], "x")])));
            let verdicts = on_errors(&spec, &seen([absent, visit]));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.message.as_str()), want);
            assert_eq!(verdict.unseen, verdict.status == Status::Skip);
        }
    }
}
