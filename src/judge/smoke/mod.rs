//! Does the application work?

pub(super) mod steps;

use super::answered::{comes_and_goes, control, off_site, shut_out, subject};
use super::{Check, Word, check, fail, given, pass, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{
    Addresses, Ask, ErrorKind, Exchange, Http, Lookup, Observation, ProbeError, Seen, Stage, Stopped,
};
use crate::spec::Spec;

pub(super) const CHECKS: &[Check] = &[
    check!("smoke/names-resolve", names_resolve),
    check!("smoke/site-answers", site_answers),
    check!("smoke/smoke-step-passes", steps::step_passes),
];

fn names_resolve(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let names = spec.origins().filter_map(|origin| origin.host.name());
    let mut verdicts: Vec<Verdict> = names.map(|name| resolves(spec, seen, name)).collect();
    if verdicts.is_empty() {
        verdicts.push(Verdict::new(Subject::Site, Status::Skip, "the site is an address"));
    }
    verdicts
}

fn resolves(spec: &Spec, seen: &Seen, name: &str) -> Verdict {
    let subject = Subject::Name(name.into());
    let lookups: Vec<&Observation<Lookup>> = seen.asked::<Lookup>().filter(|o| o.question.name == name).collect();
    if let Some(o) = lookups.iter().find(|o| o.outcome.is_err()) {
        return given(o, subject, |_| unknown("no answer"));
    }
    let ids = lookups.iter().map(|o| o.id());
    let answers: Vec<&Addresses> = lookups.iter().filter_map(|o| o.outcome.as_ref().ok()).collect();
    let (status, message) = resolution(spec, &answers);
    let verdict = Verdict::new(subject, status, message).resting_on(ids);
    match answers.iter().any(|answer| answer.pinned) {
        true => verdict.declared(format!("addresses of {name} given by --resolve")),
        false => verdict,
    }
}

fn resolution(spec: &Spec, answers: &[&Addresses]) -> Word {
    let count: usize = answers.iter().map(|answer| answer.addresses.len()).sum();
    let most = answers.iter().map(|answer| answer.addresses.len()).max().unwrap_or(0);
    let dangling = answers.iter().flat_map(|answer| answer.aliases.last()).next();
    match (count, dangling) {
        _ if answers.is_empty() => unknown("nothing was asked"),
        (0, _) if spec.scope.family.is_some() && !answers.iter().any(|answer| answer.absent) => {
            unknown("has no address of the family that was asked")
        }
        (0, Some(alias)) => fail(format!("leads to {alias}, which has no address")),
        (0, None) if answers.iter().any(|answer| answer.absent) => fail("does not exist (NXDOMAIN)"),
        (0, None) => fail("has no address"),
        _ if most > Lookup::MOST_ADDRESSES => {
            unknown(format!("has {most} addresses, of which {} are looked at", Lookup::MOST_ADDRESSES))
        }
        (count, _) => pass(format!("has {count} address{}", if count == 1 { "" } else { "es" })),
    }
}

/// `/` and each configured path answers at each address.
fn site_answers(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let visits = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit);
    let verdicts = visits.map(|o| match &o.outcome {
        Err(error) if is_silent(error) => {
            let (status, message) = silent(spec, seen, o, error);
            Verdict::new(subject(&o.question), status, message).resting_on([o.id()])
        }
        Ok(exchange) if exchange.stopped.is_none() && is_wall(exchange.last().response.status) => {
            let verdict = given(o, subject(&o.question), |exchange| answer(spec, seen, o, exchange));
            if verdict.status == Status::Pass { verdict.unseen() } else { verdict }
        }
        _ => given(o, subject(&o.question), |exchange| answer(spec, seen, o, exchange)),
    });
    verdicts.collect()
}

/// The server took the connection, and then did not answer.
fn is_silent(error: &ProbeError) -> bool {
    let is_theirs = matches!(
        error.kind,
        ErrorKind::Timeout | ErrorKind::Closed | ErrorKind::Reset | ErrorKind::Alert(_) | ErrorKind::Malformed
    );
    is_theirs && matches!(error.stage, Stage::Handshake | Stage::Exchange)
}

