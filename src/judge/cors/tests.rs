use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{question, seen};
use crate::judge::tests::timeout;
use crate::observation::{Exchange, Nonce, ProbeError, Stopped};
use Status::{Fail, Pass, Skip, Unknown};

pub type Outcome = Result<Exchange, ProbeError>;
pub type Judge = fn(&Spec, &Seen) -> Vec<Verdict>;
pub const ACAO: &str = "Access-Control-Allow-Origin";
pub const CREDENTIALS: (&str, &str) = ("Access-Control-Allow-Credentials", "true");
const JSON: (&str, &str) = ("Content-Type", "application/json");

pub fn asked(claim: &Claim, preflight: Option<&str>, round: u8) -> Http {
    let method = if preflight.is_some() { Method::Options } else { Method::Get };
    let ask = Ask::Origin { claim: claim.clone(), preflight: preflight.map(Into::into), round };
    Http { method, ..question(ask, "/api/health") }
}

/// The answer to a claim, beside the request that names it. `‹origin›` stands for the origin that was sent.
pub fn told(question: &Http, outcome: Outcome) -> (Http, Outcome) {
    let request = question.request(Nonce(7));
    let origin = request.fields.iter().find(|(name, _)| name == "Origin").map_or("", |(_, value)| value);
    let outcome = outcome.map(|mut exchange| {
        for hop in &mut exchange.hops {
            hop.request = request.clone();
            hop.response.fields.iter_mut().for_each(|(_, value)| *value = value.replace("‹origin›", origin));
        }
        exchange
    });
    (question.clone(), outcome)
}

pub fn spec() -> Spec {
    Spec { paths: vec!["/".into(), "/api/health".into()], ..crate::judge::tests::spec() }
}

pub fn ok(answer: Response) -> Outcome {
    Ok(exchange(vec![answer]))
}

pub fn plain(fields: &[(&str, &str)]) -> Outcome {
    ok(response(200, &[&[JSON][..], fields].concat(), "status ok"))
}

pub fn reflects() -> Outcome {
    plain(&[(ACAO, "‹origin›")])
}

pub fn reflects_with_credentials() -> Outcome {
    plain(&[(ACAO, "‹origin›"), CREDENTIALS])
}

/// Two good visits of the page and of the front page.
fn visits() -> Vec<(Http, Outcome)> {
    let page = |ask, path| (question(ask, path), plain(&[]));
    vec![page(Ask::Visit, "/"), page(Ask::Again, "/"), page(Ask::Visit, "/api/health")]
}

/// A claim with the same answer by GET in both rounds, and a preflight that is refused as Starlette does.
fn reads(claim: &Claim, outcome: &Outcome) -> Vec<(Http, Outcome)> {
    vec![
        told(&asked(claim, None, 0), outcome.clone()),
        told(&asked(claim, None, 1), outcome.clone()),
        told(&asked(claim, Some("GET"), 0), ok(response(400, &[], "Disallowed CORS origin"))),
    ]
}

pub fn written(origins: &[&str]) -> Spec {
    let mut spec = spec();
    let read = |origin: &&str| match origin.split_once("*.") {
        Some((scheme, above)) => OriginPattern::Below(format!("{scheme}{above}").parse().unwrap()),
        None => OriginPattern::Exact(origin.parse().unwrap()),
    };
    spec.cors.origins = Some(origins.iter().map(read).collect());
    spec
}

pub fn said(judge: Judge, spec: &Spec, facts: Vec<(Http, Outcome)>) -> Vec<(Status, bool, String)> {
    let seen = seen([visits(), facts].concat());
    let verdicts = judge(spec, &seen);
    let known: Vec<String> = seen.asked::<Http>().map(Observation::id).collect();
    assert!(verdicts.iter().flat_map(|v| &v.evidence).all(|id| known.contains(id)), "{verdicts:?}");
    verdicts.into_iter().map(|v| (v.status, v.advice, v.message)).collect()
}

