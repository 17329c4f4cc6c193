//! The `www.` name or apex that nobody declared, where it leads to the site.

use super::door::shut;
use super::location::{Owner, location, owner};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{control, shut_out};
use crate::judge::certificate;
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Addresses, Ask, ErrorKind, Exchange, Http, Lookup, Observation, Seen, Session};
use crate::spec::{Sibling, Spec};
use crate::target::Endpoint;

/// Who types it must not meet a warning, or a page in clear.
pub(super) fn secured(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let siblings = spec.siblings();
    if siblings.is_empty() {
        let message = "no name of the site has a sibling that is not declared";
        return vec![Verdict::new(Subject::Site, Status::Skip, message)];
    }
    siblings.iter().flat_map(|sibling| beside(spec, seen, sibling)).collect()
}

fn beside(spec: &Spec, seen: &Seen, sibling: &Sibling) -> Vec<Verdict> {
    let here = |at: &Endpoint| at.host == sibling.origin.host;
    let mut verdicts: Vec<Verdict> = seen
        .asked::<Session>()
        .filter(|o| here(&o.question.at))
        .map(|o| {
            let at = &o.question.at;
            let mut upgrades = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Sibling);
            let upgrade = upgrades.find(|o| o.question.at.host == at.host && o.question.at.ip == at.ip);
            let (status, message) = match shown(spec, seen, o) {
                (Status::Pass, shown) => {
                    upgrade.map_or_else(|| unknown("was not asked"), |o| led(spec, seen, sibling, o, &shown))
                }
                word => word,
            };
            let subject = Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip };
            Verdict::new(subject, status, message).resting_on([o.id()]).resting_on(upgrade.map(Observation::id))
        })
        .collect();
    if verdicts.is_empty() {
        let (status, message) = elsewhere(seen, sibling);
        verdicts.push(Verdict::new(Subject::Name(sibling.origin.host.to_string()), status, message));
    }
    verdicts
}

/// Its certificate, judged as that of a name of the site is.
fn shown(spec: &Spec, seen: &Seen, o: &Observation<Session>) -> Word {
    let at = &o.question.at;
    match &o.outcome {
        Err(error) if matches!(error.kind, ErrorKind::Alert(_)) => fail(error.to_string()),
        Err(error) => unknown(error.to_string()),
        Ok(_) => match certificate::flaw(spec, seen, at) {
            Some(why) => fail(why),
            None => pass("its certificate is valid"),
        },
    }
}

/// What its plain HTTP answers.
fn led(spec: &Spec, seen: &Seen, sibling: &Sibling, o: &Observation<Http>, shown: &str) -> Word {
    let error = match &o.outcome {
        Ok(exchange) => return answered(spec, exchange, shown),
        Err(error) => error,
    };
    // The plain request that a negative rests on was asked by the declared name.
    let declared = Endpoint { host: sibling.of.host.clone(), ..o.question.at.clone() };
    match (shut(spec, seen, o, error), control(spec, seen, &declared)) {
        ((Status::Pass, _), Err(word)) => word,
        ((Status::Pass, _), Ok(())) if error.kind == ErrorKind::Refused => {
            pass(format!("{shown}, and plain http is refused"))
        }
        ((Status::Pass, _), Ok(())) => pass(format!("{shown}, and plain http is not answered")),
        (word, _) => word,
    }
}

fn answered(spec: &Spec, exchange: &Exchange, shown: &str) -> Word {
    let status = exchange.first().status;
    if let Some(why) = shut_out(exchange.first()) {
        return unknown(why);
    }
    match location(&exchange.hops[0]) {
        Some(to) if to.scheme() == "https" && owner(spec, &to) != Owner::Other => {
            pass(format!("{shown}, and plain http leads to {}", to.origin().ascii_serialization()))
        }
        Some(to) => fail(format!("{status} over plain http leads to {}", to.origin().ascii_serialization())),
        None if status < 300 => fail(format!("{status} over plain http")),
        None if status < 400 => fail(format!("{status} over plain http leads nowhere")),
        None if status < 500 => pass(format!("{shown}, and plain http answers {status}")),
        None => unknown(format!("{status} over plain http says nothing of what is served")),
    }
}

