//! How far the policy of HTTPS alone reaches: below the site's name, and to the names beside it.

use super::door::{Door, door};
use super::hsts::{directives, policy};
use super::location::location;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{shut_out, subject};
use crate::judge::{Word, fail, given, pass, skip, unknown};
use crate::observation::{Ask, Http, Method, Observation, Response, Seen, registrable};
use crate::spec::Spec;
use crate::target::{Endpoint, Host, Scheme};

const FIELD: &str = "strict-transport-security";

/// What the preload list asks for: a year.
const PRELOAD_MAX_AGE: u64 = 31_536_000;

/// `includeSubDomains`, and what is missing for the list that browsers ship.
pub(super) fn subdomains(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if let Host::Address(_) = spec.site.host {
        return vec![Verdict::new(
            Subject::Site,
            Status::Skip,
            "the site is an address, which has no sub-domains",
        )];
    }
    let of_site = front(spec, seen).filter(|o| o.question.at.host == spec.site.host);
    let word = |at: &Endpoint, response: &Response| {
        if let (Status::Fail, _) = policy(1, response) {
            return skip("strict-transport-security does not hold here");
        }
        if !has(response, "includesubdomains") {
            return fail("includeSubDomains is absent");
        }
        match missing(spec, seen, at, response).as_slice() {
            [] => pass("includeSubDomains is set, and all that the preload list asks for"),
            missing => pass(format!("includeSubDomains is set; for the preload list {}", missing.join(", "))),
        }
    };
    of_site.map(|o| verdict(o, |response| word(&o.question.at, response))).collect()
}

/// The own answer of each alias, be it a redirect, has the field.
pub(super) fn aliases(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let names = || spec.aliases.iter().filter(|alias| alias.host.name().is_some());
    if names().next().is_none() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no alias is declared")];
    }
    let of_alias = front(spec, seen).filter(|o| names().any(|alias| alias.host == o.question.at.host));
    of_alias.map(|o| verdict(o, |response| policy(spec.headers.hsts_max_age, response))).collect()
}

/// The visits to the first path.
fn front<'a>(spec: &Spec, seen: &'a Seen) -> impl Iterator<Item = &'a Observation<Http>> {
    let path = spec.paths[0].clone();
    seen.asked::<Http>().filter(move |o| o.question.ask == Ask::Visit && o.question.path == path)
}

/// The first answer decides: browsers note the policy of the name that they asked.
fn verdict(o: &Observation<Http>, word: impl FnOnce(&Response) -> Word) -> Verdict {
    given(o, subject(&o.question), |exchange| match (shut_out(exchange.first()), exchange.first()) {
        (Some(why), _) => unknown(why),
        (None, Response { status: 500.., .. }) => {
            unknown(format!("{} says nothing of the policy", exchange.first().status))
        }
        (None, response) => word(response),
    })
}

/// RFC 6797 §8.1: only the first field counts.
fn has(response: &Response, wanted: &str) -> bool {
    response.value(FIELD).is_some_and(|field| directives(field).any(|name| name.eq_ignore_ascii_case(wanted)))
}

/// hstspreload.org, submission requirements; the redirect only where plain HTTP answers.
fn missing(spec: &Spec, seen: &Seen, at: &Endpoint, response: &Response) -> Vec<String> {
    let name = at.host.to_string();
    let mut missing = vec![];
    if let Some(parent) = registrable(&name).filter(|parent| *parent != name) {
        missing.push(format!("only {parent} as a whole can stand in it"));
    }
    if policy(PRELOAD_MAX_AGE, response).0 != Status::Pass {
        missing.push(format!("max-age is below {PRELOAD_MAX_AGE}"));
    }
    if !has(response, "preload") {
        missing.push("preload is absent".into());
    }
    missing.extend(redirect(spec, seen, at));
    missing
}

