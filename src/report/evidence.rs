//! Each observation in one line, for a reader who wants to see what a verdict rests on.

use std::collections::BTreeMap;

use super::text::counted;
use crate::gate::thousands;
use crate::observation::{
    Addresses, Exchange, Handshake, Observation, Observations, PortState, ProbeError, Question, QuicHandshake,
    Stopped,
};

/// What one observation says, and how long it took.
pub(super) struct Evidence {
    pub elapsed_ms: u64,
    /// Holds remote text: it must pass `plain` on its way out.
    pub says: String,
}

/// Every observation by its id.
pub(super) fn by_id(seen: &Observations) -> BTreeMap<String, Evidence> {
    let mut all = BTreeMap::new();
    all.extend(seen.lookups.iter().map(|o| line(o, lookup)));
    all.extend(seen.ports.iter().map(|o| line(o, port)));
    all.extend(seen.sessions.iter().map(|o| line(o, session)));
    all.extend(seen.http.iter().map(|o| line(o, exchange)));
    all.extend(seen.quic.iter().map(|o| line(o, quic)));
    all
}

fn line<Q: Question>(o: &Observation<Q>, word: impl Fn(&Q::Answer) -> String) -> (String, Evidence) {
    let says = match &o.outcome {
        Ok(answer) => format!("{} in {} ms", word(answer), o.elapsed_ms),
        Err(ProbeError { detail, .. }) => format!("no answer: {detail}"),
    };
    (o.id(), Evidence { elapsed_ms: o.elapsed_ms, says })
}

fn lookup(answer: &Addresses) -> String {
    let list: Vec<_> = answer.addresses.iter().map(ToString::to_string).collect();
    match (answer.absent, &list[..]) {
        (true, _) => "no such name".into(),
        (false, []) => "no record".into(),
        (false, list) if answer.pinned => format!("{} (given by hand)", list.join(" ")),
        (false, list) => list.join(" "),
    }
}

fn port(state: &PortState) -> String {
    match state {
        PortState::Open { greeting: Some(greeting), .. } => format!("open, says {greeting}"),
        PortState::Open { greeting: None, reset: true } => "open, reset at once".into(),
        PortState::Open { greeting: None, reset: false } => "open".into(),
        PortState::Refused => "refused".into(),
        PortState::Rejected { offender } => format!("rejected by {offender}"),
        PortState::Filtered => "filtered: no answer to five tries".into(),
    }
}

fn quic(handshake: &QuicHandshake) -> String {
    format!("QUIC with {}", handshake.alpn.as_deref().unwrap_or("no protocol"))
}

fn session(handshake: &Handshake) -> String {
    let Handshake { version, suite, chain, .. } = handshake;
    format!("{version} {suite}, {}", counted(chain.len(), "certificate"))
}

fn exchange(exchange: &Exchange) -> String {
    let Some((last, before)) = exchange.hops.split_last() else { return "no answer".into() };
    let way: String = before.iter().map(|hop| format!("{}, then ", hop.response.status)).collect();
    let kind = last.response.media_type().map_or_else(String::new, |kind| format!(" {kind}"));
    let length = thousands(last.response.content.length);
    let end = match &exchange.stopped {
        None => String::new(),
        Some(Stopped::OffSite) => ", leads off the site".into(),
        Some(Stopped::PlainHttp) => ", leads back to plain http".into(),
        Some(Stopped::Loop) => ", leads back to itself".into(),
        Some(Stopped::TooMany) => ", too many redirects".into(),
        Some(Stopped::Error(error)) => format!(", then no answer: {}", error.detail),
    };
    format!("{way}{}{kind}, {length} bytes{end}", last.response.status)
}
