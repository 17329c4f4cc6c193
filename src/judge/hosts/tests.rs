use super::*;
use crate::judge::answered::tests::{exchange, response};
use crate::judge::headers::tests::{question, seen};
use crate::judge::tests::{spec, timeout};
use crate::observation::{Echo, Request, Response, Stage};
use crate::target::Endpoint;

const PAGE: [(&str, &str); 3] =
    [("Content-Type", "text/html"), ("X-Request-Id", "1"), ("X-Powered-By", "Next.js")];
pub const FOREIGN: &str = "golive-00000007.test";

/// The page that visitors see, whatever varies in it.
pub fn page() -> Response {
    response(200, &PAGE, "welcome to the shop")
}

pub fn led(status: u16, location: &str) -> Response {
    response(status, &[("Location", location)], "")
}

pub fn echoing(place: Place) -> Response {
    let mut answer = response(200, &[("Content-Type", "text/html")], "another page");
    answer.content.echoes = vec![Echo { place, value: FOREIGN.into() }];
    answer
}

pub fn coded() -> Response {
    let mut answer = response(200, &[("Content-Type", "text/html")], "");
    answer.content.length = 9;
    answer.content.coded = Some("br".into());
    answer
}

pub fn error(stage: Stage, kind: ErrorKind) -> Result<Exchange, ProbeError> {
    Err(ProbeError::new(stage, kind, "no answer"))
}

pub fn ok(answer: Response) -> Result<Exchange, ProbeError> {
    Ok(exchange(vec![answer]))
}

/// What the judge says of one forged request beside a visit and the plain request afterwards.
pub fn said(
    judge: fn(&Spec, &Seen) -> Vec<Verdict>,
    spec: &Spec,
    plain: [Result<Exchange, ProbeError>; 2],
    scheme: Scheme,
    forgery: Forgery,
    outcome: Result<Exchange, ProbeError>,
) -> (Status, String) {
    let [visit, again] = plain;
    let mut forged = question(Ask::Host { forgery, sni: Sni::Own }, "/");
    if scheme == Scheme::Http {
        forged.at = Endpoint { scheme, port: 80, ..forged.at };
    }
    let origin = forged.at.origin().to_string();
    let outcome = outcome.map(|exchange| {
        let hops = exchange.hops.into_iter().map(|hop| crate::observation::Hop {
            request: Request { origin: origin.clone(), ..hop.request },
            response: hop.response,
        });
        Exchange { hops: hops.collect(), stopped: None }
    });
    let seen =
        seen([(question(Ask::Visit, "/"), visit), (question(Ask::Again, "/"), again), (forged.clone(), outcome)]);
    let verdicts = judge(spec, &seen);
    let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!(verdict.evidence, [crate::observation::id(&forged)]);
    (verdict.status, verdict.message.clone())
}

