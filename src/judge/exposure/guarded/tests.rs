use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{question, seen};
use crate::judge::tests::{spec, timeout};
use crate::observation::{Hop, ProbeError, Stage};

type Outcome = Result<Exchange, ProbeError>;

fn at(target: &str, mut answer: Response, marks: &[Mark]) -> Hop {
    answer.content.marks = marks.into();
    let mut hop = exchange(vec![answer]).hops.remove(0);
    hop.request.target = target.into();
    hop
}

fn page(status: u16, words: &str) -> Outcome {
    Ok(exchange(vec![response(status, &[], words)]))
}

fn login_page() -> Hop {
    at("/login", response(200, &[], "please sign in with your name and your password"), &[Mark::Html, Mark::Login])
}

/// A redirect, and the page that it ends at.
fn led(location: &str, end: Hop) -> Outcome {
    let first = at("/admin", response(302, &[("Location", location)], ""), &[]);
    Ok(Exchange { hops: vec![first, end], stopped: None })
}

fn stopped(location: &str, why: Stopped) -> Outcome {
    let first = at("/admin", response(302, &[("Location", location)], ""), &[]);
    Ok(Exchange { hops: vec![first], stopped: Some(why) })
}

fn to_login() -> Outcome {
    led("/login", login_page())
}

fn inside() -> Outcome {
    page(200, "all the accounts of all the people")
}

fn guarded(trick: Trick, round: u8) -> Http {
    question(Ask::Guarded { trick, round }, "/admin")
}

/// What is said of `/admin`, where these are the answers beside a sound site's.
fn said(answers: Vec<(Http, Outcome)>) -> (Status, String) {
    let mut spec = spec();
    spec.exposure.guarded = vec!["/admin".into()];
    let mut all = vec![
        (question(Ask::Visit, "/"), page(200, "welcome to our shop")),
        (question(Ask::Again, "/"), page(200, "welcome to our shop")),
        (question(Ask::Absent, "/"), page(404, "nothing is here")),
        (guarded(Trick::Beside, 0), page(404, "nothing is here")),
    ];
    all.extend(answers);
    let verdicts = guarded_path_refused(&spec, &seen(all));
    let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(verdict.expected.as_deref(), Some("401, 403, 404 or a login"));
    (verdict.status, verdict.message.clone())
}

#[test]
fn a_stranger_is_refused_or_let_in() {
    use Status::{Fail, Pass, Unknown};
    let closed = || Err(ProbeError::new(Stage::Exchange, ErrorKind::Closed, "closed"));
    let form = || {
        let hop = at("/admin", response(200, &[], "sign in"), &[Mark::Html, Mark::Login]);
        Ok(Exchange { hops: vec![hop], stopped: None })
    };
    let below = |target: &str| led(target, at(target, response(200, &[], "all the accounts of all"), &[]));
    for (plain, again, want) in [
        (page(401, "no"), None, (Pass, "a stranger gets 401")),
        (page(403, "no"), None, (Pass, "a stranger gets 403")),
        (page(404, "no"), None, (Pass, "a stranger gets 404")),
        (closed(), None, (Pass, "a stranger gets a closed connection")),
        (to_login(), Some(to_login()), (Pass, "a stranger is led to a login")),
        (form(), Some(form()), (Pass, "a stranger gets 200 and is asked for a password")),
        (stopped("https://id.example.net/login", Stopped::OffSite), None, (Pass, "a stranger is led to a login")),
        (
            stopped("https://id.example.net/start", Stopped::OffSite),
            None,
            (Pass, "a stranger leads off the site, to https://id.example.net"),
        ),
        (below("/welcome"), Some(below("/welcome")), (Pass, "a stranger is led to another page")),
        (page(200, "welcome to our shop"), None, (Pass, "a stranger gets 200 and the front page")),
        (page(200, ""), None, (Pass, "a stranger gets 200 and nothing")),
        (inside(), Some(inside()), (Fail, "a stranger gets 200 and what no stranger should see")),
        (
            below("/en/admin"),
            Some(below("/en/admin")),
            (Fail, "a stranger gets 200 and what no stranger should see"),
        ),
        (below("/admin/"), Some(below("/admin/")), (Fail, "a stranger gets 200 and what no stranger should see")),
        (inside(), None, (Unknown, "a stranger gets 200 and another page, once")),
        (inside(), Some(page(401, "no")), (Unknown, "a stranger gets 200 and another page, and then 401")),
        (
            inside(),
            Some(Err(timeout())),
            (Unknown, "a stranger gets 200 and another page, and then no answer in 5 s"),
        ),
        (page(405, "no"), None, (Unknown, "a stranger gets 405: nobody can tell whether a login is asked for")),
        (page(500, "no"), None, (Unknown, "a stranger gets 500: that refuses nothing for good")),
        (page(429, "no"), None, (Unknown, "429: the site limits how often we may ask")),
        (stopped("/admin", Stopped::Loop), None, (Unknown, "a stranger is redirected without end")),
        (
            stopped("http://app.example.com/x", Stopped::PlainHttp),
            None,
            (Unknown, "a stranger is led back to plain http"),
        ),
        (Err(timeout()), None, (Unknown, "no answer in 5 s")),
    ] {
        let mut answers = vec![(guarded(Trick::Plain, 0), plain.clone())];
        answers.extend(again.map(|again| (guarded(Trick::Plain, 1), again)));
        let got = said(answers);
        assert_eq!((got.0, got.1.as_str()), want, "{plain:?}");
    }
}