#[test]
fn what_a_browser_would_refuse_is_refused() {
    let fixed = |origin: &'static str| plain(&[(ACAO, origin), CREDENTIALS]);
    let twice = || plain(&[(ACAO, "‹origin›"), (ACAO, "https://app.example.com"), CREDENTIALS]);
    for (outcome, want) in [
        (plain(&[]), (Pass, false, "is not allowed: 200")),
        (plain(&[CREDENTIALS]), (Pass, false, "is not allowed: 200")),
        (fixed("https://app.example.com"), (Pass, false, "is not allowed: 200")),
        (twice(), (Pass, false, "is not allowed: 200")),
        (plain(&[(ACAO, "*"), CREDENTIALS]), (Pass, false, "is not named, * is")),
        (ok(response(403, &[], "x")), (Pass, false, "is not allowed: 403")),
        (ok(response(405, &[], "x")), (Pass, false, "is not allowed: 405")),
        (ok(response(404, &[], "x")), (Pass, false, "is not allowed: 404")),
        (ok(response(500, &[], "x")), (Unknown, false, "answers 500: that refuses nothing for good")),
        (ok(response(429, &[], "x")), (Unknown, false, "429: the site limits how often we may ask")),
        (Err(timeout()), (Unknown, false, "no answer in 5 s")),
        (
            reflects_with_credentials(),
            (Fail, false, "origin https://‹random›.test is reflected, with credentials, twice (another site)"),
        ),
        (
            reflects(),
            (Fail, true, "origin https://‹random›.test is reflected, without credentials, twice (another site)"),
        ),
        (
            ok(response(404, &[JSON, (ACAO, "‹origin›"), CREDENTIALS], "missing")),
            (Fail, false, "origin https://‹random›.test is reflected, with credentials, twice (another site)"),
        ),
    ] {
        let got = said(foreign_origin_refused, &spec(), reads(&Claim::Foreign, &outcome));
        assert_eq!(got, [(want.0, want.1, want.2.to_string())], "{outcome:?}");
    }
}

#[test]
fn less_than_credentials_fails_where_origins_are_written() {
    let preflight = |round| {
        told(
            &asked(&Claim::Foreign, Some("GET"), round),
            ok(response(200, &[(ACAO, "‹origin›"), CREDENTIALS], "OK")),
        )
    };
    let by_preflight = || vec![told(&asked(&Claim::Foreign, None, 0), plain(&[])), preflight(0), preflight(1)];
    let how = |words: &str| format!("origin https://‹random›.test is {words}, twice (another site)");
    let spec_written = written(&["https://app.example.com"]);
    for (facts, words) in [
        (reads(&Claim::Foreign, &reflects()), "reflected, without credentials"),
        (by_preflight(), "allowed by the preflight"),
    ] {
        assert_eq!(said(foreign_origin_refused, &spec(), facts.clone()), [(Fail, true, how(words))]);
        assert_eq!(said(foreign_origin_refused, &spec_written, facts), [(Fail, false, how(words))]);
    }
    // Advice hides nothing that could not be seen.
    let mut facts = by_preflight();
    facts[0].1 = Err(timeout());
    assert_eq!(
        said(foreign_origin_refused, &spec(), facts),
        [(Unknown, false, "no answer in 5 s".into()), (Fail, true, how("allowed by the preflight"))]
    );
}

/// What a redirect leads to is what is read; where that has no answer, nothing is known.
#[test]
fn a_redirected_path_is_judged_at_its_end() {
    let hop =
        |status, fields: &[(&str, &str)]| response(status, &[&[("Location", "/x")][..], fields].concat(), "x");
    let reflected = [(ACAO, "‹origin›"), CREDENTIALS];
    for (hops, stopped, want) in [
        (vec![hop(307, &[]), hop(200, &reflected)], None, Fail),
        (vec![hop(307, &reflected), hop(200, &[])], None, Pass),
        (vec![hop(302, &[])], Some(Stopped::OffSite), Pass),
        (vec![hop(307, &[])], Some(Stopped::Error(timeout())), Unknown),
    ] {
        let outcome = Ok(Exchange { stopped, ..exchange(hops) });
        let got = said(foreign_origin_refused, &spec(), reads(&Claim::Foreign, &outcome));
        assert_eq!(got[0].0, want, "{outcome:?}");
    }
}

#[test]
fn a_hit_counts_twice() {
    let first = || told(&asked(&Claim::Foreign, None, 0), reflects_with_credentials());
    for (second, want) in [
        (Some(plain(&[])), (Pass, "is not allowed: 200")),
        (Some(Err(timeout())), (Unknown, "the second time: no answer in 5 s")),
        (Some(ok(response(502, &[], "x"))), (Unknown, "answers 502: that refuses nothing for good")),
        (None, (Unknown, "was not asked a second time")),
    ] {
        let mut facts = vec![first()];
        facts.extend(second.map(|outcome| told(&asked(&Claim::Foreign, None, 1), outcome)));
        let got = said(foreign_origin_refused, &spec(), facts);
        assert_eq!(got, [(want.0, false, want.1.to_string())]);
    }
}

