use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{fact, question, run, seen};
use crate::judge::tests::{spec, timeout};
use crate::observation::{CookieValue, Exchange, ProbeError, Smoke, Walk, Walked};

type Outcome = Result<Exchange, ProbeError>;

/// The page `/`, which sets a session cookie of that value, with these fields.
fn page(value: &str, fields: &[(&str, &str)]) -> Outcome {
    let cookie = format!("sid={value}; Secure");
    let mut all = vec![("Set-Cookie", cookie.as_str())];
    all.extend(fields);
    let mut exchange = exchange(vec![response(200, &all, "x")]);
    exchange.hops[0].response.cookies = vec![CookieValue { length: 32, opaque: true }];
    Ok(exchange)
}

fn said(verdicts: &[Verdict]) -> Vec<(Status, bool, &str)> {
    verdicts.iter().map(|v| (v.status, v.advice, v.message.as_str())).collect()
}

#[test]
fn a_session_that_two_visitors_get_comes_from_a_cache() {
    let own = [("Cache-Control", "private")];
    let aged = [("Cache-Control", "public, max-age=60"), ("Age", "12")];
    let prerendered = [("Cache-Control", "s-maxage=31536000")];
    let hit = [("Cache-Control", "public"), ("X-Cache", "HIT")];
    let limited = || Ok(exchange(vec![response(429, &[], "slow down")]));
    let once = "the page that sets it was answered once, and twice would show a cache";
    for (first, second, want) in [
        (
            page("a", &own),
            page("b", &own),
            (Status::Pass, false, "2 answers to the page that sets it, none from a shared cache"),
        ),
        (
            page("a", &prerendered),
            page("b", &prerendered),
            (Status::Pass, false, "2 answers to the page that sets it, none from a shared cache"),
        ),
        // A signed cookie of nothing is the same for all.
        (
            page("a", &own),
            page("a", &own),
            (Status::Pass, false, "2 answers to the page that sets it, none from a shared cache"),
        ),
        (
            page("a", &own),
            page("a", &aged),
            (Status::Fail, false, "comes from a shared cache (Age: 12), the same for two visitors"),
        ),
        (
            page("a", &hit),
            page("a", &hit),
            (Status::Fail, false, "comes from a shared cache (x-cache: HIT), the same for two visitors"),
        ),
        // Middleware in front of a cache.
        (
            page("a", &hit),
            page("b", &hit),
            (Status::Pass, false, "is another each time beside a page from a shared cache (x-cache: HIT)"),
        ),
        (
            page("a", &own),
            page("b", &aged),
            (Status::Unknown, false, "comes from a shared cache once (Age: 12), and nobody can tell whose it is"),
        ),
        (
            page("a", &[]),
            page("b", &[]),
            (
                Status::Fail,
                true,
                "its answer has no Cache-Control, so that a cache may keep it by a rule of its own",
            ),
        ),
        (page("a", &own), Err(timeout()), (Status::Unknown, false, once)),
        (page("a", &own), limited(), (Status::Unknown, false, once)),
    ] {
        let answers = [(question(Ask::Visit, "/"), first), (question(Ask::Again, "/"), second)];
        let verdicts = session_not_cached(&spec(), &seen(answers));
        assert_eq!(said(&verdicts), [want]);
        assert_eq!(verdicts[0].subject.to_string(), "cookie sid https://app.example.com/ [203.0.113.7]");
    }
}

#[test]
fn what_is_no_session_is_not_judged() {
    let hit = ("X-Cache", "HIT");
    let unseen = (Status::Skip, false, "no answer sets a session cookie, and no step carries credentials");
    for (cookie, want) in [
        ("theme=0123456789abcdef0123456789abcdef", unseen),
        ("__cf_bm=0123456789abcdef0123456789abcdef", unseen),
        ("sid=; Max-Age=0", unseen),
        ("n=1", unseen),
    ] {
        let page = || Ok(exchange(vec![response(200, &[("Set-Cookie", cookie), hit], "x")]));
        let answers = [(question(Ask::Visit, "/"), page()), (question(Ask::Again, "/"), page())];
        let verdicts = session_not_cached(&spec(), &seen(answers));
        assert_eq!(said(&verdicts), [want], "{cookie}");
        assert!(verdicts[0].unseen);
    }
    let silent = session_not_cached(&spec(), &seen([(question(Ask::Visit, "/"), Err(timeout()))]));
    assert_eq!(said(&silent), [(Status::Unknown, false, "no answer in 5 s")]);
}

