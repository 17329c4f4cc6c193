//! The first answer of plain HTTP.

use url::Url;

use super::door::{Door, door};
use super::location::{Owner, location, owner};
use crate::finding::Verdict;
use crate::judge::answered::{baseline, control, is_application, shut_out, subject};
use crate::judge::{Word, fail, pass, skip, unknown};
use crate::observation::{Ask, Exchange, Http, Observation, Place, Seen};
use crate::spec::Spec;
use crate::target::Origin;

/// The first hop is https on a name of the site, or nothing is served.
pub(super) fn redirects(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let word = |o| match door(spec, seen, o) {
        Door::Answered(exchange) => first_answer(spec, seen, o, exchange),
        Door::Shut(why) => pass(why),
        Door::Unclear(word) => word,
    };
    asked(seen).map(|o| verdict(o, word(o))).collect()
}

/// RFC 9110 §15.4.2 and §15.4.9.
pub(super) fn permanent(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let word = |o| match door(spec, seen, o) {
        Door::Answered(exchange) => permanence(exchange),
        Door::Shut(why) => skip(why),
        Door::Unclear(word) => word,
    };
    asked(seen).map(|o| verdict(o, word(o))).collect()
}

fn permanence(exchange: &Exchange) -> Word {
    match (exchange.first().status, location(&exchange.hops[0])) {
        (status @ (301 | 308), Some(to)) if to.scheme() == "https" => pass(format!("{status} is permanent")),
        (status, Some(to)) if to.scheme() == "https" => fail(format!("{status} is not permanent")),
        (status, _) => match shut_out(exchange.first()) {
            Some(why) => unknown(why),
            None => skip(format!("{status} is no redirect to https")),
        },
    }
}

pub(super) fn asked(seen: &Seen) -> impl Iterator<Item = &Observation<Http>> {
    seen.asked::<Http>().filter(|o| o.question.ask == Ask::Upgrade)
}

pub(super) fn verdict(o: &Observation<Http>, (status, message): Word) -> Verdict {
    Verdict::new(subject(&o.question), status, message).resting_on([o.id()])
}

fn first_answer(spec: &Spec, seen: &Seen, o: &Observation<Http>, exchange: &Exchange) -> Word {
    let response = exchange.first();
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    match (response.status, location(&exchange.hops[0])) {
        (status, Some(to)) => leads(spec, status, &to),
        (status @ 200..=299, None) => {
            let refresh = response.content.links.iter().any(|link| link.place == Place::Refresh);
            let how = if refresh { " and a meta refresh" } else { "" };
            fail(format!("{status} over plain http, with {} bytes{how}", response.content.length))
        }
        (status @ 300..=399, None) => fail(format!("{status} leads nowhere")),
        (status @ 400..=499, None) => match application(spec, seen, o, exchange) {
            None => unknown(format!("{status}, and no answer over https to compare with")),
            Some(true) => fail(format!("the application answers {status} over plain http")),
            Some(false) => match control(spec, seen, &o.question.at) {
                Ok(()) => pass(format!("{status}, which is not the application")),
                Err(word) => word,
            },
        },
        (status, None) if application(spec, seen, o, exchange) == Some(true) => {
            fail(format!("the application answers {status} over plain http"))
        }
        (status, None) => unknown(format!("{status} says nothing of what is served")),
    }
}

fn leads(spec: &Spec, status: u16, to: &Url) -> Word {
    let origin = to.origin().ascii_serialization();
    if to.scheme() != "https" {
        return fail(format!("{status} leads to {origin}"));
    }
    let known = |own: &Origin| Some(own.port) == to.port_or_known_default();
    match owner(spec, to) {
        Owner::Other => fail(format!("{status} leads to {origin}, which is no name of the site")),
        Owner::Sibling => pass(format!("{status} leads to {origin}, the sibling of a declared name")),
        Owner::Site if spec.origins().any(known) => pass(format!("{status} leads to {origin}")),
        Owner::Site => pass(format!("{status} leads to {origin}, another port than the site's")),
    }
}

