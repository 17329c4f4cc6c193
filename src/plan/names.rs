//! The names of the site, and the places they lead to.

use std::net::IpAddr;

use super::visits::visits;
use crate::observation::{Lookup, Observations, Probe};
use crate::spec::Spec;
use crate::target::{Endpoint, Family, Host, Origin, reserved};

pub fn questions(spec: &Spec, _: &Observations) -> Vec<Probe> {
    let names = spec.origins().filter_map(|origin| origin.host.name());
    names.flat_map(|name| lookups(spec, name)).map(Probe::from).collect()
}

pub fn lookups(spec: &Spec, name: &str) -> impl Iterator<Item = Lookup> {
    let families = [Family::V4, Family::V6].into_iter().filter(|family| spec.scope.looks_at(*family));
    families.map(move |family| Lookup { name: name.into(), family })
}

/// The addresses of a host that may be dialled: of the families asked, reached by the internet and not this
/// machine's own, unless the owner allows private ones.
pub fn addresses(spec: &Spec, seen: &Observations, host: &Host) -> Vec<IpAddr> {
    let mut found = match host {
        Host::Address(ip) => vec![*ip],
        Host::Name(name) => {
            let answers = lookups(spec, name).filter_map(|lookup| seen.answer(&lookup));
            answers.flat_map(|answer| answer.addresses.iter().take(Lookup::MOST_ADDRESSES)).copied().collect()
        }
    };
    found.retain(|ip| may_be_dialled(spec, seen, *ip));
    found
}

fn may_be_dialled(spec: &Spec, seen: &Observations, ip: IpAddr) -> bool {
    let outside = || reserved(ip).is_none() && !seen.vantage.own.contains(&ip);
    spec.scope.looks_at(Family::of(ip)) && (spec.vantage.allow_private || outside())
}

/// Every https endpoint of the site: each name at each of its addresses.
pub fn places(spec: &Spec, seen: &Observations) -> Vec<Endpoint> {
    spec.origins().flat_map(|origin| at_addresses(spec, seen, origin)).collect()
}

/// The places of the site without those that an earlier name has at the same address and port: what does not depend
/// on the name is asked once.
pub fn distinct_places(spec: &Spec, seen: &Observations) -> Vec<Endpoint> {
    let mut distinct: Vec<Endpoint> = vec![];
    for place in places(spec, seen) {
        if !distinct.iter().any(|held| held.socket() == place.socket()) {
            distinct.push(place);
        }
    }
    distinct
}

/// Every address of the site, once, in order.
pub fn hosts(spec: &Spec, seen: &Observations) -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = places(spec, seen).into_iter().map(|place| place.ip).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The addresses that the owner wrote as the host's own, whether a name leads there or not.
pub fn written(spec: &Spec, seen: &Observations) -> Vec<IpAddr> {
    spec.origin.iter().copied().filter(|ip| may_be_dialled(spec, seen, *ip)).collect()
}

/// Of those, the ones that no name leads to.
pub fn hidden(spec: &Spec, seen: &Observations) -> Vec<IpAddr> {
    let hosts = hosts(spec, seen);
    written(spec, seen).into_iter().filter(|ip| !hosts.contains(ip)).collect()
}

/// The addresses at which the host itself is met: those of the site without those that a content delivery network
/// answers for, and those that the owner wrote. Read when the visits to the distinct places are answered.
pub fn swept_hosts(spec: &Spec, seen: &Observations) -> Vec<IpAddr> {
    let visits = visits(spec, seen);
    let by_network = |ip: &IpAddr| {
        let mut here = visits.iter().filter_map(|probe| match probe {
            Probe::Http(question) if question.at.ip == *ip => seen.answer(question),
            _ => None,
        });
        here.any(|exchange| exchange.first().cdn().is_some())
    };
    let mut all: Vec<IpAddr> = hosts(spec, seen).into_iter().filter(|ip| !by_network(ip)).collect();
    all.extend(written(spec, seen));
    all.sort_unstable();
    all.dedup();
    all
}

fn at_addresses(spec: &Spec, seen: &Observations, origin: &Origin) -> Vec<Endpoint> {
    addresses(spec, seen, &origin.host).into_iter().map(|ip| origin.at(ip)).collect()
}
