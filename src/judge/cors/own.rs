//! Whether each origin that the owner wrote really works.

use std::collections::BTreeMap;

use super::fetch::{Grant, allows_header, allows_method, grant, preflight_grant};
use super::{allowed_words, page, program_paths};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::shut_out;
use crate::judge::{Word, fail, pass, skip, unknown, worst};
use crate::observation::{Ask, Claim, Exchange, Http, Method, Observation, Response, Seen, Stopped};
use crate::spec::{OriginPattern, Spec};

/// Each written origin that is cross-origin to the path: by GET, and by preflight.
pub(super) fn allowed_everywhere(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim: Claim::Own(origin), preflight, .. } = &o.question.ask else { continue };
        let word = match &o.outcome {
            Err(error) => unknown(error.to_string()),
            Ok(exchange) => match preflight {
                Some(method) => preflighted(spec, seen, o, &origin.to_string(), method, exchange),
                None => read(spec, &origin.to_string(), exchange),
            },
        };
        pages.entry(page(&o.question)).or_default().push((word, o.id()));
    }
    if pages.is_empty() {
        return vec![nothing_to_allow(spec, seen)];
    }
    let expected = spec.promised(&allowed_words(spec), "cors.origins");
    pages.into_iter().map(|(page, words)| worst(page, words).expected(expected.clone())).collect()
}

fn nothing_to_allow(spec: &Spec, seen: &Seen) -> Verdict {
    let others = |pattern: &OriginPattern| matches!(pattern, OriginPattern::Exact(origin) if *origin != spec.site);
    let skip = |why: &str| Verdict::new(Subject::Site, Status::Skip, why);
    match (&spec.cors.origins, program_paths(spec, seen)) {
        (None, _) => skip("no origin is written in cors.origins"),
        (Some(origins), _) if !origins.iter().any(others) => {
            skip("no written origin is another than the site's own")
        }
        (Some(_), Err(verdict)) => *verdict,
        (Some(_), Ok(_)) => Verdict::new(Subject::Site, Status::Unknown, "no written origin was asked"),
    }
}

/// A browser checks every answer on the way (Fetch, HTTP fetch: the CORS check comes before the redirect).
fn read(spec: &Spec, origin: &str, exchange: &Exchange) -> Word {
    match &exchange.stopped {
        Some(Stopped::OffSite | Stopped::PlainHttp) => return skip("leads elsewhere"),
        Some(Stopped::Error(error)) => return unknown(error.to_string()),
        Some(Stopped::Loop | Stopped::TooMany) => return unknown("redirects without end"),
        None => {}
    }
    let responses = || exchange.hops.iter().map(|hop| &hop.response);
    if let Some(why) = responses().find_map(no_word) {
        return unknown(why);
    }
    match responses().find(|response| grant(response, origin) < least(spec)) {
        Some(response) => not_allowed(spec, origin, "GET", response),
        None => pass(format!("{origin} may read")),
    }
}

/// A server may answer with the method that was asked for alone: each is asked for, and judged, by its own preflight.
fn preflighted(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Http>,
    origin: &str,
    method: &str,
    exchange: &Exchange,
) -> Word {
    let response = exchange.first();
    if let Some(why) = no_word(response) {
        return unknown(why);
    }
    if response.is_redirect() {
        let ask = match &o.question.ask {
            Ask::Origin { claim, round, .. } => {
                Ask::Origin { claim: claim.clone(), preflight: None, round: *round }
            }
            other => other.clone(),
        };
        let get = seen.answer(&Http { method: Method::Get, ask, ..o.question.clone() });
        return match get.is_some_and(|exchange| exchange.stopped.is_none()) {
            true => fail(format!("the preflight of {origin} is redirected, which browsers refuse")),
            false => skip("leads elsewhere"),
        };
    }
    if preflight_grant(response, origin) < least(spec) {
        return not_allowed(spec, origin, "the preflight", response);
    }
    let credentials = spec.cors.credentials;
    let header = spec.cors.headers.iter().find(|name| !allows_header(response, name, credentials));
    match header {
        _ if !allows_method(response, method, credentials) => fail(format!("{origin} may not use {method}")),
        Some(header) => fail(format!("{origin} may not send {header} with {method}")),
        None => pass(format!("{origin} may use {method} with every header that is written")),
    }
}

/// Why an answer is no word on who may read: we are held off, or the server is broken.
fn no_word(response: &Response) -> Option<String> {
    let broken = || (response.status >= 500).then(|| format!("answers {}", response.status));
    shut_out(response).or_else(broken)
}

fn least(spec: &Spec) -> Grant {
    if spec.cors.credentials { Grant::WithCredentials } else { Grant::Anybody }
}