#[test]
fn only_the_application_or_our_own_name_fails() {
    use Scheme::{Http, Https};
    use Status::{Fail, Pass, Unknown};
    let back = |scheme: &str| led(301, &format!("{scheme}://{FOREIGN}/en"));
    for (scheme, outcome, want) in [
        (Https, ok(page()), (Fail, "an unknown Host gets the application: 200")),
        (
            Https,
            ok(response(200, &PAGE, "welcome to a shop!!")),
            (Fail, "an unknown Host gets the application: 200"),
        ),
        (Https, ok(response(400, &[], "Invalid host header")), (Pass, "an unknown Host gets 400")),
        (Https, ok(response(421, &PAGE, "welcome to the shop")), (Pass, "an unknown Host gets 421")),
        (Https, ok(response(404, &[], "404 page not found")), (Pass, "an unknown Host gets 404")),
        (Https, ok(response(200, &[("Server", "Caddy")], "")), (Pass, "an unknown Host gets an empty 200")),
        (
            Https,
            ok(response(200, &[("Content-Type", "text/html")], "Welcome to nginx!")),
            (Pass, "an unknown Host gets 200 and another content"),
        ),
        (Https, ok(led(301, "https://app.example.com/")), (Pass, "an unknown Host is led to the site: 301")),
        (Https, ok(led(302, "https://idp.example.net/")), (Pass, "an unknown Host is led elsewhere: 302")),
        (Https, ok(back("https")), (Fail, "an unknown Host comes back in Location")),
        (Https, ok(echoing(Place::Canonical)), (Fail, "an unknown Host comes back in the canonical link")),
        (Https, ok(echoing(Place::CookieDomain)), (Fail, "an unknown Host comes back in the Domain of a cookie")),
        (Https, ok(echoing(Place::Text)), (Pass, "an unknown Host gets 200 and another content")),
        (Https, ok(response(502, &[], "x")), (Unknown, "an unknown Host gets 502: that refuses nothing for good")),
        (Https, ok(coded()), (Unknown, "an unknown Host gets 200 in a coding that nobody asked for")),
        (Https, ok(response(429, &[], "x")), (Unknown, "429: the site limits how often we may ask")),
        (
            Https,
            ok(response(403, &[("cf-mitigated", "challenge")], "x")),
            (Unknown, "403: a challenge page stands before the site"),
        ),
        (Https, error(Stage::Exchange, ErrorKind::Closed), (Pass, "the connection is closed")),
        (Https, error(Stage::Exchange, ErrorKind::Reset), (Pass, "the connection is reset")),
        (
            Https,
            error(Stage::Handshake, ErrorKind::Alert("unrecognized_name".into())),
            (Pass, "TLS ends with the alert unrecognized_name"),
        ),
        (Https, error(Stage::Connect, ErrorKind::Refused), (Unknown, "no answer")),
        (Https, error(Stage::Exchange, ErrorKind::Timeout), (Unknown, "no answer")),
        (Https, error(Stage::Plan, ErrorKind::NotSent), (Unknown, "no answer")),
        (Http, ok(back("https")), (Pass, "an unknown Host is led to https of that name: 301")),
        (Http, ok(back("http")), (Fail, "an unknown Host comes back in Location")),
        (Http, ok(led(308, "https://app.example.com/")), (Pass, "an unknown Host is led to the site: 308")),
        (Http, ok(page()), (Fail, "an unknown Host gets the application: 200")),
        (Http, ok(echoing(Place::Canonical)), (Fail, "an unknown Host comes back in the canonical link")),
        (Http, error(Stage::Connect, ErrorKind::Refused), (Pass, "port 80 refuses connections")),
        (Http, error(Stage::Connect, ErrorKind::Timeout), (Unknown, "no answer")),
    ] {
        let plain = [ok(page()), ok(page())];
        let got = said(unknown_host_rejected, &spec(), plain, scheme, Forgery::Foreign, outcome.clone());
        assert_eq!((got.0, got.1.as_str()), want, "{scheme} {outcome:?}");
    }
}

#[test]
fn a_refusal_counts_between_two_good_answers() {
    use Status::{Pass, Unknown};
    let refusal = || ok(response(400, &[], "Invalid host header"));
    for (visit, again, want) in [
        (ok(page()), ok(page()), (Pass, "an unknown Host gets 400")),
        (Err(timeout()), ok(page()), (Unknown, "the true Host has no answer to compare with")),
        (ok(page()), Err(timeout()), (Unknown, "no good answer afterwards: no answer in 5 s")),
        (ok(page()), ok(response(429, &[], "x")), (Unknown, "429: the site limits how often we may ask")),
        (
            ok(page()),
            ok(response(403, &[], "blocked")),
            (Unknown, "the plain request is answered 200 before and 403 afterwards"),
        ),
        (ok(response(502, &[], "bad")), ok(response(502, &[], "bad")), (Unknown, "no good answer before: 502")),
        (ok(response(400, &[], "x")), ok(response(400, &[], "x")), (Unknown, "no good answer before: 400")),
        (
            ok(response(503, &[("Retry-After", "9")], "later")),
            ok(page()),
            (Unknown, "503 with Retry-After: the site asks us to come later"),
        ),
    ] {
        let got = said(unknown_host_rejected, &spec(), [visit, again], Scheme::Https, Forgery::Foreign, refusal());
        assert_eq!((got.0, got.1.as_str()), want);
    }
}

