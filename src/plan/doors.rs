//! Knocks on ports: those of the web, those that must be closed, and the owner's controls.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::names::{distinct_places, hidden, hosts, places};
use super::visits::sampled_paths;
use crate::observation::{Ask, Greet, Http, Knock, Method, Observations, PortState, Probe, fixed_hash};
use crate::spec::{COMMON, Spec};
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

/// An open PostgreSQL: does it let `postgres` in without a password?
pub fn startups(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    closed_knocks(spec, seen).iter().filter_map(|knock| startup(seen, knock)).collect()
}

/// Over TLS where it says that it speaks it.
pub fn startup(seen: &Observations, knock: &Knock) -> Option<Probe> {
    let Some(PortState::Open { greeting: Some(said), .. }) = seen.answer(knock) else { return None };
    let greet = match (knock.greet, said.as_str()) {
        (Greet::Postgresql, "S") => Greet::PostgresqlStartupTls,
        (Greet::Postgresql, "N") => Greet::PostgresqlStartup,
        _ => return None,
    };
    Some(Knock { greet, beside: None, ..knock.clone() }.into())
}

/// Every knock on a port of an address that is to be closed, or may be: 80 as well.
pub fn guarded(spec: &Spec, seen: &Observations, ip: IpAddr) -> Vec<Knock> {
    let http = (ip, spec.ports.http).into();
    let plain = web_knocks(spec, seen).into_iter().filter(move |knock| knock.at == http);
    plain.chain(closed_knocks(spec, seen).into_iter().filter(|knock| knock.at.ip() == ip)).collect()
}

/// The port of https at an address that others are compared with: the first that takes connections, once it is known.
pub fn reference(spec: &Spec, seen: &Observations, ip: IpAddr) -> Option<SocketAddr> {
    let here = distinct_places(spec, seen).into_iter().filter(|place| place.ip == ip);
    let knocks = here.map(|place| Knock { at: place.socket(), greet: Greet::Nothing, beside: None });
    let states: Vec<_> =
        knocks.map(|knock| seen.find(&knock).map(|o| (knock.at, &o.outcome))).collect::<Option<_>>()?;
    let open = states.into_iter().find(|(_, outcome)| matches!(outcome, Ok(PortState::Open { .. })));
    open.map(|(at, _)| at)
}

/// Ports at which nothing should be. Where something answers all the same, further ones tell whether it answers
/// everywhere.
pub fn decoys(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut all = vec![];
    for ip in hosts(spec, seen) {
        let beside = web_port(spec, seen, ip);
        let decoys: Vec<Knock> = implausible(spec, ip)
            .map(|port| Knock { at: (ip, port).into(), greet: Greet::Decoy, beside })
            .take(2 * DECOYS)
            .collect();
        let first = &decoys[..DECOYS];
        let answers = |knock: &Knock| matches!(seen.answer(knock), Some(PortState::Open { .. }));
        all.extend_from_slice(if first.iter().any(answers) { &decoys } else { first });
    }
    all.into_iter().map(Probe::from).collect()
}

/// How many are asked, and again.
pub const DECOYS: usize = 3;

/// From 20,000 to 60,000, the same for an address in each run; no port of the promise or of a known service.
fn implausible(spec: &Spec, ip: IpAddr) -> impl Iterator<Item = u16> {
    let closed = spec.ports.closed.iter().map(|closed| closed.port);
    let own = spec.origins().map(|origin| origin.port).chain(spec.ports.open.iter().copied());
    let swept = COMMON.iter().map(|(port, _)| *port);
    let mut taken: BTreeSet<u16> = closed.chain(own).chain(swept).chain(KNOWN.iter().copied()).collect();
    (0u64..)
        .map(move |index| 20_000 + (fixed_hash(ip, index) % 40_001) as u16)
        .filter(move |port| taken.insert(*port))
}

/// What may well be open up there, though no sweep looks for it: games, media servers, databases, P2P.
const KNOWN: &[u16] = &[
    20_000, 22_000, 25_565, 25_575, 26_257, 27_015, 27_016, 27_017, 27_018, 27_019, 28_015, 28_017, 30_303,
    31_337, 32_400, 32_768, 33_060, 34_567, 37_777, 44_818, 47_808, 49_152, 50_000, 50_051, 50_070, 51_413,
    51_820, 54_321, 55_443, 55_553, 60_000,
];

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
    fn decoys_are_fixed_and_implausible() {
        let ip: IpAddr = "203.0.113.7".parse().unwrap();
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        let ports = |spec: &Spec, ip| implausible(spec, ip).take(6).collect::<Vec<u16>>();
        let first = ports(&spec, ip);
        assert!(first.iter().all(|port| (20_000..=60_000).contains(port)), "{first:?}");
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 6);
        assert_eq!(ports(&spec, ip), first);
        assert_ne!(ports(&spec, "203.0.113.8".parse().unwrap()), first);
        // A port that the owner names is none.
        spec.ports.open.push(first[0]);
        assert_eq!(ports(&spec, ip)[..5], first[1..]);
    }

    #[test]
    fn a_decoy_that_answers_is_followed_by_fresh_ones() {
        let site = "https://203.0.113.7".parse().unwrap();
        let spec = Spec::of(site);
        let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
        for (state, want) in [
            (PortState::Refused, 3),
            (PortState::Filtered, 3),
            (PortState::Open { greeting: None, reset: true }, 6),
            (PortState::Open { greeting: None, reset: false }, 6),
        ] {
            let Probe::Knock(question) = decoys(&spec, &seen).remove(0) else { panic!("no knock") };
            let o = Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome: Ok(state) };
            seen.insert(o.into());
            assert_eq!(decoys(&spec, &seen).len(), want);
        }
    }

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
