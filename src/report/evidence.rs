//! Each observation in one line, for a reader who wants to see what a verdict rests on.

use std::collections::BTreeMap;

use super::text::counted;
use crate::gate::thousands;
use crate::observation::{
    Addresses, Authorisations, Authorities, Crossings, Exchange, FileFacts, Handshake, NameServer, Observation,
    Observations, Offered, PortState, ProbeError, Question, QuicHandshake, Reply, Revocation, Searched, Steps,
    Stopped, Swept, Timestamp, Walk, Walked,
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
    all.extend(seen.hellos.iter().map(|o| line(o, hello)));
    all.extend(seen.quic.iter().map(|o| line(o, quic)));
    all.extend(seen.routes.iter().map(|o| line(o, route)));
    all.extend(seen.passages.iter().map(|o| line(o, passage)));
    all.extend(seen.sweeps.iter().map(|o| line(o, sweep)));
    all.extend(seen.caa.iter().map(|o| line(o, caa)));
    all.extend(seen.authorities.iter().map(|o| line(o, authorities)));
    all.extend(seen.revocations.iter().map(|o| line(o, revocation)));
    all.extend(seen.searches.iter().map(|o| line(o, searched)));
    all.extend(seen.files.iter().map(|o| line(o, own_file)));
    all.extend(seen.smoke.iter().map(|o| line(o, walked)));
    all
}

fn line<Q: Question>(o: &Observation<Q>, word: impl Fn(&Q::Answer) -> String) -> (String, Evidence) {
    let says = match &o.outcome {
        Ok(answer) => format!("{} in {} ms", word(answer), o.elapsed_ms),
        Err(ProbeError { detail, .. }) => format!("no answer: {detail}"),
    };
    (o.id(), Evidence { elapsed_ms: o.elapsed_ms, says })
}

fn own_file(facts: &FileFacts) -> String {
    let FileFacts { variables, services, ports, .. } = facts;
    let kinds = [(variables.len(), "variable"), (services.len(), "service"), (ports.len(), "port")];
    let held: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, kind)| counted(*n, kind)).collect();
    if held.is_empty() { "nothing that is judged".into() } else { held.join(", ") }
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

fn walked(walked: &Walked) -> String {
    let step = |walk: &Walk| match &walk.outcome {
        Ok(exchange) => format!("{} {}", walk.name, exchange.last().response.status),
        Err(ProbeError { detail, .. }) => format!("{}: {detail}", walk.name),
    };
    walked.steps.iter().map(step).collect::<Vec<_>>().join(", ")
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

fn hello(offered: &Offered) -> String {
    match offered {
        Offered::Taken(taken) => format!("taken: {} {}", taken.version, taken.suite),
        Offered::Alert(name) => format!("refused by the alert {name}"),
        Offered::Closed => "refused: the connection was closed".into(),
        Offered::Reset => "refused: the connection was reset".into(),
    }
}

fn route(steps: &Steps) -> String {
    let hops: Vec<String> = steps.steps.iter().map(|step| format!("{} {}", step.ttl, reply(step.reply))).collect();
    hops.join(", ")
}

fn passage(crossings: &Crossings) -> String {
    let last = |replies: &[Reply]| replies.last().map_or_else(|| "not asked".into(), |last| reply(*last));
    let each: Vec<String> =
        crossings.ports.iter().map(|port| format!("{} {}", port.port, last(&port.replies))).collect();
    each.join(", ")
}

fn reply(reply: Reply) -> String {
    match reply {
        Reply::Expired { by, .. } => by.to_string(),
        Reply::Open => "open".into(),
        Reply::Refused => "refused".into(),
        Reply::Rejected { by } => format!("rejected by {by}"),
        Reply::Unreachable { by } => format!("unreachable for {by}"),
        Reply::Silent => "silent".into(),
        Reply::Unsent => "not sent".into(),
    }
}

fn sweep(swept: &Swept) -> String {
    let rejected: usize = swept.rejected.iter().map(|rejections| rejections.ports.len()).sum();
    let open = if swept.open.is_empty() { "none open".into() } else { format!("{} open", swept.open) };
    format!(
        "{open}, {} refused, {rejected} rejected, {} silent, {} unknown after {} in {}, {} of {} canaries lost",
        swept.refused.len(),
        swept.silent.len(),
        swept.unknown.len(),
        counted(swept.probes as usize, "probe"),
        counted(usize::from(swept.rounds), "round"),
        swept.canaries_lost,
        swept.canaries,
    )
}

fn caa(answer: &Authorisations) -> String {
    match &answer.at {
        _ if answer.by_hand => "not asked: names are given by hand".into(),
        None => "no record".into(),
        Some(at) => {
            let records: Vec<String> =
                answer.records.iter().map(|record| format!("{} {}", record.tag, record.value)).collect();
            format!("{at}: {}", records.join(", "))
        }
    }
}

fn authorities(answer: &Authorities) -> String {
    if answer.by_hand {
        return "not asked: names are given by hand".into();
    }
    let said = |server: &NameServer| match &server.addresses {
        Ok(addresses) => {
            let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("{} says {}", server.name, if list.is_empty() { "no record".into() } else { list.join(" ") })
        }
        Err(why) => format!("{} {why}", server.name),
    };
    answer.servers.iter().map(said).collect::<Vec<_>>().join(", ")
}

fn revocation(list: &Revocation) -> String {
    let what = match list.revoked {
        Some(when) => format!("revoked on {}", Timestamp(when).date()),
        None => "not in the list".into(),
    };
    format!("{what}, list of {}", Timestamp(list.this_update).date())
}

fn searched(searched: &Searched) -> String {
    let extents = || searched.read.iter().filter_map(|read| read.outcome.as_ref().ok());
    let bytes = thousands(extents().map(|extent| extent.bytes).sum());
    let found = match searched.secrets.len() {
        0 => "no secret".into(),
        found => counted(found, "secret"),
    };
    format!("{found} in {bytes} bytes of {}", counted(extents().count(), "page and script"))
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
