//! Whether the host behind a content delivery network lets visitors pass it by.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{is_application, shut_out};
use crate::judge::https::location::{Owner, location, owner};
use crate::judge::vantage::{is_doubtful, published};
use crate::judge::{Word, fail, given, pass, unknown};
use crate::observation::{Ask, ErrorKind, Exchange, Http, Knock, Observation, PortState, Seen};
use crate::spec::Spec;
use crate::target::{Family, Scheme};

/// An address that the owner wrote and that no name of the site leads to.
pub(super) fn is_hidden(spec: &Spec, seen: &Seen, ip: IpAddr) -> bool {
    spec.origin.contains(&ip) && !published(spec, seen).contains(&ip)
}

/// The web ports of each address under `origin` do not serve the application to us.
pub(super) fn refuses_world(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let skip = |why: &str| Verdict::new(Subject::Site, Status::Skip, why);
    if spec.origin.is_empty() {
        return vec![skip("no origin is written: the site's own addresses serve it")];
    }
    let asked = spec.origin.iter().filter(|ip| spec.scope.looks_at(Family::of(**ip)));
    let doors = asked.flat_map(|ip| [spec.ports.http, spec.site.port].map(|port| (*ip, port)));
    let verdicts: Vec<Verdict> = doors.map(|(ip, port)| door(spec, seen, ip, port)).collect();
    if verdicts.is_empty() {
        vec![skip("the addresses of origin are of a family left out by hand")]
    } else {
        verdicts
    }
}

fn door(spec: &Spec, seen: &Seen, ip: IpAddr, port: u16) -> Verdict {
    let subject = Subject::Port(port, ip);
    let Some(knock) = seen.asked::<Knock>().find(|o| o.question.at == (ip, port).into()) else {
        return Verdict::new(subject, Status::Unknown, "was not asked from here");
    };
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Direct);
    let here = asked.filter(|o| o.question.at.socket() == knock.question.at);
    let words: Vec<(Word, String)> = here.map(|o| (answer(spec, seen, o), o.id())).collect();
    let verdict = given(knock, subject.clone(), |state| match state {
        PortState::Refused => pass("refuses connections"),
        PortState::Rejected { offender } if is_doubtful(spec, seen, *offender, ip) => unknown(format!(
            "is rejected by {offender}, which is no address of the internet: perhaps our own side"
        )),
        PortState::Rejected { offender } => pass(format!("is rejected by {offender}")),
        PortState::Filtered => pass("is silent to us"),
        PortState::Open { reset: true, .. } => pass("resets connections"),
        PortState::Open { .. } => unknown("takes connections, and was not asked for the site"),
    });
    let is_open = matches!(knock.outcome, Ok(PortState::Open { reset: false, .. }));
    let evidence: Vec<String> = words.iter().map(|(_, id)| id.clone()).collect();
    let verdict = match words.into_iter().min_by_key(|((status, _), _)| Reverse(*status)) {
        Some(((status, message), _)) if is_open => Verdict::new(subject, status, message).resting_on(evidence),
        _ => verdict,
    };
    if verdict.status == Status::Fail {
        verdict.expected(spec.promised("no answer of the application", "origin"))
    } else {
        verdict
    }
}

fn answer(spec: &Spec, seen: &Seen, o: &Observation<Http>) -> Word {
    let exchange = match &o.outcome {
        Ok(exchange) => exchange,
        Err(error) => {
            return match error.kind {
                // RFC 8446 §4.4.2.4: without a certificate of the client's, `certificate_required`.
                ErrorKind::Alert(_) | ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Refused => {
                    pass(error.to_string())
                }
                _ => unknown(error.to_string()),
            };
        }
    };
    let Some(base) = visit(spec, seen, &o.question) else {
        let status = exchange.first().status;
        return unknown(format!("answers {status}, and no answer of the site is there to compare with"));
    };
    let (theirs, got) = (base.first().status, exchange.first());
    match got.status {
        _ if shut_out(got).is_some() => unknown(shut_out(got).unwrap_or_default()),
        403 if theirs != 403 => pass("answers 403"),
        status if is_application(base, None, got) && status != 403 => fail(format!(
            "the application answers {status} to GET {} without the network before it",
            o.question.path
        )),
        403 => unknown("answers 403, and so does the site"),
        status @ 400..=499 => pass(format!("answers {status}, which is not the application")),
        status if leads_back(spec, o, exchange) => pass(format!("{status} leads to the site's own name")),
        status => unknown(format!("answers {status}, which may be the application or another page")),
    }
}

/// Plain HTTP that sends the visitor to https at the site's own name, and so to the network.
fn leads_back(spec: &Spec, o: &Observation<Http>, exchange: &Exchange) -> bool {
    let to = location(&exchange.hops[0]);
    o.question.at.scheme == Scheme::Http
        && to.is_some_and(|to| to.scheme() == "https" && owner(spec, &to) == Owner::Site)
}

