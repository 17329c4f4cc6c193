//! The host behind a content delivery network: at its own addresses it must not serve the world.

use std::net::IpAddr;

use super::names::{hidden, written};
use super::visits::{plain, sampled_paths};
use crate::observation::{Ask, Greet, Http, Knock, Method, Observations, PortState, Probe};
use crate::spec::Spec;
use crate::target::Endpoint;

/// The web ports of the addresses that no name leads to. Nothing there need be open for another to be held against.
pub fn knocks(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    hidden(spec, seen).into_iter().flat_map(|ip| doors(spec, ip)).map(|at| knock(&at).into()).collect()
}

/// What is open is asked for the site by its name.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let is_open = |at: &Endpoint| {
        // The plain port of a published address is knocked on beside its https.
        let mut knocks = seen.ports.iter().filter(|o| o.question.at == at.socket());
        knocks.any(|o| matches!(o.outcome, Ok(PortState::Open { .. })))
    };
    let open = written(spec, seen).into_iter().flat_map(|ip| doors(spec, ip)).filter(is_open);
    let ask = |at: Endpoint| {
        let paths = sampled_paths(spec).into_iter();
        paths.map(move |path| Http { at: at.clone(), method: Method::Get, path, ask: Ask::Direct })
    };
    open.flat_map(ask).map(Probe::from).collect()
}

/// At most how many of them are asked.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    written(spec, seen).len() * 2 * sampled_paths(spec).len()
}

fn doors(spec: &Spec, ip: IpAddr) -> [Endpoint; 2] {
    let https = spec.site.at(ip);
    [plain(spec, &https), https]
}

fn knock(at: &Endpoint) -> Knock {
    Knock { at: at.socket(), greet: Greet::Nothing, beside: None }
}
