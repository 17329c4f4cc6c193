//! Knocks on ports: those of the web, those that must be closed, and the owner's controls.

use std::net::{IpAddr, SocketAddr};

use super::names::{hidden, hosts, places};
use super::visits::sampled_paths;
use crate::observation::{Ask, Greet, Http, Knock, Method, Observations, PortState, Probe};
use crate::spec::Spec;
use crate::target::{Endpoint, Scheme};

/// The ports that visitors use.
pub fn web(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    web_knocks(spec, seen).into_iter().map(Probe::from).collect()
}

fn web_knocks(spec: &Spec, seen: &Observations) -> Vec<Knock> {
    let https = places(spec, seen).into_iter().map(|place| Knock {
        at: place.socket(),
        greet: Greet::Nothing,
        beside: None,
    });
    let http = hosts(spec, seen).into_iter().map(|ip| Knock {
        at: (ip, spec.ports.http).into(),
        greet: Greet::Nothing,
        beside: web_port(spec, seen, ip),
    });
    https.chain(http).collect()
}

/// The port of https at an address: an alias may have another than the site.
pub fn web_port(spec: &Spec, seen: &Observations, ip: IpAddr) -> Option<u16> {
    places(spec, seen).into_iter().find(|place| place.ip == ip).map(|place| place.port)
}

/// The ports that the owner says are closed.
pub fn closed(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    closed_knocks(spec, seen).into_iter().map(Probe::from).collect()
}

fn closed_knocks(spec: &Spec, seen: &Observations) -> Vec<Knock> {
    let each = |ip: IpAddr| {
        let beside = web_port(spec, seen, ip);
        spec.ports.closed.iter().map(move |closed| Knock {
            at: (ip, closed.port).into(),
            greet: greeting(&closed.service),
            beside,
        })
    };
    hosts(spec, seen).into_iter().chain(hidden(spec, seen)).flat_map(each).collect()
}

/// What a service is greeted with.
pub fn greeting(service: &str) -> Greet {
    match service.to_ascii_lowercase().as_str() {
        "postgresql" | "postgres" => Greet::Postgresql,
        "redis" | "valkey" => Greet::Redis,
        _ => Greet::Listen,
    }
}

/// Where a port is silent, the owner's control is asked on the same port: does a packet of ours leave at all?
pub fn controls(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let knocks = web_knocks(spec, seen).into_iter().chain(closed_knocks(spec, seen));
    let silent = knocks.filter(|knock| seen.answer(knock) == Some(&PortState::Filtered));
    let beside = |at| Knock { at, greet: Greet::Nothing, beside: None };
    silent
        .flat_map(|knock| spec.vantage.controls(knock.at).map(beside).collect::<Vec<_>>())
        .map(Probe::from)
        .collect()
}

/// An open application port: does the application answer there, without the proxy?
pub fn direct(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let open = closed_knocks(spec, seen).into_iter().filter(|knock| {
        knock.greet == Greet::Listen && matches!(seen.answer(knock), Some(PortState::Open { .. }))
    });
    let mut questions = vec![];
    for knock in open {
        for path in sampled_paths(spec) {
            let plain =
                Http { at: bare(spec, knock.at, Scheme::Http), method: Method::Get, path, ask: Ask::Direct };
            // Only what does not speak plain HTTP is asked whether it speaks TLS.
            let secure = Http { at: bare(spec, knock.at, Scheme::Https), ..plain.clone() };
            if seen.find(&plain).is_some_and(|o| o.outcome.is_err()) {
                questions.push(secure.into());
            }
            questions.push(plain.into());
        }
    }
    questions
}

/// A port as an endpoint without a name of its own.
pub fn bare(spec: &Spec, at: SocketAddr, scheme: Scheme) -> Endpoint {
    Endpoint { scheme, host: spec.site.host.clone(), ip: at.ip(), port: at.port() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Addresses, Lookup, Nonce, Observation, Timestamp, Vantage};
    use crate::target::Family;

    #[test]
    fn a_silent_port_is_held_against_the_web_port_of_its_own_address() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.aliases = vec!["https://console.example.com:8443".parse().unwrap()];
        spec.ports.closed.truncate(1);
        let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
        for (name, last) in [("app.example.com", 7), ("console.example.com", 8)] {
            let addresses = vec![[203, 0, 113, last].into()];
            let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
            let question = Lookup { name: name.into(), family: Family::V4 };
            let o = Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome: Ok(answer) };
            seen.insert(o.into());
        }
        let said = |knocks: Vec<Knock>| -> Vec<String> {
            knocks.into_iter().map(|knock| format!("{} beside {:?}", knock.at, knock.beside)).collect()
        };
        let closed = ["203.0.113.7:3000 beside Some(443)", "203.0.113.8:3000 beside Some(8443)"];
        assert_eq!(said(closed_knocks(&spec, &seen)), closed);
        assert_eq!(
            said(web_knocks(&spec, &seen)),
            [
                "203.0.113.7:443 beside None",
                "203.0.113.8:8443 beside None",
                "203.0.113.7:80 beside Some(443)",
                "203.0.113.8:80 beside Some(8443)",
            ]
        );
    }
}
