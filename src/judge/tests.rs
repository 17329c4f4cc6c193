//! What tests of several judges build on.

use super::headers::tests::fact;
use super::*;
use crate::observation::{
    Addresses, ErrorKind, Fact, Greet, Knock, Lookup, Nonce, Observations, PortState, Probe, ProbeError, Stage,
    Timestamp, Vantage,
};
use crate::target::Family;

/// Exactly these facts, of a run on 2026-03-02 from such a place.
pub fn seen_from(vantage: Vantage, facts: impl IntoIterator<Item = Fact>) -> Seen {
    let site = "app.example.com".parse().unwrap();
    let mut run = Observations::begin(site, Timestamp(1_772_460_307), Nonce(7), vantage);
    facts.into_iter().for_each(|fact| run.insert(fact));
    Seen::complete(run, "", |run| {
        let lookups = run.lookups.iter().map(|o| Probe::from(o.question.clone()));
        let ports = run.ports.iter().map(|o| Probe::from(o.question.clone()));
        let sessions = run.sessions.iter().map(|o| Probe::from(o.question.clone()));
        let http = run.http.iter().map(|o| Probe::from(o.question.clone()));
        lookups.chain(ports).chain(sessions).chain(http).collect()
    })
}

pub fn timeout() -> ProbeError {
    ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "no answer in 5 s")
}

pub fn spec() -> Spec {
    Spec::of("app.example.com".parse().unwrap())
}

/// A knock on a port of 203.0.113.7, as the plan asks it: the web port bare, others beside it.
pub fn knock(at: &str, greet: Greet) -> Knock {
    let at: std::net::SocketAddr = at.parse().unwrap();
    Knock { at, greet, beside: (at.port() != 443).then_some(443) }
}

pub fn open() -> PortState {
    PortState::Open { greeting: None, reset: false }
}

/// What is said, in order.
pub fn said(verdicts: &[Verdict]) -> Vec<(Status, &str)> {
    verdicts.iter().map(|verdict| (verdict.status, verdict.message.as_str())).collect()
}

/// The addresses of a name, of one family.
pub fn lookup(name: &str, family: Family, addresses: &[&str]) -> Fact {
    let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
    fact(Lookup { name: name.into(), family }, Ok(answer))
}
