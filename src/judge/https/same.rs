//! Whether it matters which of a name's addresses a visitor's device picks.

use std::collections::BTreeMap;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{comes_and_goes, shut_out, subject};
use crate::judge::certificate::flaw;
use crate::judge::headers::RULES;
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Ask, Exchange, Http, Observation, Response, Seen, Session, Stopped};
use crate::spec::Spec;
use crate::target::{Endpoint, Origin};

/// Each address is compared with the first one that answers, path by path.
pub(super) fn everywhere(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut pages: BTreeMap<(Origin, &str), Vec<&Observation<Http>>> = BTreeMap::new();
    for o in seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit) {
        pages.entry((o.question.at.origin(), &o.question.path)).or_default().push(o);
    }
    let mut verdicts: Vec<Verdict> = vec![];
    for ((origin, _), visits) in pages {
        match &visits[..] {
            [only] => {
                let name = Subject::Name(origin.host.to_string());
                if verdicts.iter().all(|said| said.subject != name) {
                    let (status, message) = skip("one address");
                    verdicts.push(Verdict::new(name, status, message).resting_on([only.id()]));
                }
            }
            several => verdicts.extend(compared(spec, seen, several)),
        }
    }
    verdicts
}

fn compared(spec: &Spec, seen: &Seen, visits: &[&Observation<Http>]) -> Vec<Verdict> {
    let answers: Vec<Result<&Response, Word>> = visits.iter().map(|o| answer(seen, o)).collect();
    let base = visits.iter().zip(&answers).find_map(|(o, answer)| Some((*o, *answer.as_ref().ok()?)));
    let verdict = |(o, answer): (&&Observation<Http>, Result<&Response, Word>)| {
        let (status, message) = match (answer, base) {
            (Err(word), _) => word,
            (Ok(response), Some((first, expected))) if first.question != o.question => {
                certificates(spec, seen, first, o).unwrap_or_else(|| same(spec, first, expected, o, response))
            }
            (Ok(_), _) => return None,
        };
        let evidence = base.map(|(first, _)| first.id()).filter(|_| status != Status::Unknown);
        Some(Verdict::new(subject(&o.question), status, message).resting_on(evidence.into_iter().chain([o.id()])))
    };
    visits.iter().zip(answers.clone()).filter_map(verdict).collect()
}

fn answer<'a>(seen: &Seen, o: &'a Observation<Http>) -> Result<&'a Response, Word> {
    if let Some(Observation { outcome: Err(error), .. }) = seen.find(&Session::of(o.question.at.clone())) {
        return Err(unknown(error.to_string()));
    }
    let response = match &o.outcome {
        Err(error) | Ok(Exchange { stopped: Some(Stopped::Error(error)), .. }) => {
            return Err(unknown(error.to_string()));
        }
        Ok(exchange) => &exchange.last().response,
    };
    match shut_out(response) {
        Some(why) => Err(unknown(why)),
        None => comes_and_goes(seen, &o.question, response).map_or(Ok(response), Err),
    }
}

