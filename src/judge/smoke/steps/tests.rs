use serde_json::json;

use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::tests::{seen_from, timeout};
use crate::observation::{Compared, Held, HeldField, ProbeError, Vantage, Walked};
use crate::spec::{Capture, Expect, Template};

pub fn login() -> Step {
    Step {
        name: "log in".into(),
        login: true,
        method: "POST".into(),
        path: Template("/login".into()),
        headers: vec![],
        body: None,
        expect: Expect::default(),
        capture: vec![],
        line: 7,
    }
}

pub fn spec(smoke: Vec<Step>) -> Spec {
    let mut spec = crate::judge::tests::spec();
    spec.smoke = smoke;
    spec
}

pub fn walk(outcome: Result<Exchange, ProbeError>) -> Walk {
    Walk {
        name: "log in".into(),
        outcome,
        took_ms: 84,
        credentials: false,
        anonymous: None,
        found: vec![],
        texts: vec![],
        fields: vec![],
        captured: vec![],
    }
}

/// A run in which the steps were walked at one address.
pub fn seen_walked(spec: &Spec, outcome: Result<Walked, ProbeError>) -> Seen {
    let at = spec.site.at([203, 0, 113, 7].into());
    let question = Smoke { at, steps: vec![] };
    let fact = Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome };
    seen_from(Vantage::default(), [fact.into()])
}

fn said(expect: Expect, walk: Walk) -> (Status, String) {
    let spec = spec(vec![Step { expect, ..login() }]);
    let seen = seen_walked(&spec, Ok(Walked { steps: vec![walk], ..Walked::default() }));
    let verdict = step_passes(&spec, &seen).remove(0);
    assert_eq!(verdict.subject.to_string(), "step log in [203.0.113.7]");
    (verdict.status, verdict.message)
}