/// A wall before everything, an empty page, a redirect: whoever answers is told by more than the status, or not at all.
#[test]
fn the_true_host_tells_what_the_application_is() {
    use Status::{Fail, Pass, Unknown};
    let json = |text: &str| response(200, &[("Content-Type", "application/json")], text);
    let cookie = |status, location| response(status, &[("Set-Cookie", "sid=1"), ("Location", location)], "");
    for (plain, got, want) in [
        (response(401, &[], "sign in"), response(401, &[], "sign in"), Unknown),
        (response(401, &[], "sign in"), response(404, &[], "no such site"), Pass),
        (response(404, &[], "Not Found"), response(404, &[], "Not Found"), Unknown),
        (json("status ok"), json("status ok"), Fail),
        (json("status ok"), json("detail Invalid host"), Pass),
        (response(200, &[], ""), response(200, &[], ""), Unknown),
        (response(200, &[("X-Request-Id", "1")], ""), response(200, &[("Server", "Caddy")], ""), Pass),
        (led(307, "/en"), led(307, "/en"), Fail),
        (led(307, "/login?state=‹redacted:1›"), led(307, "/login?state=‹redacted:2›"), Fail),
        (led(302, "https://idp.test/auth?state=1"), led(302, "https://idp.test/auth?state=2"), Fail),
        (cookie(302, "/en"), cookie(302, "https://app.example.com/"), Pass),
        (cookie(302, "/en"), response(404, &[("Set-Cookie", "sid=2")], "unknown"), Pass),
        (coded(), json("status ok"), Unknown),
    ] {
        let both = [ok(plain.clone()), ok(plain.clone())];
        let said = said(unknown_host_rejected, &spec(), both, Scheme::Https, Forgery::Foreign, ok(got.clone()));
        assert_eq!(said.0, want, "{plain:?} {got:?}: {}", said.1);
    }
}

#[test]
fn what_is_written_decides_on_names_that_are_meant() {
    use Status::{Fail, Pass};
    for (trusted, forgery, want) in [
        (None, Forgery::Subdomain, Pass),
        (None, Forgery::Localhost, Pass),
        (None, Forgery::Loopback, Pass),
        (None, Forgery::Prefix, Fail),
        (None, Forgery::Suffix, Fail),
        (None, Forgery::UserInfo, Fail),
        (None, Forgery::UnescapedDot(0), Fail),
        (Some(vec!["app.example.com"]), Forgery::Subdomain, Fail),
        (Some(vec!["app.example.com"]), Forgery::Localhost, Fail),
        (Some(vec!["app.example.com", "localhost"]), Forgery::Localhost, Pass),
        (Some(vec!["*.app.example.com"]), Forgery::Subdomain, Pass),
        (Some(vec!["*.example.com"]), Forgery::Subdomain, Pass),
        (Some(vec!["*.example.com"]), Forgery::Prefix, Pass),
        (Some(vec!["*.example.com"]), Forgery::Suffix, Fail),
        (Some(vec!["*.example.com"]), Forgery::UnescapedDot(1), Fail),
    ] {
        let mut spec = spec();
        spec.hosts.trusted = trusted.clone().map(|names| names.into_iter().map(String::from).collect());
        let plain = [ok(page()), ok(page())];
        let got = said(look_alike_host_rejected, &spec, plain, Scheme::Https, forgery, ok(page()));
        assert_eq!(got.0, want, "{trusted:?} {forgery}: {}", got.1);
    }
}