#[test]
fn each_claim_is_judged_by_its_own_check() {
    let development = Claim::Development("http://localhost:3000".into());
    let strict = || written(&["https://app.example.com"]);
    let domain = || written(&["https://*.example.com"]);
    let plain_of = |claim| Claim::Plain(Box::new(claim));
    let like = |claim| Claim::Like("https://console.example.org".parse().unwrap(), Box::new(claim));
    let codepen = written(&["https://codepen.io"]);
    for (judge, claim, spec, want) in [
        (null_origin_refused as Judge, Claim::Null, spec(), (Fail, false)),
        (plain_http_origin_refused, Claim::PlainHttp, spec(), (Fail, false)),
        (plain_http_origin_refused, Claim::PlainHttp, written(&["http://app.example.com"]), (Pass, false)),
        (development_origin_refused, development.clone(), spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::Suffix, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::MissingDot, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::MissingDotParent, domain(), (Fail, false)),
        (look_alike_origin_refused, Claim::UnescapedDot(0), spec(), (Fail, false)),
        (foreign_origin_refused, Claim::WithCookie, spec(), (Fail, false)),
        (foreign_origin_refused, Claim::Extension, spec(), (Fail, false)),
        (foreign_origin_refused, Claim::Shared("https://codepen.io".into()), spec(), (Fail, false)),
        (foreign_origin_refused, Claim::Shared("https://codepen.io".into()), codepen, (Pass, false)),
        (foreign_origin_refused, plain_of(Claim::Foreign), spec(), (Fail, false)),
        (null_origin_refused, Claim::File, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::Separator("_".into()), spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::DottedSeparator("%60".into()), spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::Joined, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::AllDots, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::DroppedFirst, spec(), (Fail, false)),
        (look_alike_origin_refused, Claim::Localhost, spec(), (Fail, false)),
        (look_alike_origin_refused, plain_of(Claim::Suffix), spec(), (Fail, false)),
        (look_alike_origin_refused, like(Claim::MissingDot), strict(), (Fail, false)),
        (look_alike_origin_refused, like(Claim::Suffix), strict(), (Fail, false)),
        (look_alike_origin_refused, Claim::UpperCase, strict(), (Pass, false)),
        (look_alike_origin_refused, Claim::TrailingDot, strict(), (Pass, false)),
        (plain_http_origin_refused, plain_of(Claim::Sibling), spec(), (Fail, false)),
        (plain_http_origin_refused, plain_of(Claim::Subdomain), spec(), (Fail, false)),
        (plain_http_origin_refused, like(Claim::PlainHttp), strict(), (Fail, false)),
        (subdomain_origin_refused, Claim::DeepSubdomain, strict(), (Fail, false)),
        (subdomain_origin_refused, Claim::DeepSubdomain, spec(), (Fail, true)),
        (look_alike_origin_refused, Claim::OtherPort, spec(), (Pass, false)),
        (look_alike_origin_refused, Claim::OtherPort, strict(), (Pass, false)),
        // A wildcard of the owner's covers every name below.
        (look_alike_origin_refused, Claim::MissingDot, domain(), (Pass, false)),
        (subdomain_origin_refused, Claim::Subdomain, domain(), (Pass, false)),
        (subdomain_origin_refused, Claim::Subdomain, strict(), (Fail, false)),
        (subdomain_origin_refused, Claim::Subdomain, spec(), (Fail, true)),
        (subdomain_origin_refused, Claim::Sibling, spec(), (Fail, true)),
        (subdomain_origin_refused, Claim::Subdomain, written(&["https://*.example.org"]), (Fail, true)),
    ] {
        let got = said(judge, &spec, reads(&claim, &reflects_with_credentials()));
        let [(status, advice, message)] = &got[..] else { panic!("{got:?}") };
        assert_eq!((*status, *advice), want, "{claim}: {message}");
        assert!(!message.contains("golive"), "{message}");
    }
}

