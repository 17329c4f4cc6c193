//! Requests that name another host.

use super::names::distinct_places;
use super::visits::{plain, sampled_paths};
use crate::observation::{Ask, Forgery, Http, Method, Observations, Probe, Sni};
use crate::spec::Spec;
use crate::target::{Endpoint, Host};

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions = vec![];
    for place in distinct_places(spec, seen) {
        for path in sampled_paths(spec) {
            let ask = |at: &Endpoint, forgery, sni| Http {
                at: at.clone(),
                method: Method::Get,
                path: path.clone(),
                ask: Ask::Host { forgery, sni },
            };
            for (forgery, sni) in over_tls(&place) {
                questions.push(ask(&place, forgery, sni).into());
            }
            for forgery in in_clear(&place) {
                questions.push(ask(&plain(spec, &place), forgery, Sni::Absent).into());
            }
        }
    }
    questions
}

fn over_tls(place: &Endpoint) -> Vec<(Forgery, Sni)> {
    let mut all = vec![
        (Forgery::Foreign, Sni::Own),
        (Forgery::Foreign, Sni::Forged),
        (Forgery::Foreign, Sni::Absent),
        (Forgery::XForwardedHost, Sni::Own),
        (Forgery::XHost, Sni::Own),
        (Forgery::XForwardedServer, Sni::Own),
        (Forgery::Forwarded, Sni::Own),
    ];
    if let Host::Name(name) = &place.host {
        all.extend([Forgery::Suffix, Forgery::Prefix, Forgery::UserInfo, Forgery::Address].map(|f| (f, Sni::Own)));
        all.extend(unescaped_dots(name).map(|index| (Forgery::UnescapedDot(index), Sni::Own)));
        all.extend([Forgery::Subdomain, Forgery::Localhost, Forgery::Loopback].map(|f| (f, Sni::Own)));
    }
    all.extend(Forgery::AMBIGUOUS.map(|forgery| (forgery, Sni::Own)));
    // A site that is an address has the address as its Host, and sends no name in its hello.
    all.retain(|(_, sni)| place.host.name().is_some() || *sni != Sni::Absent);
    all
}

fn in_clear(place: &Endpoint) -> Vec<Forgery> {
    let of_names = [Forgery::Suffix, Forgery::Prefix, Forgery::Address];
    let of_names = of_names.into_iter().filter(|_| place.host.name().is_some());
    [Forgery::Foreign].into_iter().chain(of_names).chain(Forgery::AMBIGUOUS).collect()
}

/// The dots of a name that a regular expression may have left unescaped: the first and the last.
pub fn unescaped_dots(name: &str) -> impl Iterator<Item = u8> + use<> {
    let dots = u8::try_from(name.matches('.').count()).unwrap_or(u8::MAX);
    let first = (dots > 0).then_some(0);
    let last = (dots > 1).then(|| dots - 1);
    first.into_iter().chain(last)
}