/// What plain HTTP lacks: it must lead to https on the same name.
fn redirect(spec: &Spec, seen: &Seen, at: &Endpoint) -> Option<String> {
    let at = Endpoint { scheme: Scheme::Http, port: spec.ports.http, ..at.clone() };
    let path = spec.paths[0].clone();
    let o = seen.find(&Http { at: at.clone(), method: Method::Get, path, ask: Ask::Upgrade })?;
    match door(spec, seen, o) {
        Door::Shut(_) => None,
        Door::Unclear(_) => Some("port 80 was not seen".into()),
        Door::Answered(exchange) => {
            let to = location(&exchange.hops[0]);
            let same = to.is_some_and(|to| to.scheme() == "https" && to.host_str() == Some(&at.host.to_string()));
            (!same).then(|| "port 80 does not lead to https on the same name".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{fact, question, run};
    use crate::judge::https::tests::{plain_exchange, upgrade};
    use crate::judge::tests::{said, timeout};

    const STS: &str = "Strict-Transport-Security";

    #[test]
    fn sub_domains_are_covered_by_a_directive() {
        let at = |name: &str, http: Http| Http { at: Endpoint { host: name.parse().unwrap(), ..http.at }, ..http };
        let below = "includeSubDomains is set; for the preload list";
        for (name, field, to, status, message) in [
            (
                "example.com",
                "max-age=31536000; includeSubDomains; preload",
                "https://example.com/",
                Status::Pass,
                "includeSubDomains is set, and all that the preload list asks for".to_string(),
            ),
            (
                "example.com",
                "max-age=15552000; INCLUDESUBDOMAINS",
                "https://www.example.com/",
                Status::Pass,
                format!(
                    "{below} max-age is below 31536000, preload is absent, port 80 does not lead to https on the same \
                     name"
                ),
            ),
            (
                "app.example.com",
                "max-age=31536000; includeSubDomains; preload",
                "https://app.example.com/",
                Status::Pass,
                format!("{below} only example.com as a whole can stand in it"),
            ),
            ("example.com", "max-age=31536000; preload", "", Status::Fail, "includeSubDomains is absent".into()),
            ("example.com", "max-age=0", "", Status::Skip, "strict-transport-security does not hold here".into()),
            ("example.com", "", "", Status::Skip, "strict-transport-security does not hold here".into()),
        ] {
            let spec = Spec::of(name.parse().unwrap());
            let page = exchange(vec![response(200, &[(STS, field)], "x")]);
            let moved = plain_exchange("/", response(301, &[("Location", to)], ""));
            let seen = run([
                fact(at(name, question(Ask::Visit, "/")), Ok(page)),
                fact(at(name, upgrade(Method::Get, "/")), Ok(moved)),
            ]);
            assert_eq!(said(&subdomains(&spec, &seen)), [(status, message.as_str())], "{name} {field}");
        }
        let spec = Spec::of("app.example.com".parse().unwrap());
        let silent = run([fact(question(Ask::Visit, "/"), Err(timeout()))]);
        assert_eq!(said(&subdomains(&spec, &silent)), [(Status::Unknown, "no answer in 5 s")]);
    }

    #[test]
    fn an_alias_is_covered_by_its_own_answer() {
        let mut spec = Spec::of("example.com".parse().unwrap());
        let nothing = run([]);
        assert_eq!(said(&aliases(&spec, &nothing)), [(Status::Skip, "no alias is declared")]);
        spec.aliases = vec!["app.example.com".parse().unwrap()];
        let field = [(STS, "max-age=31536000")];
        for (answers, status, message) in [
            (vec![response(301, &field, ""), response(200, &[], "x")], Status::Pass, "max-age is 31536000 s"),
            (
                vec![response(301, &[], ""), response(200, &field, "x")],
                Status::Fail,
                "strict-transport-security is absent",
            ),
            (vec![response(200, &[(STS, "max-age=5")], "x")], Status::Fail, "max-age is 5 s"),
            (vec![response(502, &[], "x")], Status::Unknown, "502 says nothing of the policy"),
        ] {
            let seen = run([fact(question(Ask::Visit, "/"), Ok(exchange(answers)))]);
            assert_eq!(said(&aliases(&spec, &seen)), [(status, message)]);
        }
    }
}