/// Why it was not asked itself.
fn elsewhere(seen: &Seen, sibling: &Sibling) -> Word {
    let of = |name: &str| {
        let lookups = seen.asked::<Lookup>().filter(|o| o.question.name == name);
        lookups.map(|o| &o.outcome).collect::<Vec<_>>()
    };
    let name = sibling.origin.host.name().unwrap_or_default();
    let nobodys = sibling.nobody.as_deref().map(of).unwrap_or_default();
    let own = of(name);
    let declared = sibling.of.host.name().map(of).unwrap_or_default();
    let error = own.iter().chain(&nobodys).chain(&declared).find_map(|outcome| outcome.as_ref().err());
    let leads = |all: &[&Result<Addresses, _>]| {
        all.iter().any(|outcome| outcome.as_ref().is_ok_and(|found| !found.addresses.is_empty()))
    };
    match error {
        _ if own.is_empty() => skip("the addresses of the site were given by hand"),
        Some(error) => unknown(error.to_string()),
        None if !leads(&own) => skip("does not exist"),
        None if leads(&nobodys) => skip("every name below this one leads to the site (wildcard DNS)"),
        None => skip("leads to other addresses than the site"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::certificate::issued::{handshake, root, trusting};
    use crate::judge::headers::tests::{fact, question};
    use crate::judge::tests::{lookup, seen_from, timeout};
    use crate::observation::{Fact, ProbeError, Response, Stage, Vantage};
    use crate::target::{Family, Scheme};

    const WWW: &str = "www.app.example.com";
    const NOBODY: &str = "golive-no-such-name.app.example.com";

    fn at(scheme: Scheme) -> Endpoint {
        let at = question(Ask::Visit, "/").at;
        Endpoint { scheme, host: WWW.parse().unwrap(), port: scheme.default_port(), ..at }
    }

    fn session(chain: &[Vec<u8>]) -> Fact {
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let handshake = handshake(&chain);
        fact(Session::of(at(Scheme::Https)), Ok(handshake))
    }

    fn upgrade(outcome: Result<Response, ProbeError>) -> Fact {
        let question = Http { at: at(Scheme::Http), ..question(Ask::Sibling, "/") };
        fact(
            question,
            outcome.map(|answer| {
                let mut told = exchange(vec![answer]);
                told.hops[0].request.origin = format!("http://{WWW}");
                told
            }),
        )
    }

    fn names(own: &[&str], nobodys: &[&str]) -> [Fact; 3] {
        [
            lookup("app.example.com", Family::V4, &["203.0.113.7"]),
            lookup(WWW, Family::V4, own),
            lookup(NOBODY, Family::V4, nobodys),
        ]
    }

    #[test]
    fn a_sibling_that_leads_here_has_a_certificate_and_a_redirect() {
        let authority = root("Root");
        let spec = trusting(&authority);
        let good = || session(&[authority.leaf(&[WWW], |_| {})]);
        let other = || session(&[authority.leaf(&["app.example.com"], |_| {})]);
        let to = |location| Ok(response(301, &[("Location", location)], ""));
        let error = |stage, kind, words: &str| Err(ProbeError::new(stage, kind, words));
        let (connect, here) = (Stage::Connect, "https://app.example.com/");
        for (session, answer, status, message) in [
            (
                good(),
                to(here),
                Status::Pass,
                "its certificate is valid, and plain http leads to https://app.example.com",
            ),
            (other(), to(here), Status::Fail, "certificate names app.example.com, not www.app.example.com"),
            (good(), Ok(response(200, &[], "hello")), Status::Fail, "200 over plain http"),
            (good(), to("https://evil.test/"), Status::Fail, "301 over plain http leads to https://evil.test"),
            (
                good(),
                to("http://app.example.com/"),
                Status::Fail,
                "301 over plain http leads to http://app.example.com",
            ),
            (
                good(),
                Ok(response(404, &[], "")),
                Status::Pass,
                "its certificate is valid, and plain http answers 404",
            ),
            (
                good(),
                Ok(response(502, &[], "")),
                Status::Unknown,
                "502 over plain http says nothing of what is served",
            ),
            (
                good(),
                error(connect, ErrorKind::Refused, "refused"),
                Status::Pass,
                "its certificate is valid, and plain http is refused",
            ),
            (good(), Err(timeout()), Status::Unknown, "no answer in 5 s"),
            (
                fact(
                    Session::of(at(Scheme::Https)),
                    Err(ProbeError::new(Stage::Handshake, ErrorKind::Alert("x".into()), "alert")),
                ),
                to(here),
                Status::Fail,
                "alert",
            ),
            (fact(Session::of(at(Scheme::Https)), Err(timeout())), to(here), Status::Unknown, "no answer in 5 s"),
        ] {
            let page = || Ok(exchange(vec![response(200, &[], "welcome")]));
            let visits = [Ask::Visit, Ask::Again].map(|ask| fact(question(ask, "/"), page()));
            let facts = names(&["203.0.113.7"], &[]).into_iter().chain(visits).chain([session, upgrade(answer)]);
            let verdicts = secured(&spec, &seen_from(Vantage::default(), facts));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.message.as_str()), (status, message));
            assert_eq!(verdict.subject.to_string(), "GET https://www.app.example.com [203.0.113.7]");
        }
    }

    #[test]
    fn a_sibling_that_leads_elsewhere_is_nobodys_matter() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let failed = || fact(Lookup { name: NOBODY.into(), family: Family::V6 }, Err(timeout()));
        let wildcard = "every name below this one leads to the site (wildcard DNS)";
        for (facts, status, message) in [
            (names(&[], &[]).to_vec(), Status::Skip, "does not exist"),
            (names(&["203.0.113.9"], &[]).to_vec(), Status::Skip, "leads to other addresses than the site"),
            (names(&["203.0.113.7"], &["203.0.113.7"]).to_vec(), Status::Skip, wildcard),
            (
                names(&["203.0.113.7"], &[]).into_iter().chain([failed()]).collect(),
                Status::Unknown,
                "no answer in 5 s",
            ),
            (vec![], Status::Skip, "the addresses of the site were given by hand"),
        ] {
            let verdicts = secured(&spec, &seen_from(Vantage::default(), facts));
            let said: Vec<_> = verdicts.iter().map(|v| (v.status, v.message.as_str())).collect();
            assert_eq!(said, [(status, message)]);
        }
    }
}