/// One silence may be chance or our own way. It is the site's where the path is never answered at the address, whatever
/// was asked of it, while another path there, or another address, is answered before and afterwards.
fn silent(spec: &Spec, seen: &Seen, o: &Observation<Http>, error: &ProbeError) -> Word {
    let same =
        |other: &&Observation<Http>| other.question.at == o.question.at && other.question.path == o.question.path;
    let asked: Vec<&Observation<Http>> = seen.asked::<Http>().filter(same).collect();
    let is_chance = asked.len() < 2 || asked.iter().any(|other| !other.outcome.as_ref().is_err_and(is_silent));
    let visits = seen.asked::<Http>().filter(|other| other.question.ask == Ask::Visit);
    let mut beside = visits.filter(|other| {
        let (there, here) = (&other.question, &o.question);
        let is_near = there.at == here.at || there.path == here.path && there.at.host == here.at.host;
        is_near && other.outcome.is_ok()
    });
    match beside.find(|other| !is_chance && control(spec, seen, &other.question.at).is_ok()) {
        Some(other) if other.question.at == o.question.at => {
            fail(format!("is never answered, though {} is: {error}", other.question.path))
        }
        Some(other) => fail(format!("is never answered, though {} answers: {error}", other.question.at.ip)),
        None => unknown(error.to_string()),
    }
}

fn answer(spec: &Spec, seen: &Seen, o: &Observation<Http>, exchange: &Exchange) -> Word {
    let last = &exchange.last().response;
    if let Some(why) = shut_out(last) {
        return unknown(why);
    }
    if let Some(word) = comes_and_goes(seen, &o.question, last) {
        return word;
    }
    match (last.status, &exchange.stopped) {
        (_, Some(Stopped::Error(error))) => unknown(error.to_string()),
        (_, Some(Stopped::Loop | Stopped::TooMany)) => fail("redirects without end"),
        (status, Some(Stopped::OffSite)) => pass(format!("answers {status} and {}", off_site(exchange))),
        (status, Some(Stopped::PlainHttp)) => pass(format!("answers {status} and leads to plain http")),
        (status, None) if is_wall(status) => {
            pass(format!("answers {status}, and what it shows after signing in is not seen"))
        }
        (404, None) if o.question.path == "/" && !spec.lines.contains_key("paths") => leaning(seen, &o.question),
        (status @ ..=399, None) => pass(format!("answers {status}")),
        (status, None) => fail(format!("answers {status}")),
    }
}