/// Certificates may differ from address to address, as long as each is valid for the name. Where all are not, that is
/// the matter of their own checks.
fn certificates(spec: &Spec, seen: &Seen, first: &Observation<Http>, o: &Observation<Http>) -> Option<Word> {
    let (there, here) = (&first.question.at, &o.question.at);
    let chain = |at: &Endpoint| Some(&seen.answer(&Session::of(at.clone()))?.chain);
    if chain(there)? == chain(here)? {
        return None;
    }
    let differ = |on: &Endpoint, not: &Endpoint, why: String| {
        fail(format!("the certificate is valid on {} and not on {}: {why}", on.ip, not.ip))
    };
    match (flaw(spec, seen, there), flaw(spec, seen, here)) {
        (None, Some(why)) => Some(differ(there, here, why)),
        (Some(why), None) => Some(differ(here, there, why)),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

fn same(
    spec: &Spec,
    first: &Observation<Http>,
    expected: &Response,
    o: &Observation<Http>,
    response: &Response,
) -> Word {
    let (there, here) = (first.question.at.ip, o.question.at.ip);
    if expected.status / 100 != response.status / 100 {
        return fail(format!("{there} answers {} and {here} answers {}", expected.status, response.status));
    }
    let rules = RULES.iter().filter(|rule| rule.decides(spec, expected) && rule.decides(spec, response));
    let mut compared = vec![response.status.to_string()];
    for rule in rules.filter(|_| has_content(expected) && has_content(response)) {
        compared.push(rule.id.into());
        match (rule.word(spec, expected), rule.word(spec, response)) {
            ((a, _), (b, _)) if a == b => {}
            ((Status::Pass, _), (_, why)) => {
                return fail(format!("{} holds on {there} and not on {here}: {why}", rule.id));
            }
            ((_, why), _) => return fail(format!("{} holds on {here} and not on {there}: {why}", rule.id)),
        }
    }
    pass(format!("as on {there}: {}", compared.join(", ")))
}

/// The header rules are for answers that are shown.
fn has_content(response: &Response) -> bool {
    !matches!(response.status, 204 | 205 | 300..=399)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::certificate::issued::{handshake, root, trusting};
    use crate::judge::headers::tests::{fact, question, run};
    use crate::judge::tests::seen_from;
    use crate::observation::{ErrorKind, ProbeError, Stage, Vantage};

    fn at(last: u8, path: &str) -> Http {
        let mut question = question(Ask::Visit, path);
        question.at.ip = [203, 0, 113, last].into();
        question
    }

    fn said(seen: &Seen) -> Vec<(String, Status, String)> {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let verdicts = everywhere(&spec, seen).into_iter();
        verdicts.map(|v| (v.subject.to_string(), v.status, v.message)).collect()
    }

    #[test]
    fn one_address_is_nothing_to_compare() {
        let page = || Ok(exchange(vec![response(200, &[], "x")]));
        let one = run([fact(at(7, "/"), page()), fact(at(7, "/a"), page())]);
        assert_eq!(said(&one), [("app.example.com".into(), Status::Skip, "one address".into())]);
    }

    #[test]
    fn what_differs_is_named_with_both_addresses() {
        let nosniff = [("X-Content-Type-Options", "nosniff")];
        for (first, second, want) in [
            (
                response(200, &[], "x"),
                response(200, &[], "x"),
                (
                    Status::Pass,
                    "as on 203.0.113.7: 200, content-type-options, frame-options, referrer-policy, permissions-policy",
                ),
            ),
            (response(200, &[], "x"), response(204, &[], ""), (Status::Pass, "as on 203.0.113.7: 204")),
            (
                response(200, &[], "x"),
                response(404, &[], "x"),
                (Status::Fail, "203.0.113.7 answers 200 and 203.0.113.8 answers 404"),
            ),
            (
                response(200, &nosniff, "x"),
                response(200, &[], "x"),
                (
                    Status::Fail,
                    "content-type-options holds on 203.0.113.7 and not on 203.0.113.8: \
                     x-content-type-options is absent",
                ),
            ),
            (
                response(200, &[], "x"),
                response(200, &nosniff, "x"),
                (
                    Status::Fail,
                    "content-type-options holds on 203.0.113.8 and not on 203.0.113.7: \
                     x-content-type-options is absent",
                ),
            ),
        ] {
            let two =
                run([fact(at(7, "/"), Ok(exchange(vec![first]))), fact(at(8, "/"), Ok(exchange(vec![second])))]);
            let want = ("GET https://app.example.com/ [203.0.113.8]".into(), want.0, want.1.into());
            assert_eq!(said(&two), [want]);
        }
    }

    #[test]
    fn an_address_that_is_silent_is_unknown() {
        let silent = || ProbeError::new(Stage::Connect, ErrorKind::Timeout, "silence");
        let page = || Ok(exchange(vec![response(200, &[], "x")]));
        let two = run([fact(at(7, "/"), Err(silent())), fact(at(8, "/"), page())]);
        let subject = "GET https://app.example.com/ [203.0.113.7]";
        assert_eq!(said(&two), [(subject.into(), Status::Unknown, "silence".into())]);
        let session = Session::of(at(8, "/").at);
        let two = run([fact(at(7, "/"), page()), fact(at(8, "/"), page()), fact(session, Err(silent()))]);
        let subject = "GET https://app.example.com/ [203.0.113.8]";
        assert_eq!(said(&two), [(subject.into(), Status::Unknown, "silence".into())]);
    }

    #[test]
    fn certificates_may_differ_as_long_as_each_is_valid() {
        let authority = root("Root");
        let spec = trusting(&authority);
        let own = || authority.leaf(&["app.example.com"], |_| {});
        let other = || authority.leaf(&["other.example.com"], |_| {});
        let why = "certificate names other.example.com, not app.example.com";
        for (there, here, status, message) in [
            (own(), own(), Status::Pass, "as on 203.0.113.7: 404".to_string()),
            (
                own(),
                other(),
                Status::Fail,
                format!("the certificate is valid on 203.0.113.7 and not on 203.0.113.8: {why}"),
            ),
            (
                other(),
                own(),
                Status::Fail,
                format!("the certificate is valid on 203.0.113.8 and not on 203.0.113.7: {why}"),
            ),
            // Both are wrong: the checks of the certificate say so.
            (other(), other(), Status::Pass, "as on 203.0.113.7: 404".into()),
        ] {
            let page = || Ok(exchange(vec![response(404, &[], "")]));
            let mut facts = vec![fact(at(7, "/"), page()), fact(at(8, "/"), page())];
            for (last, der) in [(7, there), (8, here)] {
                facts.push(fact(Session::of(at(last, "/").at), Ok(handshake(&[&der]))));
            }
            let verdicts = everywhere(&spec, &seen_from(Vantage::default(), facts));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!(verdict.status, status, "{}", verdict.message);
            assert!(verdict.message.starts_with(&message), "{}", verdict.message);
        }
    }
}
