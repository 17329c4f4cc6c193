//! Every Set-Cookie on every https answer, by its attributes and never by the text of its line.

mod domain;
mod kind;
mod sent;

use std::collections::BTreeMap;

use self::kind::{Kind, is_script_readable};
use self::sent::{Sent, missing, names, sent};
use super::{Check, Word, check, fail, pass};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Http, SameSite, Seen};
use crate::spec::Spec;

pub(super) use kind::{is_preference, is_session_like};

pub(super) const CHECKS: &[Check] = &[
    check!("cookies/cookie-secure", |spec, seen| each(spec, seen, secure)),
    check!("cookies/cookie-http-only", |spec, seen| {
        let all = sent(spec, seen);
        let beside = names(&all);
        each(spec, seen, |cookie| http_only(cookie, is_script_readable(spec, &cookie.cookie.name, &beside)))
    }),
    check!("cookies/cookie-same-site", |spec, seen| each(spec, seen, same_site)),
    check!("cookies/cookie-cross-site-meant", |spec, seen| each(spec, seen, |cookie| cross_site(spec, cookie))),
    check!("cookies/cookie-domain-narrow", |spec, seen| each(spec, seen, |cookie| domain::narrow(spec, cookie))),
    check!("cookies/cookie-prefix-valid", |spec, seen| each(spec, seen, prefix)),
    check!("cookies/cookie-lifetime-bounded", |spec, seen| each(spec, seen, lifetime)),
];

/// One verdict a cookie, page and address: the worst of those that the answers give.
fn each(spec: &Spec, seen: &Seen, rule: impl Fn(&Sent) -> Verdict) -> Vec<Verdict> {
    let mut verdicts: BTreeMap<Subject, Verdict> = BTreeMap::new();
    let of_preferences = |cookie: &Sent| {
        let verdict = rule(cookie);
        if cookie.kind == Kind::Preference { verdict.as_advice() } else { verdict }
    };
    for new in sent(spec, seen).iter().map(of_preferences).chain(missing(spec, seen)) {
        match verdicts.get_mut(&new.subject) {
            Some(held) if weight(held) >= weight(&new) => held.evidence.extend(new.evidence),
            _ => {
                verdicts.insert(new.subject.clone(), new);
            }
        }
    }
    // Only an answer can show that no cookie is set.
    let answered = seen.asked::<Http>().any(|o| o.outcome.is_ok());
    if verdicts.is_empty() && answered {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no cookie was set").unseen()];
    }
    verdicts.into_values().collect()
}

fn weight(verdict: &Verdict) -> (bool, Status) {
    (verdict.status > Status::Pass && !verdict.advice, verdict.status)
}

fn secure(sent: &Sent) -> Verdict {
    sent.verdict(if sent.cookie.secure { pass("has Secure") } else { fail("has no Secure") })
}

fn http_only(sent: &Sent, script_readable: bool) -> Verdict {
    match &sent.kind {
        _ if sent.cookie.http_only => sent.verdict(pass("has HttpOnly")),
        _ if script_readable => sent.verdict(pass("has no HttpOnly: scripts read it by design")),
        Kind::Session(why) => sent.verdict(fail(format!("has no HttpOnly, {why}"))),
        Kind::Preference | Kind::Other => sent.verdict(fail("has no HttpOnly")).as_advice(),
    }
}

fn same_site(sent: &Sent) -> Verdict {
    let (word, advice): (Word, bool) = match (sent.cookie.same_site, &sent.kind) {
        (Some(SameSite::None), _) if !sent.cookie.secure => {
            (fail("SameSite=None without Secure, so browsers drop it"), false)
        }
        (Some(SameSite::None), _) => (pass("SameSite=None with Secure"), false),
        (Some(SameSite::Lax), _) => (pass("SameSite=Lax"), false),
        (Some(SameSite::Strict), _) => (pass("SameSite=Strict"), false),
        (None, Kind::Session(why)) => (fail(format!("SameSite is absent or unknown, {why}")), false),
        (None, Kind::Preference | Kind::Other) => (fail("SameSite is absent or unknown"), true),
    };
    let verdict = sent.verdict(word);
    if advice { verdict.as_advice() } else { verdict }
}

fn cross_site(spec: &Spec, sent: &Sent) -> Verdict {
    let listed = spec.cookies.cross_site.contains(&sent.cookie.name);
    sent.verdict(match sent.cookie.same_site {
        Some(SameSite::None) if listed => pass("SameSite=None, as cookies.cross_site says"),
        Some(SameSite::None) => fail("SameSite=None: other sites' pages send it"),
        Some(SameSite::Lax | SameSite::Strict) | None => pass("is not for other sites"),
    })
}

/// RFC 6265bis §4.1.3: browsers drop a cookie that breaks the rules of its prefix.
fn prefix(sent: &Sent) -> Verdict {
    let cookie = &sent.cookie;
    let name = cookie.name.to_ascii_lowercase();
    let host = name.starts_with("__host-");
    sent.verdict(match cookie.domain.as_deref() {
        _ if !host && !name.starts_with("__secure-") => pass("the name has no prefix"),
        _ if !cookie.secure => fail("the prefix asks for Secure"),
        _ if !host => pass("__Secure- has Secure"),
        Some(domain) => fail(format!("__Host- allows no Domain, and this is {domain}")),
        None => match cookie.path.as_deref() {
            Some("/") => pass("__Host- has Secure, Path=/ and no Domain"),
            Some(path) => fail(format!("__Host- asks for Path=/, and this is {path}")),
            None => fail("__Host- asks for Path=/"),
        },
    })
}