fn not_allowed(spec: &Spec, origin: &str, by: &str, response: &Response) -> Word {
    let with = if spec.cors.credentials { " with credentials" } else { "" };
    match response.values("access-control-allow-origin").len() {
        values @ 2.. => fail(format!("{origin} is not allowed by {by}: {values} origins are named at once")),
        _ => fail(format!("{origin} is not allowed{with} by {by}: {}", response.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::cors::tests::{
        ACAO, CREDENTIALS, Outcome, asked, ok, plain, reflects, reflects_with_credentials, said, spec, told,
        written,
    };
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::tests::timeout;
    use Status::{Fail, Pass, Skip, Unknown};

    /// What is said of a written origin, by GET and by preflight.
    fn own(spec: &Spec, get: Outcome, preflight: Outcome) -> (Status, String) {
        let claim = Claim::Own("https://console.example.com".parse().unwrap());
        let facts = vec![told(&asked(&claim, None, 0), get), told(&asked(&claim, Some("PUT"), 0), preflight)];
        let got = said(allowed_everywhere, spec, facts);
        let [(status, false, message)] = &got[..] else { panic!("{got:?}") };
        (*status, message.clone())
    }

    #[test]
    fn a_written_origin_works_as_a_browser_asks() {
        const METHODS: (&str, &str) = ("Access-Control-Allow-Methods", "GET, PUT");
        const HEADERS: (&str, &str) = ("Access-Control-Allow-Headers", "Authorization");
        let preflight =
            |fields: &[(&str, &str)]| ok(response(200, &[&[(ACAO, "‹origin›")][..], fields].concat(), "OK"));
        let good = || preflight(&[METHODS, HEADERS, CREDENTIALS]);
        let redirect = |fields: &[(&str, &str)]| response(307, &[&[("Location", "/x")][..], fields].concat(), "");
        let led = |stopped| Ok(Exchange { stopped: Some(stopped), ..exchange(vec![redirect(&[])]) });
        let through = |fields: &[(&str, &str)]| {
            Ok(exchange(vec![redirect(fields), response(200, &[(ACAO, "‹origin›")], "x")]))
        };
        let name = "https://console.example.com";
        for (credentials, get, preflight, want) in [
            (false, reflects(), good(), (Pass, "ORIGIN may read")),
            (true, reflects_with_credentials(), good(), (Pass, "ORIGIN may read")),
            (false, plain(&[(ACAO, "*")]), good(), (Pass, "ORIGIN may read")),
            (
                true,
                plain(&[(ACAO, "*"), CREDENTIALS]),
                good(),
                (Fail, "ORIGIN is not allowed with credentials by GET: 200"),
            ),
            (true, reflects(), good(), (Fail, "ORIGIN is not allowed with credentials by GET: 200")),
            (false, plain(&[]), good(), (Fail, "ORIGIN is not allowed by GET: 200")),
            (false, ok(response(401, &[], "x")), good(), (Fail, "ORIGIN is not allowed by GET: 401")),
            (
                false,
                plain(&[(ACAO, "‹origin›"), (ACAO, "‹origin›")]),
                good(),
                (Fail, "ORIGIN is not allowed by GET: 2 origins are named at once"),
            ),
            (
                false,
                reflects(),
                ok(response(400, &[(ACAO, "‹origin›")], "x")),
                (Fail, "ORIGIN is not allowed by the preflight: 400"),
            ),
            (false, reflects(), preflight(&[HEADERS]), (Fail, "ORIGIN may not use PUT")),
            (false, reflects(), preflight(&[METHODS]), (Fail, "ORIGIN may not send Authorization with PUT")),
            (
                false,
                reflects(),
                ok(redirect(&[(ACAO, "‹origin›")])),
                (Fail, "the preflight of ORIGIN is redirected, which browsers refuse"),
            ),
            (false, led(Stopped::OffSite), ok(redirect(&[])), (Skip, "leads elsewhere")),
            (false, through(&[(ACAO, "‹origin›")]), good(), (Pass, "ORIGIN may read")),
            (false, through(&[]), good(), (Fail, "ORIGIN is not allowed by GET: 307")),
            (false, Err(timeout()), good(), (Unknown, "no answer in 5 s")),
            (false, ok(response(502, &[], "x")), good(), (Unknown, "answers 502")),
            (false, led(Stopped::Error(timeout())), good(), (Unknown, "no answer in 5 s")),
        ] {
            let mut spec = written(&[name]);
            spec.cors.credentials = credentials;
            spec.cors.headers = vec!["Authorization".into()];
            let got = own(&spec, get.clone(), preflight.clone());
            assert_eq!(got, (want.0, want.1.replace("ORIGIN", name)), "{get:?} {preflight:?}");
        }
    }

    #[test]
    fn no_written_origin_is_said_with_its_reason() {
        let page = |outcome: Outcome| seen([(question(Ask::Visit, "/"), outcome)]);
        let html = || ok(response(200, &[("Content-Type", "text/html")], "page"));
        let console = || written(&["https://console.example.com"]);
        for (spec, outcome, want) in [
            (spec(), html(), (Skip, "no origin is written in cors.origins")),
            (
                written(&["https://app.example.com"]),
                html(),
                (Skip, "no written origin is another than the site's own"),
            ),
            (
                written(&["https://*.example.org"]),
                html(),
                (Skip, "no written origin is another than the site's own"),
            ),
            (console(), html(), (Skip, "no path that programs are answered on")),
            (console(), Err(timeout()), (Unknown, "no answer in 5 s")),
            (console(), plain(&[]), (Unknown, "no written origin was asked")),
        ] {
            let verdicts = allowed_everywhere(&spec, &page(outcome));
            assert_eq!(crate::judge::tests::said(&verdicts), [want]);
        }
    }
}
