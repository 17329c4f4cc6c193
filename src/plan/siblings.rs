//! The www name or the apex that nobody declared.

use std::net::IpAddr;

use super::names::{addresses, hosts, lookups};
use super::visits::plain;
use crate::observation::{Ask, Http, Method, Observations, Probe, Session};
use crate::spec::{Sibling, Spec};
use crate::target::Host;

/// Where the names lead; and what stands there, where it is the site's own address.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions: Vec<Probe> = vec![];
    for sibling in spec.siblings().iter().filter(|sibling| !is_given_by_hand(spec, seen, sibling)) {
        let names = sibling.origin.host.name().into_iter().chain(sibling.nobody.as_deref());
        questions.extend(names.flat_map(|name| lookups(spec, name)).map(Probe::from));
        for ip in shared(spec, seen, sibling) {
            let at = sibling.origin.at(ip);
            let upgrade = Http { at: plain(spec, &at), method: Method::Get, path: "/".into(), ask: Ask::Sibling };
            questions.push(upgrade.into());
            questions.push(Session::of(at).into());
        }
    }
    questions
}

/// At most how many questions a sibling that leads to the site adds.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    spec.siblings().len() * (4 + 2 * hosts(spec, seen).len())
}

/// What DNS says of the sibling tells nothing of a site that is looked for elsewhere (`--resolve`).
fn is_given_by_hand(spec: &Spec, seen: &Observations, sibling: &Sibling) -> bool {
    let mut own = sibling.of.host.name().into_iter().flat_map(|name| lookups(spec, name));
    own.any(|lookup| seen.answer(&lookup).is_some_and(|answer| answer.pinned))
}

/// The addresses of the declared name that the sibling has as well, unless every name has them.
fn shared(spec: &Spec, seen: &Observations, sibling: &Sibling) -> Vec<IpAddr> {
    let own = addresses(spec, seen, &sibling.of.host);
    let nobodys = match &sibling.nobody {
        None => vec![],
        Some(nobody) if lookups(spec, nobody).all(|lookup| seen.answer(&lookup).is_some()) => {
            addresses(spec, seen, &Host::Name(nobody.clone()))
        }
        // Not known yet, or never.
        Some(_) => return vec![],
    };
    let both = addresses(spec, seen, &sibling.origin.host).into_iter().filter(|ip| own.contains(ip));
    both.filter(|ip| !nobodys.contains(ip)).collect()
}