fn is_wall(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// Nobody named a path, and `/` has nothing: a common health path will do.
fn leaning(seen: &Seen, root: &Http) -> Word {
    let asked = || seen.asked::<Http>().filter(|o| o.question.ask == Ask::Health && o.question.at == root.at);
    let is_well = |o: &&Observation<Http>| o.outcome.as_ref().is_ok_and(|exchange| exchange.first().status == 200);
    match (asked().find(is_well), asked().find_map(|o| o.outcome.as_ref().err())) {
        (Some(o), _) => pass(format!("answers 404, and {} answers 200", o.question.path)),
        (None, Some(error)) => unknown(format!("answers 404, and a health path has no answer: {error}")),
        (None, None) => unknown("answers 404, and no common health path answers: name a path in golive.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question, seen};
    use crate::judge::tests::{seen_from, spec, timeout};
    use crate::observation::{Claim, ErrorKind, ProbeError, Response, Stage, Vantage};
    use crate::target::Family;

    const NAME: &str = "app.example.com";

    fn found(count: u8, aliases: &[&str], absent: bool) -> Addresses {
        let addresses = (1..=count).map(|last| [203, 0, 113, last].into()).collect();
        let aliases = aliases.iter().map(ToString::to_string).collect();
        Addresses { addresses, aliases, absent, pinned: false }
    }

    #[test]
    fn a_name_resolves_dangles_or_does_not_exist() {
        use Status::{Fail, Pass, Unknown};
        let servfail = || Err(ProbeError::new(Stage::Resolve, ErrorKind::Malformed, "SERVFAIL"));
        let nothing = || Ok(found(0, &[], false));
        for (v4, v6, narrowed, want) in [
            (Ok(found(1, &[], false)), nothing(), false, (Pass, "has 1 address")),
            (Ok(found(2, &["cdn.example.net"], false)), nothing(), false, (Pass, "has 2 addresses")),
            (nothing(), nothing(), false, (Fail, "has no address")),
            (Ok(found(0, &[], true)), Ok(found(0, &[], true)), false, (Fail, "does not exist (NXDOMAIN)")),
            (
                Ok(found(0, &["old.example.net"], true)),
                nothing(),
                false,
                (Fail, "leads to old.example.net, which has no address"),
            ),
            (
                Ok(found(0, &["old.example.net"], false)),
                Ok(found(0, &["old.example.net"], false)),
                false,
                (Fail, "leads to old.example.net, which has no address"),
            ),
            (Ok(found(1, &[], false)), servfail(), false, (Unknown, "SERVFAIL")),
            (servfail(), servfail(), false, (Unknown, "SERVFAIL")),
            (Ok(found(64, &[], false)), nothing(), false, (Pass, "has 64 addresses")),
            (
                Ok(found(65, &[], false)),
                nothing(),
                false,
                (Unknown, "has 65 addresses, of which 64 are looked at"),
            ),
            (nothing(), nothing(), true, (Unknown, "has no address of the family that was asked")),
            (
                Ok(found(0, &["v6.example.net"], false)),
                nothing(),
                true,
                (Unknown, "has no address of the family that was asked"),
            ),
            (Ok(found(0, &[], true)), nothing(), true, (Fail, "does not exist (NXDOMAIN)")),
        ] {
            let mut spec = spec();
            spec.scope.family = narrowed.then_some(Family::V4);
            let lookup = |family, outcome| fact(Lookup { name: NAME.into(), family }, outcome);
            let facts = [lookup(Family::V4, v4), lookup(Family::V6, v6)];
            let verdicts = names_resolve(&spec, &seen_from(Vantage::default(), facts));
            assert_eq!(crate::judge::tests::said(&verdicts), [want]);
        }
    }

    #[test]
    fn every_name_counts_and_a_given_address_is_the_owners_word() {
        let mut spec = spec();
        spec.aliases = vec!["www.example.com".parse().unwrap(), "203.0.113.9".parse().unwrap()];
        let pinned = Addresses { pinned: true, ..found(1, &[], false) };
        let facts = [fact(Lookup { name: NAME.into(), family: Family::V4 }, Ok(pinned))];
        let verdicts = names_resolve(&spec, &seen_from(Vantage::default(), facts));
        let got: Vec<(Status, Option<&str>)> =
            verdicts.iter().map(|v| (v.status, v.declared.as_deref())).collect();
        let given = Some("addresses of app.example.com given by --resolve");
        assert_eq!(got, [(Status::Pass, given), (Status::Unknown, None)]);
        let address = Spec::of("203.0.113.7".parse().unwrap());
        assert_eq!(names_resolve(&address, &seen([]))[0].status, Status::Skip);
    }

    fn led(stopped: Stopped) -> Result<Exchange, ProbeError> {
        let hop = response(302, &[("Location", "https://idp.test/x")], "");
        Ok(Exchange { stopped: Some(stopped), ..exchange(vec![hop]) })
    }

    fn ok(answer: Response) -> Result<Exchange, ProbeError> {
        Ok(exchange(vec![answer]))
    }

    #[test]
    fn a_path_answers_a_visitor() {
        use Status::{Fail, Pass, Unknown};
        let status = |status| ok(response(status, &[], "x"));
        for (outcome, want) in [
            (status(200), (Pass, "answers 200")),
            (status(204), (Pass, "answers 204")),
            (status(304), (Pass, "answers 304")),
            (status(401), (Pass, "answers 401, and what it shows after signing in is not seen")),
            (status(403), (Pass, "answers 403, and what it shows after signing in is not seen")),
            (status(404), (Fail, "answers 404")),
            (status(410), (Fail, "answers 410")),
            (status(500), (Fail, "answers 500")),
            (status(503), (Fail, "answers 503")),
            (
                ok(response(503, &[("Retry-After", "60")], "x")),
                (Unknown, "503 with Retry-After: the site asks us to come later"),
            ),
            (status(429), (Unknown, "429: the site limits how often we may ask")),
            (
                ok(response(403, &[("cf-mitigated", "challenge")], "x")),
                (Unknown, "403: a challenge page stands before the site"),
            ),
            (led(Stopped::Loop), (Fail, "redirects without end")),
            (led(Stopped::TooMany), (Fail, "redirects without end")),
            (led(Stopped::OffSite), (Pass, "answers 302 and leads off the site, to https://idp.test")),
            (led(Stopped::PlainHttp), (Pass, "answers 302 and leads to plain http")),
            (led(Stopped::Error(timeout())), (Unknown, "no answer in 5 s")),
            (Err(timeout()), (Unknown, "no answer in 5 s")),
        ] {
            let verdicts = site_answers(&spec(), &seen([(question(Ask::Visit, "/login"), outcome.clone())]));
            assert_eq!(crate::judge::tests::said(&verdicts), [want], "{outcome:?}");
            assert_eq!(verdicts[0].unseen, want.1.ends_with("is not seen"));
        }
    }

    #[test]
    fn an_error_that_others_do_not_get_is_a_limit() {
        use Status::{Fail, Unknown};
        let asked = |ask, path: &str, status| {
            let mut exchange = exchange(vec![response(status, &[], "x")]);
            exchange.hops[0].request.target = path.into();
            (question(ask, path.split('?').next().unwrap()), Ok(exchange))
        };
        let origin = |preflight| Ask::Origin { claim: Claim::Null, preflight, round: 0 };
        let by_turns = |path| (Unknown, format!("answers 503, and {path} gets 200 and 503 by turns"));
        let error = |status| (Fail, format!("answers {status}"));
        for (visit, others, want) in [
            (503, vec![asked(Ask::Again, "/a", 200)], by_turns("/a")),
            (503, vec![asked(origin(None), "/a?golive=7", 200)], by_turns("/a")),
            (503, vec![asked(Ask::Visit, "/b", 200), asked(Ask::Again, "/b", 503)], by_turns("/b")),
            (503, vec![asked(Ask::Visit, "/b", 200), asked(Ask::Again, "/b", 200)], error(503)),
            (503, vec![asked(origin(Some("GET".into())), "/a", 200)], error(503)),
            (503, vec![asked(Ask::Again, "/a", 503)], error(503)),
            (500, vec![asked(Ask::Again, "/a", 200)], error(500)),
        ] {
            let seen = seen([asked(Ask::Visit, "/a", visit)].into_iter().chain(others));
            let first = site_answers(&spec(), &seen).remove(0);
            assert_eq!((first.status, first.message), want);
        }
    }

    #[test]
    fn a_silence_is_the_sites_where_it_never_ends_and_others_are_answered() {
        use Status::{Fail, Unknown};
        let good = || ok(response(200, &[], "x"));
        let late = || Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "no answer in 5 s"));
        let shut = || Err(ProbeError::new(Stage::Connect, ErrorKind::Timeout, "no connection in 3 s"));
        let claim = || Ask::Origin { claim: Claim::Null, preflight: None, round: 0 };
        let beside = |api, claimed, again| {
            let facts = [
                (question(Ask::Visit, "/"), good()),
                (question(Ask::Again, "/"), again),
                (question(Ask::Visit, "/api/health"), api),
                (question(claim(), "/api/health"), claimed),
            ];
            let verdicts = site_answers(&spec(), &seen(facts));
            (verdicts[1].status, verdicts[1].message.clone())
        };
        for (api, claimed, again, want) in [
            (late(), late(), good(), (Fail, "is never answered, though / is: no answer in 5 s")),
            (late(), good(), good(), (Unknown, "no answer in 5 s")),
            (late(), late(), late(), (Unknown, "no answer in 5 s")),
            (late(), shut(), good(), (Unknown, "no answer in 5 s")),
            (shut(), shut(), good(), (Unknown, "no connection in 3 s")),
        ] {
            assert_eq!(beside(api, claimed, again), (want.0, want.1.into()));
        }
        // One address of two ends every handshake.
        let at = |last: u8, ask, outcome| {
            let mut question = question(ask, "/");
            question.at.ip = [203, 0, 113, last].into();
            (question, outcome)
        };
        let alert =
            || Err(ProbeError::new(Stage::Handshake, ErrorKind::Closed, "closed during the TLS handshake"));
        let facts = [
            at(7, Ask::Visit, good()),
            at(7, Ask::Again, good()),
            at(8, Ask::Visit, alert()),
            at(8, Ask::Again, alert()),
        ];
        let verdicts = site_answers(&spec(), &seen(facts));
        let said = crate::judge::tests::said(&verdicts);
        let wrong = "is never answered, though 203.0.113.7 answers: closed during the TLS handshake";
        assert_eq!(said[1], (Fail, wrong));
    }

    #[test]
    fn a_root_that_nobody_named_leans_on_a_health_path() {
        use Status::{Fail, Pass, Unknown};
        let missing = || ok(response(404, &[], "x"));
        for (written, path, health, want) in [
            (false, "/", ok(response(200, &[], "ok")), (Pass, "answers 404, and /health answers 200")),
            (
                false,
                "/",
                missing(),
                (Unknown, "answers 404, and no common health path answers: name a path in golive.toml"),
            ),
            (
                false,
                "/",
                Err(timeout()),
                (Unknown, "answers 404, and a health path has no answer: no answer in 5 s"),
            ),
            (true, "/", ok(response(200, &[], "ok")), (Fail, "answers 404")),
            (false, "/a", ok(response(200, &[], "ok")), (Fail, "answers 404")),
        ] {
            let mut spec = spec();
            if written {
                spec.lines.insert("paths".into(), 3);
            }
            let answers = [(question(Ask::Visit, path), missing()), (question(Ask::Health, "/health"), health)];
            assert_eq!(crate::judge::tests::said(&site_answers(&spec, &seen(answers))), [want]);
        }
    }
}