#[test]
fn an_answer_for_one_is_kept_for_one() {
    let answer = |fields: &[(&str, &str)], text: &str| {
        let mut exchange = exchange(vec![response(200, fields, text)]);
        exchange.hops[0].request.fields.push(("Cookie".into(), "‹redacted:1›".into()));
        Ok(exchange)
    };
    let cc = |value| vec![("Cache-Control", value)];
    let theirs = || Some(answer(&[], "sign in"));
    let shared = "differs with credentials, and says public: a shared cache gives it to others";
    for (credentials, own, anonymous, want) in [
        (true, answer(&cc("public, max-age=60"), "hello"), theirs(), Some((Status::Fail, false, shared))),
        (
            true,
            answer(&cc("s-maxage=9"), "hello"),
            theirs(),
            Some((
                Status::Fail,
                false,
                "differs with credentials, and says s-maxage=9: a shared cache gives it to others",
            )),
        ),
        (
            true,
            answer(&[("Cache-Control", "public"), ("Vary", "Accept, cookie")], "hello"),
            theirs(),
            Some((
                Status::Fail,
                true,
                "differs with credentials, and says public: only Vary keeps visitors apart",
            )),
        ),
        (
            true,
            answer(&cc("private, max-age=60"), "hello"),
            theirs(),
            Some((Status::Pass, false, "differs with credentials, and says private")),
        ),
        (
            true,
            answer(&cc("public, max-age=0, must-revalidate"), "hello"),
            theirs(),
            Some((Status::Fail, true, "differs with credentials, and says public, for no time")),
        ),
        (
            true,
            answer(&cc("max-age=60"), "hello"),
            theirs(),
            Some((Status::Fail, true, "differs with credentials, and does not say private or no-store")),
        ),
        (
            true,
            answer(&[], "hello"),
            theirs(),
            Some((Status::Fail, true, "differs with credentials, and has no Cache-Control")),
        ),
        (
            true,
            answer(&cc("public"), "sign in"),
            theirs(),
            Some((Status::Pass, false, "is the same without credentials")),
        ),
        (
            true,
            answer(&cc("public"), "hello"),
            Some(Err(timeout())),
            Some((Status::Unknown, false, "no answer without credentials: no answer in 5 s")),
        ),
        (
            true,
            Err(timeout()),
            theirs(),
            Some((Status::Unknown, false, "no answer with credentials: no answer in 5 s")),
        ),
        (
            true,
            answer(&cc("public"), "hello"),
            Some(Ok(exchange(vec![response(429, &[], "x")]))),
            Some((Status::Unknown, false, "429: the site limits how often we may ask")),
        ),
        (true, answer(&cc("public"), "hello"), None, None),
        (false, answer(&cc("public"), "hello"), theirs(), None),
    ] {
        let step = Walk {
            name: "account".into(),
            outcome: own,
            took_ms: 1,
            credentials,
            anonymous,
            found: vec![],
            texts: vec![],
            fields: vec![],
            captured: vec![],
        };
        let walked = Walked { steps: vec![step], ..Walked::default() };
        let smoke = Smoke { at: question(Ask::Visit, "/").at, steps: vec![] };
        let verdicts = session_not_cached(&spec(), &run([fact(smoke, Ok(walked))]));
        assert_eq!(said(&verdicts), want.into_iter().collect::<Vec<_>>());
        assert!(verdicts.iter().all(|v| v.subject.to_string().contains("account")));
    }
}

#[test]
fn an_address_that_is_another_each_time_is_of_one_page() {
    for (target, want) in [
        ("/", "/"),
        ("/?token=‹redacted:0011aabb›&a=‹redacted›", "/?token=&a="),
        ("/a/‹redacted:0011aabb›/b", "/a//b"),
        ("/‹", "/"),
    ] {
        assert_eq!(unmarked(target), want);
    }
}