/// RFC 6265bis §5.5: browsers cut a lifetime at 400 days.
fn lifetime(sent: &Sent) -> Verdict {
    let days = sent.cookie.lifetime(sent.now).map(|seconds| seconds / 86_400);
    sent.verdict(match days {
        None => pass("ends with the browser's session"),
        Some(days @ ..=400) => pass(format!("lives {days} days")),
        Some(days) => fail(format!("lives {days} days, and browsers cut at 400")),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::observation::{Ask, CookieValue, ErrorKind, Exchange, ProbeError, Stage};

    fn page(fields: &[&str]) -> Exchange {
        let fields: Vec<(&str, &str)> = fields.iter().map(|field| ("Set-Cookie", *field)).collect();
        let mut exchange = exchange(vec![response(200, &fields, "x")]);
        exchange.hops[0].response.cookies = vec![CookieValue { length: 6, opaque: false }; fields.len()];
        exchange
    }

    /// The cookie of the page `/` of the spec's site.
    pub(in crate::judge::cookies) fn sent(spec: &Spec, field: &str) -> Sent {
        let mut exchange = page(&[field]);
        exchange.hops[0].request.origin = spec.site.to_string();
        super::sent(spec, &seen([(question(Ask::Visit, "/"), Ok(exchange))])).remove(0)
    }

    #[test]
    fn each_attribute_is_judged_by_what_the_cookie_is_for() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        type Rule = fn(&Sent) -> Verdict;
        let on_same_site: Rule = same_site;
        for (rule, field, want) in [
            (secure as Rule, "sid=1; Secure", (Status::Pass, false)),
            (secure, "__Secure-id=1", (Status::Fail, false)),
            (secure, "sid=Secure; Path=/", (Status::Fail, false)),
            (|c| http_only(c, false), "sid=1; HttpOnly", (Status::Pass, false)),
            (|c| http_only(c, false), "sid=1", (Status::Fail, false)),
            (|c| http_only(c, true), "sid=1", (Status::Pass, false)),
            (|c| http_only(c, false), "cart=1", (Status::Fail, true)),
            (on_same_site, "sid=1; SameSite=Lax", (Status::Pass, false)),
            (on_same_site, "sid=1", (Status::Fail, false)),
            (on_same_site, "sid=1; SameSite=Odd", (Status::Fail, false)),
            (on_same_site, "cart=1", (Status::Fail, true)),
            (on_same_site, "cart=1; SameSite=None", (Status::Fail, false)),
            (on_same_site, "cart=1; SameSite=None; Secure", (Status::Pass, false)),
            (prefix, "sid=1", (Status::Pass, false)),
            (prefix, "__Secure-sid=1", (Status::Fail, false)),
            (prefix, "__Secure-sid=1; Secure", (Status::Pass, false)),
            (prefix, "__HOST-sid=1; Secure; Path=/", (Status::Pass, false)),
            (prefix, "__Host-sid=1; Secure", (Status::Fail, false)),
            (prefix, "__Host-sid=1; Secure; Path=/a", (Status::Fail, false)),
            (prefix, "__Host-sid=1; Secure; Path=/; Domain=app.example.com", (Status::Fail, false)),
            (lifetime, "sid=1", (Status::Pass, false)),
            (lifetime, "sid=1; Max-Age=34560000", (Status::Pass, false)),
            (lifetime, "sid=1; Max-Age=63072000", (Status::Fail, false)),
            (lifetime, "sid=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", (Status::Fail, false)),
        ] {
            let verdict = rule(&sent(&spec, field));
            assert_eq!((verdict.status, verdict.advice), want, "{field}: {}", verdict.message);
        }
    }

    #[test]
    fn none_is_meant_where_it_is_written() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.cookies.cross_site = vec!["embed".into()];
        for (field, want) in [
            ("embed=1; SameSite=None; Secure", Status::Pass),
            ("sid=1; SameSite=None; Secure", Status::Fail),
            ("sid=1", Status::Pass),
        ] {
            assert_eq!(cross_site(&spec, &sent(&spec, field)).status, want, "{field}");
        }
    }

    #[test]
    fn what_was_not_seen_is_said() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let silent = || Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "no answer in 5 s"));
        let visit = || question(Ask::Visit, "/");
        for (answers, want) in [
            (vec![(visit(), Ok(page(&[])))], vec![("site", Status::Skip)]),
            (vec![(visit(), Ok(page(&["a=; Max-Age=0", "__cf_bm=1"])))], vec![("site", Status::Skip)]),
            (vec![(visit(), silent())], vec![("GET https://app.example.com/ [203.0.113.7]", Status::Unknown)]),
            (
                vec![(visit(), Ok(page(&["a=1; Secure"]))), (question(Ask::Toggled, "/a"), silent())],
                vec![
                    ("GET https://app.example.com/a [203.0.113.7]", Status::Unknown),
                    ("cookie a https://app.example.com/ [203.0.113.7]", Status::Pass),
                ],
            ),
            (
                vec![(visit(), Ok(page(&["a=1; Secure", "a=2", "theme=dark"])))],
                vec![
                    ("cookie a https://app.example.com/ [203.0.113.7]", Status::Fail),
                    ("cookie theme https://app.example.com/ [203.0.113.7]", Status::Fail),
                ],
            ),
        ] {
            let verdicts = each(&spec, &seen(answers), secure);
            let said: Vec<(String, Status)> = verdicts.iter().map(|v| (v.subject.to_string(), v.status)).collect();
            let want: Vec<(String, Status)> = want.into_iter().map(|(s, status)| (s.into(), status)).collect();
            assert_eq!(said, want);
            assert!(verdicts.iter().all(|v| v.advice == v.subject.to_string().contains("theme")));
            assert!(verdicts.iter().all(|v| v.unseen == (v.status == Status::Skip)));
        }
    }
}