/// The same page as visitors see it, at whichever address it answers.
pub(super) fn visit<'a>(spec: &Spec, seen: &'a Seen, direct: &Http) -> Option<&'a Exchange> {
    let is_its = |o: &&Observation<Http>| {
        let Http { at, path, ask, .. } = &o.question;
        *ask == Ask::Visit && at.host == spec.site.host && *path == direct.path
    };
    let same_address = |o: &&Observation<Http>| o.question.at.ip == direct.at.ip;
    let visits = || seen.asked::<Http>().filter(is_its);
    let here = visits().filter(same_address).find_map(|o| o.outcome.as_ref().ok());
    here.or_else(|| visits().find_map(|o| o.outcome.as_ref().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question};
    use crate::judge::tests::{lookup, open, seen_from, spec, timeout};
    use crate::observation::{Fact, Greet, ProbeError, Response, Stage, Vantage};
    use crate::target::Endpoint;

    const IP: &str = "198.51.100.7";

    fn knocked(port: u16, state: PortState) -> Fact {
        let at = std::net::SocketAddr::from((IP.parse::<IpAddr>().unwrap(), port));
        fact(Knock { at, greet: Greet::Nothing, beside: None }, Ok(state))
    }

    fn direct(scheme: Scheme, outcome: Result<Response, ProbeError>) -> Fact {
        let port = scheme.default_port();
        let visit = question(Ask::Direct, "/");
        let at = Endpoint { ip: IP.parse().unwrap(), scheme, port, ..visit.at.clone() };
        let outcome = outcome.map(|answer| {
            let mut told = exchange(vec![answer]);
            told.hops[0].request.origin = at.origin().to_string();
            told
        });
        fact(Http { at, ..visit }, outcome)
    }

    fn said(facts: impl IntoIterator<Item = Fact>) -> Vec<(Status, String)> {
        let mut spec = spec();
        spec.origin = vec![IP.parse().unwrap()];
        let page = exchange(vec![response(200, &[], "welcome to the shop")]);
        let usual =
            [lookup("app.example.com", Family::V4, &["203.0.113.7"]), fact(question(Ask::Visit, "/"), Ok(page))];
        let seen = seen_from(Vantage::default(), usual.into_iter().chain(facts));
        refuses_world(&spec, &seen).into_iter().map(|v| (v.status, v.message)).collect()
    }

    #[test]
    fn a_port_that_takes_no_connection_serves_nobody() {
        for (state, status, message) in [
            (PortState::Refused, Status::Pass, "refuses connections"),
            (PortState::Filtered, Status::Pass, "is silent to us"),
            (PortState::Rejected { offender: IP.parse().unwrap() }, Status::Pass, "is rejected by 198.51.100.7"),
            (
                PortState::Rejected { offender: "192.168.0.1".parse().unwrap() },
                Status::Unknown,
                "is rejected by 192.168.0.1, which is no address of the internet: perhaps our own side",
            ),
            (PortState::Open { greeting: None, reset: true }, Status::Pass, "resets connections"),
            (open(), Status::Unknown, "takes connections, and was not asked for the site"),
        ] {
            let both = said([knocked(80, PortState::Refused), knocked(443, state)]);
            assert_eq!(both, [(Status::Pass, "refuses connections".into()), (status, message.into())]);
        }
        assert_eq!(said([])[0], (Status::Unknown, "was not asked from here".into()));
    }

    #[test]
    fn what_answers_must_not_be_the_application() {
        let failed = |kind, words: &str| Err(ProbeError::new(Stage::Exchange, kind, words));
        let to = |location| Ok(response(308, &[("Location", location)], ""));
        let (http, https) = (Scheme::Http, Scheme::Https);
        for (scheme, outcome, status, message) in [
            (
                https,
                Ok(response(200, &[], "welcome to the shop")),
                Status::Fail,
                "the application answers 200 to GET / without the network before it",
            ),
            (https, Ok(response(403, &[], "forbidden")), Status::Pass, "answers 403"),
            (https, Ok(response(404, &[], "nothing")), Status::Pass, "answers 404, which is not the application"),
            (
                https,
                Ok(response(200, &[], "Welcome to nginx!")),
                Status::Unknown,
                "answers 200, which may be the application or another page",
            ),
            (
                https,
                to("https://app.example.com/"),
                Status::Unknown,
                "answers 308, which may be the application or another page",
            ),
            (http, to("https://app.example.com/"), Status::Pass, "308 leads to the site's own name"),
            (
                http,
                to("https://other.example/"),
                Status::Unknown,
                "answers 308, which may be the application or another page",
            ),
            (
                https,
                Ok(response(502, &[], "")),
                Status::Unknown,
                "answers 502, which may be the application or another page",
            ),
            (https, Ok(response(429, &[], "")), Status::Unknown, "429: the site limits how often we may ask"),
            (
                https,
                failed(ErrorKind::Alert("certificate_required".into()), "the server ends TLS with the alert x"),
                Status::Pass,
                "the server ends TLS with the alert x",
            ),
            (http, failed(ErrorKind::Closed, "closed"), Status::Pass, "closed"),
            (https, Err(timeout()), Status::Unknown, "no answer in 5 s"),
            (https, failed(ErrorKind::NotSent, "interrupted"), Status::Unknown, "interrupted"),
        ] {
            let (here, other) = if scheme == http { (80, 443) } else { (443, 80) };
            let facts = [knocked(here, open()), knocked(other, PortState::Refused), direct(scheme, outcome)];
            assert_eq!(said(facts)[usize::from(scheme == https)], (status, message.into()));
        }
    }

    #[test]
    fn the_site_s_own_403_tells_nothing() {
        let mut spec = spec();
        spec.origin = vec![IP.parse().unwrap()];
        let wall = || response(403, &[], "forbidden");
        let facts = [
            fact(question(Ask::Visit, "/"), Ok(exchange(vec![wall()]))),
            knocked(80, PortState::Refused),
            knocked(443, open()),
            direct(Scheme::Https, Ok(wall())),
        ];
        let verdicts = refuses_world(&spec, &seen_from(Vantage::default(), facts));
        assert_eq!(verdicts[1].status, Status::Unknown);
    }
}