/// Whether the application gave this answer; `None` when there is nothing to compare with.
fn application(spec: &Spec, seen: &Seen, o: &Observation<Http>, exchange: &Exchange) -> Option<bool> {
    let visit = |path: &str| baseline(spec, seen, &Http { path: path.into(), ..o.question.clone() });
    let base = visit(&o.question.path).or_else(|| visit(&spec.paths[0]))?.outcome.as_ref().ok()?;
    Some(is_application(base, None, exchange.first()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::judge::https::tests::{plain_exchange, upgrade};
    use crate::observation::{Method, Response};

    fn judged(judge: fn(&Spec, &Seen) -> Vec<Verdict>, answer: Response) -> (Status, String) {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let page = || Ok(exchange(vec![response(200, &[], "welcome to the shop")]));
        let seen = seen([
            (question(Ask::Visit, "/"), page()),
            (question(Ask::Again, "/"), page()),
            (upgrade(Method::Get, "/"), Ok(plain_exchange("/?golive=07", answer))),
        ]);
        let verdicts = judge(&spec, &seen);
        let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(verdict.subject.to_string(), "GET http://app.example.com/ [203.0.113.7]");
        (verdict.status, verdict.message.clone())
    }

    #[test]
    fn the_first_answer_leads_to_https_or_serves_nothing() {
        let to = |status, location| response(status, &[("Location", location)], "moved");
        for (answer, status, message) in [
            (to(301, "https://app.example.com/"), Status::Pass, "301 leads to https://app.example.com"),
            (
                to(302, "https://app.example.com:8443/"),
                Status::Pass,
                "302 leads to https://app.example.com:8443, another port than the site's",
            ),
            (
                to(308, "https://www.app.example.com/"),
                Status::Pass,
                "308 leads to https://www.app.example.com, the sibling of a declared name",
            ),
            (
                to(301, "https://evil.test/"),
                Status::Fail,
                "301 leads to https://evil.test, which is no name of the site",
            ),
            (to(301, "http://www.app.example.com/"), Status::Fail, "301 leads to http://www.app.example.com"),
            (to(307, "/login"), Status::Fail, "307 leads to http://app.example.com"),
            (response(301, &[], ""), Status::Fail, "301 leads nowhere"),
            (response(200, &[], "hello"), Status::Fail, "200 over plain http, with 5 bytes"),
            (response(204, &[], ""), Status::Fail, "204 over plain http, with 0 bytes"),
            (response(404, &[], "nothing here"), Status::Pass, "404, which is not the application"),
            (
                response(404, &[], "welcome to the shop"),
                Status::Fail,
                "the application answers 404 over plain http",
            ),
            (
                response(500, &[], "welcome to the shop"),
                Status::Fail,
                "the application answers 500 over plain http",
            ),
            (response(502, &[], "bad gateway"), Status::Unknown, "502 says nothing of what is served"),
            (
                response(403, &[("cf-mitigated", "challenge")], "wait"),
                Status::Unknown,
                "403: a challenge page stands before the site",
            ),
        ] {
            assert_eq!(judged(redirects, answer), (status, message.into()));
        }
    }

    #[test]
    fn only_two_statuses_are_permanent() {
        for (status, location, want) in [
            (301, "https://app.example.com/", Status::Pass),
            (308, "https://app.example.com/", Status::Pass),
            (302, "https://app.example.com/", Status::Fail),
            (307, "https://app.example.com/", Status::Fail),
            (301, "http://app.example.com/", Status::Skip),
            (404, "https://app.example.com/", Status::Skip),
            (429, "", Status::Unknown),
        ] {
            let answer = response(status, &[("Location", location)], "");
            assert_eq!(judged(permanent, answer).0, want, "{status} {location}");
        }
    }
}