#[test]
fn a_trick_is_refused_like_the_path_or_lets_in() {
    use Status::{Fail, Pass, Unknown};
    let other_form = || {
        let hop = at("/ADMIN", response(200, &[], "a new account"), &[Mark::Html, Mark::Login]);
        Ok(Exchange { hops: vec![hop], stopped: None })
    };
    let name = "the path in other case";
    for (answer, want) in [
        (to_login(), (Pass, "a stranger is led to a login".into())),
        (page(404, "no"), (Pass, "a stranger is led to a login".into())),
        (page(405, "no"), (Pass, "a stranger is led to a login".into())),
        (
            page(200, "please sign in with your name and your password"),
            (Pass, "a stranger is led to a login".into()),
        ),
        (inside(), (Fail, format!("{name} gets 200 and what no stranger should see"))),
        (other_form(), (Unknown, format!("{name} gets 200 and another page that asks for a password"))),
        (page(503, "no"), (Unknown, format!("{name} gets 503: that refuses nothing for good"))),
        (Err(timeout()), (Unknown, "no answer in 5 s".into())),
    ] {
        let got = said(vec![
            (guarded(Trick::Plain, 0), to_login()),
            (guarded(Trick::Plain, 1), to_login()),
            (guarded(Trick::Case, 0), answer.clone()),
            (guarded(Trick::Case, 1), answer.clone()),
        ]);
        assert_eq!(got, want, "{answer:?}");
    }
    let field = "x-middleware-subrequest: middleware gets 200 and what no stranger should see";
    let got = said(vec![
        (guarded(Trick::Plain, 0), to_login()),
        (guarded(Trick::Subrequest(1), 0), inside()),
        (guarded(Trick::Subrequest(1), 1), inside()),
    ]);
    assert_eq!(got, (Fail, field.into()));
}

/// An application that answers everything with one page decides in the browser.
#[test]
fn what_every_path_gets_is_behind_no_login() {
    let shell = || page(200, "the shell of an application");
    let mut spec = spec();
    spec.exposure.guarded = vec!["/admin".into()];
    let verdicts = guarded_path_refused(
        &spec,
        &seen([
            (question(Ask::Visit, "/"), page(200, "another front page")),
            (question(Ask::Again, "/"), page(200, "another front page")),
            (guarded(Trick::Beside, 0), shell()),
            (guarded(Trick::Plain, 0), shell()),
            (guarded(Trick::Plain, 1), shell()),
        ]),
    );
    assert_eq!(verdicts[0].status, Status::Pass);
    assert_eq!(verdicts[0].message, "a stranger gets 200 and what any path gets");
}

#[test]
fn where_nothing_is_guarded_nothing_is_seen() {
    let spec = spec();
    let verdicts = guarded_path_refused(&spec, &seen([(question(Ask::Visit, "/"), page(200, "welcome"))]));
    let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(
        (verdict.status, verdict.message.as_str(), verdict.unseen),
        (Status::Skip, "no guarded path", true)
    );
    assert!(guarded_path_refused(&spec, &seen([(question(Ask::Visit, "/"), Err(timeout()))])).is_empty());
}

#[test]
fn a_refusal_needs_a_site_that_answers() {
    let mut spec = spec();
    spec.exposure.guarded = vec!["/admin".into()];
    let run = seen([
        (question(Ask::Visit, "/"), page(200, "welcome")),
        (question(Ask::Again, "/"), page(403, "blocked")),
        (guarded(Trick::Plain, 0), page(403, "blocked")),
    ]);
    assert_eq!(guarded_path_refused(&spec, &run)[0].status, Status::Unknown);
}

#[test]
fn a_redirect_ends_at_the_path_or_elsewhere() {
    for (target, path, want) in [
        ("/admin/", "/admin", true),
        ("/en/Admin/users?a=b", "/admin", true),
        ("/welcome", "/admin", false),
        ("/administrator", "/admin", false),
        ("/en", "/", true),
        ("/pt-BR/", "/", true),
        ("/sso", "/", false),
        ("/", "/", true),
    ] {
        assert_eq!(is_below(target, path), want, "{target}");
    }
}