/// What is named does not depend on who asks: a fault only where another list is written.
#[test]
fn a_site_that_is_named_to_everybody_is_seen() {
    let named = |value: &'static str| plain(&[(ACAO, value), CREDENTIALS]);
    let strict = || written(&["https://app.example.com", "https://shop.example.org"]);
    let also = |origin: &str| format!("is not allowed: 200; {origin} is allowed, whoever asks");
    for (spec, value, want) in [
        (strict(), "https://staging.test", (Fail, "https://staging.test is allowed, whoever asks".into())),
        (
            strict(),
            "https://staging.example.com",
            (Fail, "https://staging.example.com is allowed, whoever asks".into()),
        ),
        (strict(), "https://shop.example.org", (Pass, "is not allowed: 200".into())),
        (strict(), "https://app.example.com", (Pass, "is not allowed: 200".into())),
        (strict(), "no origin", (Pass, "is not allowed: 200".into())),
        (spec(), "https://staging.test", (Pass, also("https://staging.test"))),
        (spec(), "https://staging.example.com", (Pass, "is not allowed: 200".to_string())),
    ] {
        let got = said(foreign_origin_refused, &spec, reads(&Claim::Foreign, &named(value)));
        assert_eq!(got, [(want.0, false, want.1)], "{value}");
    }
}

#[test]
fn a_private_network_is_opened_by_both_fields() {
    const INTO: (&str, &str) = ("Access-Control-Allow-Private-Network", "true");
    let question = Http { method: Method::Options, ..question(Ask::PrivateNetwork, "/api/health") };
    for (status, fields, want) in [
        (200, &[(ACAO, "‹origin›"), INTO][..], true),
        (204, &[(ACAO, "*"), INTO], true),
        (200, &[INTO], false),
        (200, &[(ACAO, "*")], false),
        (400, &[(ACAO, "*"), INTO], false),
    ] {
        let facts = vec![told(&question, ok(response(status, fields, "OK")))];
        let message = "a preflight lets foreign pages come into a private network".to_string();
        let want: Vec<_> = [(Fail, true, message)].into_iter().filter(|_| want).collect();
        assert_eq!(said(foreign_origin_refused, &spec(), facts), want, "{status} {fields:?}");
    }
    let facts = vec![told(&question, Err(timeout()))];
    assert_eq!(said(foreign_origin_refused, &spec(), facts), [(Unknown, true, "no answer in 5 s".into())]);
}

#[test]
fn no_name_is_below_an_address() {
    let address = Spec::of("203.0.113.7".parse().unwrap());
    let got = said(subdomain_origin_refused, &address, vec![]);
    assert_eq!(got, [(Skip, false, "the site is an address: no name is below it".into())]);
}

#[test]
fn a_name_below_the_own_domain_is_no_look_alike_where_its_siblings_are_allowed() {
    for (claim, sibling, want) in [
        (Claim::MissingDot, reflects(), Pass),
        (Claim::MissingDot, plain(&[]), Fail),
        (Claim::MissingDotParent, reflects(), Fail),
        (Claim::PlainHttp, reflects(), Fail),
        (Claim::Plain(Box::new(Claim::MissingDot)), reflects(), Pass),
        (Claim::Plain(Box::new(Claim::MissingDot)), plain(&[]), Fail),
    ] {
        let mut facts = reads(&claim, &reflects_with_credentials());
        let is_plain = matches!(claim, Claim::Plain(_));
        let other = if is_plain { Claim::Plain(Box::new(Claim::Sibling)) } else { Claim::Sibling };
        facts.push(told(&asked(&other, None, 0), sibling));
        let judge = if claim == Claim::PlainHttp { plain_http_origin_refused } else { look_alike_origin_refused };
        assert_eq!(said(judge, &spec(), facts)[0].0, want, "{claim}");
    }
}

#[test]
fn what_is_meant_for_everybody_is_not_judged() {
    let mut public = spec();
    public.exposure.public = vec!["/api/".into()];
    let other =
        Spec { exposure: crate::spec::Exposure { public: vec!["/api".into()], ..Default::default() }, ..spec() };
    let font = || ok(response(200, &[("Content-Type", "font/woff2"), (ACAO, "‹origin›"), CREDENTIALS], "x"));
    for (spec, outcome, want) in [
        (public, reflects_with_credentials(), (Skip, "is meant for everybody")),
        (
            other,
            reflects_with_credentials(),
            (Fail, "origin https://‹random›.test is reflected, with credentials, twice (another site)"),
        ),
        // The preflight of a font is refused: nothing that was judged is left but that.
        (spec(), font(), (Pass, "is not allowed: 400")),
    ] {
        let got = said(foreign_origin_refused, &spec, reads(&Claim::Foreign, &outcome));
        assert_eq!(got, [(want.0, false, want.1.to_string())]);
    }
    // The visit tells that a preflight is one of a static file.
    let preflight =
        |round| told(&asked(&Claim::Foreign, Some("GET"), round), ok(response(200, &[(ACAO, "‹origin›")], "OK")));
    let script = ok(response(200, &[("Content-Type", "text/javascript")], "x"));
    let facts = vec![(question(Ask::Visit, "/api/health"), script), preflight(0), preflight(1)];
    let got = said(foreign_origin_refused, &written(&[]), facts);
    assert_eq!(got, [(Skip, false, "is meant for everybody".into())]);
}