#[test]
fn an_address_is_no_name_of_the_site() {
    let mut spec = spec();
    for (trusted, want) in [(None, Status::Fail), (Some(vec!["203.0.113.7".into()]), Status::Pass)] {
        spec.hosts.trusted = trusted;
        let plain = [ok(page()), ok(page())];
        let got = said(address_host_rejected, &spec, plain, Scheme::Https, Forgery::Address, ok(page()));
        assert_eq!(got.0, want);
    }
    let address = Spec::of("203.0.113.7".parse().unwrap());
    let verdicts = address_host_rejected(&address, &seen([]));
    assert_eq!((verdicts[0].status, verdicts[0].message.as_str()), (Status::Skip, "the site is an address"));
    let verdicts = look_alike_host_rejected(&address, &seen([]));
    let want = (Status::Skip, "the site is an address: no name is like it");
    assert_eq!((verdicts[0].status, verdicts[0].message.as_str()), want);
    // One name among addresses is enough to ask.
    let named = Spec { aliases: vec!["app.example.com".parse().unwrap()], ..address };
    assert!(look_alike_host_rejected(&named, &seen([])).is_empty());
}

#[test]
fn nothing_forged_comes_back_where_it_is_followed() {
    use Status::{Fail, Pass, Unknown};
    for (outcome, want) in [
        (ok(page()), (Pass, "X-Forwarded-Host does not come back")),
        (ok(echoing(Place::Text)), (Pass, "X-Forwarded-Host does not come back")),
        (ok(echoing(Place::Location)), (Fail, "X-Forwarded-Host comes back in Location")),
        (ok(echoing(Place::OpenGraph)), (Fail, "X-Forwarded-Host comes back in og:url")),
        (ok(echoing(Place::FormAction)), (Fail, "X-Forwarded-Host comes back in the action of a form")),
        (ok(echoing(Place::Href)), (Fail, "X-Forwarded-Host comes back in a link")),
        (ok(response(400, &[], "x")), (Pass, "X-Forwarded-Host does not come back")),
        (
            ok(response(500, &[], "x")),
            (Unknown, "X-Forwarded-Host gets 500: nobody can tell whether it comes back"),
        ),
        (ok(coded()), (Unknown, "X-Forwarded-Host gets 200 in a coding that nobody asked for")),
        (Err(timeout()), (Unknown, "no answer in 5 s")),
    ] {
        let plain = [ok(page()), ok(page())];
        let got = said(
            forged_host_not_reflected,
            &spec(),
            plain,
            Scheme::Https,
            Forgery::XForwardedHost,
            outcome.clone(),
        );
        assert_eq!((got.0, got.1.as_str()), want, "{outcome:?}");
    }
}

#[test]
fn an_unknown_host_is_better_not_led_to_itself() {
    use Status::{Fail, Pass, Unknown};
    let back = |scheme: &str| ok(led(301, &format!("{scheme}://{FOREIGN}/en")));
    for (outcome, want) in [
        (back("https"), (Fail, "an unknown Host is led to https of that name: 301")),
        (ok(led(308, "https://app.example.com/")), (Pass, "an unknown Host is led to the site: 308")),
        (ok(response(404, &[], "")), (Pass, "an unknown Host gets 404")),
        (error(Stage::Connect, ErrorKind::Refused), (Pass, "port 80 refuses connections")),
        // These are the matter of unknown-host-rejected.
        (ok(page()), (Pass, "an unknown Host gets the application: 200")),
        (back("http"), (Pass, "an unknown Host comes back in Location")),
        (ok(response(502, &[], "x")), (Unknown, "an unknown Host gets 502: that refuses nothing for good")),
        (error(Stage::Exchange, ErrorKind::Timeout), (Unknown, "no answer")),
    ] {
        let plain = [ok(page()), ok(page())];
        let got = said(redirect_host_fixed, &spec(), plain, Scheme::Http, Forgery::Foreign, outcome.clone());
        assert_eq!((got.0, got.1.as_str()), want, "{outcome:?}");
    }
}
