//! What tests of several judges build on.

use super::*;
use crate::observation::{ErrorKind, Fact, Nonce, Observations, Probe, ProbeError, Stage, Timestamp, Vantage};

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