#[test]
fn nothing_is_refused_by_a_site_that_is_down() {
    let bad = || ok(response(502, &[], "bad gateway"));
    let facts = vec![
        (question(Ask::Visit, "/"), bad()),
        (question(Ask::Again, "/"), bad()),
        (question(Ask::Visit, "/api/health"), bad()),
    ];
    let claims = reads(&Claim::Foreign, &bad());
    let got = said(foreign_origin_refused, &spec(), [facts, claims].concat());
    assert_eq!(got, [(Unknown, false, "no good answer before: 502".into())]);
    let refused = || ok(response(400, &[], "x"));
    let gone = (question(Ask::Again, "/"), Err(timeout()));
    let got = said(foreign_origin_refused, &spec(), [vec![gone], reads(&Claim::Foreign, &refused())].concat());
    assert_eq!(got, [(Unknown, false, "no good answer afterwards: no answer in 5 s".into())]);
}

#[test]
fn a_star_is_a_contradiction_where_origins_are_written() {
    let star = || plain(&[(ACAO, "*")]);
    for (spec, outcome, want) in [
        (spec(), star(), (Fail, true, "* lets every origin read")),
        (written(&["https://app.example.com"]), star(), (Fail, false, "* lets every origin read")),
        (spec(), plain(&[]), (Pass, false, "* is not sent")),
        (spec(), Err(timeout()), (Unknown, false, "no answer in 5 s")),
        (spec(), ok(response(500, &[], "x")), (Unknown, false, "answers 500: that refuses nothing for good")),
    ] {
        let got = said(wildcard_alone, &spec, reads(&Claim::Foreign, &outcome));
        assert_eq!(got, [(want.0, want.1, want.2.to_string())]);
    }
    // No path for programs: seen to be none, or not seen.
    let html = || ok(response(200, &[("Content-Type", "text/html")], "page"));
    for (outcome, want) in [
        (html(), (Skip, "no path that programs are answered on")),
        (Err(timeout()), (Unknown, "no answer in 5 s")),
    ] {
        let verdicts = wildcard_alone(&spec(), &seen([(question(Ask::Visit, "/"), outcome)]));
        assert_eq!(crate::judge::tests::said(&verdicts), [want]);
    }
}

#[test]
fn what_depends_on_the_origin_says_so() {
    let vary = |value: &'static str| plain(&[(ACAO, "‹origin›"), ("Vary", value)]);
    let own = Claim::Own("https://console.example.com".parse().unwrap());
    let fixed = || plain(&[(ACAO, "https://console.example.com")]);
    for (facts, want) in [
        (reads(&Claim::Foreign, &vary("Accept-Encoding, origin")), (Pass, "names Origin in Vary")),
        (reads(&Claim::Foreign, &vary("*")), (Pass, "names Origin in Vary")),
        (reads(&Claim::PlainHttp, &reflects()), (Fail, "reflects an origin without Vary: Origin")),
        (
            reads(&Claim::PlainHttp, &reflects_with_credentials()),
            (Fail, "reflects an origin with credentials without Vary: Origin"),
        ),
        (
            vec![told(&asked(&own, None, 0), fixed()), told(&asked(&Claim::Foreign, None, 0), fixed())],
            (Pass, "sends the same origin to everybody"),
        ),
        (
            vec![told(&asked(&own, None, 0), fixed()), told(&asked(&Claim::Foreign, None, 0), plain(&[]))],
            (Fail, "reflects an origin without Vary: Origin"),
        ),
        (reads(&Claim::Foreign, &plain(&[])), (Skip, "no origin is named back")),
        (reads(&Claim::Foreign, &Err(timeout())), (Unknown, "no answer in 5 s")),
    ] {
        assert_eq!(said(varies, &spec(), facts), [(want.0, false, want.1.to_string())]);
    }
    assert!(varies(&spec(), &seen([])).is_empty());
}