#[test]
fn a_step_is_judged_by_what_is_expected_of_it() {
    use Status::{Fail, Pass, Unknown};
    let any = Expect::default;
    let hops = |all: &[(u16, &[(&str, &str)])]| {
        walk(Ok(exchange(all.iter().map(|(status, fields)| response(*status, fields, "x")).collect())))
    };
    let status = |status| hops(&[(status, &[])]);
    let of = |list: &[u16]| Expect { status: list.into(), ..any() };
    let typed = || Expect { header: vec![("content-type".into(), "application/json".into())], ..any() };
    let text = || Expect { body: Some("me".into()), ..any() };
    let role = || Expect { json: vec![("$.role".into(), json!("member"))], ..any() };
    let held = |held| Walk { texts: vec![Held { text: "me".into(), held }], ..status(200) };
    let found = |values: Vec<serde_json::Value>, compared| Walk {
        found: vec![Found { path: "$.role".into(), values, cut: false, compared }],
        ..status(200)
    };
    let compared = |value: &str, equal| Some(Compared { value: json!(value), equal });
    let stopped = |why| {
        let mut walk = hops(&[(302, &[("Location", "https://idp.test/x")])]);
        walk.outcome.as_mut().unwrap().stopped = Some(why);
        walk
    };
    let slow = || Expect { within_ms: Some(80), ..any() };
    let cut = |mut walk: Walk| {
        walk.outcome.as_mut().unwrap().hops[0].response.content.cut = true;
        walk
    };
    for (expect, walk, want) in [
        (any(), status(200), (Pass, "answers 200 in 84 ms")),
        (any(), status(404), (Fail, "answers 404")),
        (any(), status(502), (Fail, "answers 502")),
        (any(), status(429), (Unknown, "429: the site limits how often we may ask")),
        (
            any(),
            hops(&[(503, &[("Retry-After", "9")])]),
            (Unknown, "503 with Retry-After: the site asks us to come later"),
        ),
        (of(&[429]), status(429), (Pass, "answers 429 in 84 ms")),
        (of(&[201, 204]), status(204), (Pass, "answers 204 in 84 ms")),
        (of(&[201]), status(200), (Fail, "answers 200")),
        (of(&[303]), hops(&[(303, &[]), (200, &[])]), (Pass, "answers 303 in 84 ms")),
        (of(&[200]), hops(&[(303, &[]), (200, &[])]), (Pass, "answers 200 in 84 ms")),
        (any(), walk(Err(timeout())), (Unknown, "no answer in 5 s")),
        (
            any(),
            walk(Err(ProbeError::not_sent("`token` was not captured"))),
            (Unknown, "`token` was not captured"),
        ),
        (any(), stopped(Stopped::Loop), (Fail, "redirects without end")),
        (any(), stopped(Stopped::Error(timeout())), (Unknown, "no answer in 5 s")),
        (
            any(),
            stopped(Stopped::OffSite),
            (Pass, "answers 302 and leads off the site, to https://idp.test, in 84 ms"),
        ),
        (
            typed(),
            hops(&[(200, &[("Content-Type", "application/json; charset=utf-8")])]),
            (Pass, "answers 200 in 84 ms"),
        ),
        (typed(), status(200), (Fail, "answers 200: content-type is absent")),
        (
            typed(),
            hops(&[(200, &[("Content-Type", "text/html")])]),
            (Fail, "answers 200: content-type is text/html"),
        ),
        (
            Expect { header: vec![("x-a".into(), "1".into())], ..any() },
            hops(&[(200, &[("X-A", "‹redacted:0badcafe›")])]),
            (Unknown, "answers 200: the value of x-a is not in this recording"),
        ),
        (
            Expect { header: vec![("x-a".into(), "1".into())], ..any() },
            Walk {
                fields: vec![HeldField { name: "x-a".into(), value: "1".into(), hop: 0, held: true }],
                ..hops(&[(200, &[("X-A", "‹redacted:0badcafe›")])])
            },
            (Pass, "answers 200 in 84 ms"),
        ),
        (text(), held(true), (Pass, "answers 200 in 84 ms")),
        (text(), held(false), (Fail, "answers 200: me is not in the content")),
        (
            text(),
            cut(held(false)),
            (Unknown, "answers 200: me is not in the content within the first 262144 bytes"),
        ),
        (text(), status(200), (Unknown, "answers 200: me was not looked for in this recording")),
        (role(), found(vec![json!("member")], compared("member", true)), (Pass, "answers 200 in 84 ms")),
        (role(), found(vec![json!("member")], compared("guest", false)), (Pass, "answers 200 in 84 ms")),
        (
            role(),
            found(vec![json!("guest")], compared("member", false)),
            (Fail, "answers 200: $.role is \"guest\""),
        ),
        (role(), found(vec![], compared("member", false)), (Fail, "answers 200: nothing is at $.role")),
        (
            role(),
            found(vec![json!("‹redacted:0badcafe›")], compared("guest", false)),
            (Unknown, "answers 200: the value at $.role is not in this recording"),
        ),
        (role(), status(200), (Unknown, "answers 200: $.role was not looked for in this recording")),
        (slow(), status(200), (Fail, "answers 200: takes 84 ms of 80")),
    ] {
        let text = format!("{expect:?} {walk:?}");
        let (status, message) = said(expect, walk);
        assert_eq!((status, message.as_str()), want, "{text}");
    }
}

#[test]
fn what_is_captured_must_be_there() {
    let capture = vec![Capture { name: "token".into(), path: "$.t".into() }];
    let spec = spec(vec![Step { capture, ..login() }]);
    for (captured, want) in [
        (vec!["token".to_string()], (Status::Pass, "answers 200 in 84 ms")),
        (vec![], (Status::Fail, "answers 200: nothing is at $.t for token")),
    ] {
        let walk = Walk { captured, ..walk(Ok(exchange(vec![response(200, &[], "x")]))) };
        let walked = Walked { steps: vec![walk], ..Walked::default() };
        let verdict = step_passes(&spec, &seen_walked(&spec, Ok(walked))).remove(0);
        assert_eq!((verdict.status, verdict.message.as_str()), want);
    }
}

#[test]
fn without_steps_nothing_is_seen_and_without_an_answer_nothing_is_known() {
    let none = step_passes(&spec(vec![]), &seen_walked(&spec(vec![]), Ok(Walked::default()))).remove(0);
    assert_eq!((none.status, none.unseen, none.message.as_str()), (Status::Skip, true, "no smoke step"));
    let spec = spec(vec![login(), Step { name: "me".into(), ..login() }]);
    for outcome in [Err(timeout()), Ok(Walked::default())] {
        let verdicts = step_passes(&spec, &seen_walked(&spec, outcome));
        assert_eq!(verdicts.iter().map(|v| v.status).collect::<Vec<_>>(), [Status::Unknown; 2]);
    }
}
