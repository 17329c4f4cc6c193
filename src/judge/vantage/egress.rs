//! egress-proven: silence is "closed" only when our packets are proven to leave.

use std::net::{IpAddr, SocketAddr};

use super::honest::answers_for_all;
use super::route::{Way, hop, is_inside, way};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{given, unknown};
use crate::observation::{
    Crossing, Greet, Knock, Observation, Passage, PortState, Reply, Seek, Seen, Step, Sweep, Swept, id,
};
use crate::spec::Spec;
use crate::target::Family;

pub(super) fn egress_proven(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let silent = seen.asked::<Knock>().filter(|o| o.outcome == Ok(PortState::Filtered));
    let mut verdicts: Vec<Verdict> = silent
        .filter(|o| is_guarded(spec, &o.question))
        .map(|o| {
            let at = o.question.at;
            verdict(Subject::Port(at.port(), at.ip()), egress(spec, seen, at), o.id())
        })
        .collect();
    let swept = seen.asked::<Sweep>().filter_map(|o| Some((o, o.outcome.as_ref().ok()?)));
    verdicts.extend(swept.filter_map(|(o, swept)| {
        let at = o.question.at;
        let verdict = |status, words: String| Verdict::new(Subject::Address(at), status, words);
        match silence(spec, seen, at, swept) {
            Silence::None => None,
            Silence::Proven(by, ids) => Some(verdict(Status::Pass, by).resting_on(ids)),
            Silence::Declared => {
                Some(verdict(Status::Pass, "silent, and egress is assumed".into()).declared("egress assumed"))
            }
            Silence::Unproven(why) => Some(verdict(Status::Unknown, why).resting_on([o.id()])),
        }
    }));
    if !verdicts.is_empty() {
        return verdicts;
    }
    // A knock without an answer may have met silence: then it is not known that no port is silent.
    let mut guarded = seen.asked::<Knock>().filter(|o| o.question.greet != Greet::Decoy);
    match guarded.find(|o| o.outcome.is_err()) {
        Some(o) => vec![given(o, Subject::Site, |_| unknown("no answer"))],
        None if seen.asked::<Knock>().next().is_some() => {
            vec![Verdict::new(Subject::Site, Status::Skip, "no port is silent")]
        }
        None => vec![],
    }
}

/// Whether silence would be good news: not of a control, of the site's own port or where nothing should be.
fn is_guarded(spec: &Spec, knock: &Knock) -> bool {
    let is_site = knock.greet == Greet::Nothing && knock.beside.is_none();
    !is_site && knock.greet != Greet::Decoy && !spec.vantage.control.contains(&knock.at.ip())
}

fn verdict(subject: Subject, egress: Egress, silence: String) -> Verdict {
    match egress {
        Egress::Proven { by, id } => Verdict::new(subject, Status::Pass, by).resting_on([id]),
        Egress::Declared => {
            Verdict::new(subject, Status::Pass, "is silent, and egress is assumed").declared("egress assumed")
        }
        Egress::Unproven(why) => Verdict::new(subject, Status::Unknown, why).resting_on([silence]),
    }
}

/// What is known of our own way out to a silent port.
pub(in crate::judge) enum Egress {
    Proven { by: String, id: String },
    Declared,
    Unproven(String),
}

/// SYNs that come as far as those to an open port prove it, or a control of the owner's that answers on the same port;
/// the owner's word may stand in.
pub(in crate::judge) fn egress(spec: &Spec, seen: &Seen, at: SocketAddr) -> Egress {
    let path = path(spec, seen, at);
    if let Path::Crossed { by, id } = path {
        return Egress::Proven { by, id };
    }
    let controls: Vec<_> = spec.vantage.controls(at).collect();
    for control in &controls {
        let question = Knock { at: *control, greet: Greet::Nothing, beside: None };
        if let Some(PortState::Open { .. }) = seen.answer(&question) {
            let by = format!("control {} answers on port {}", control.ip(), control.port());
            return Egress::Proven { by, id: id(&question) };
        }
    }
    if spec.vantage.assume_egress {
        return Egress::Declared;
    }
    let control = controls.iter().find_map(|control| useless(seen, *control));
    Egress::Unproven(match (path, control) {
        (Path::Blocked(why), _) => why,
        (_, Some(why)) => why,
        (Path::Unclear(why), None) => format!("is silent, and its path proves nothing: {why}"),
        _ => "is silent, and nothing proves that our packets leave".into(),
    })
}

fn useless(seen: &Seen, control: SocketAddr) -> Option<String> {
    let ip = control.ip();
    Some(match &seen.find(&Knock { at: control, greet: Greet::Nothing, beside: None })?.outcome {
        Ok(PortState::Filtered) => format!("is silent, and so is control {ip}: it proves nothing"),
        Ok(_) => format!("is silent, and nothing listens there at control {ip}: it proves nothing"),
        Err(error) => format!("is silent, and control {ip} has no answer: {error}"),
    })
}

/// What is known of the silent ports of a sweep.
pub(in crate::judge) enum Silence {
    None,
    Proven(String, Vec<String>),
    Declared,
    Unproven(String),
}

/// The sampled silent ports stand for all, together with those that are named: one that is not proven leaves the rest
/// unproven.
pub(in crate::judge) fn silence(spec: &Spec, seen: &Seen, at: IpAddr, swept: &Swept) -> Silence {
    let sampled = swept.sampled(at);
    let named = seen.asked::<Knock>().filter(|o| o.question.at.ip() == at && is_guarded(spec, &o.question));
    let named = named.filter(|o| o.outcome == Ok(PortState::Filtered)).map(|o| o.question.at.port());
    let stand: Vec<u16> = if sampled.is_empty() { vec![] } else { sampled.iter().copied().chain(named).collect() };
    let (mut by, mut ids, mut declared) = (None, vec![], false);
    for port in &stand {
        match egress(spec, seen, (at, *port).into()) {
            Egress::Proven { by: words, id } => {
                by.get_or_insert(words);
                ids.push(id);
            }
            Egress::Declared => declared = true,
            Egress::Unproven(why) => return Silence::Unproven(format!("{port} {why}")),
        }
    }
    ids.dedup();
    match by {
        _ if declared => Silence::Declared,
        Some(by) => Silence::Proven(format!("{} of the silent ones sampled: {by}", sampled.len()), ids),
        None => Silence::None,
    }
}

/// What SYNs to a silent port have shown.
enum Path {
    Crossed {
        by: String,
        id: String,
    },
    /// They are lost before those to the open port are.
    Blocked(String),
    Unclear(String),
    /// No open port to compare it with.
    Unknown,
}

fn path(spec: &Spec, seen: &Seen, at: SocketAddr) -> Path {
    if let Some((why, _)) = answers_for_all(spec, seen, Family::of(at.ip())) {
        return Path::Unclear(why);
    }
    let way = match way(spec, seen, at.ip()) {
        None => return Path::Unknown,
        Some(Err(why)) => return Path::Unclear(why),
        Some(Ok(way)) => way,
    };
    let ttl = match way.proof(spec) {
        Ok(ttl) => ttl,
        Err(why) => return Path::Unclear(why),
    };
    let is_it = |o: &&Observation<Passage>| {
        let question = &o.question;
        question.to == at.ip()
            && question.seek == Seek::Arrival
            && question.ttl == ttl
            && question.ports.contains(&at.port())
    };
    let Some(o) = seen.asked::<Passage>().find(is_it) else {
        return Path::Unclear(format!("SYNs to {} were not followed", at.port()));
    };
    match &o.outcome {
        Err(error) => Path::Unclear(error.to_string()),
        Ok(crossings) => match crossings.ports.iter().find(|crossing| crossing.port == at.port()) {
            Some(crossing) => crossed(spec, &way, ttl, crossing, o.id()),
            None => Path::Unclear(format!("SYNs to {} were not followed", at.port())),
        },
    }
}

/// The depth is compared, not the address: routers share load by port.
fn crossed(spec: &Spec, way: &Way, ttl: u8, crossing: &Crossing, id: String) -> Path {
    let (port, open) = (crossing.port, way.port());
    let reference = way.hop(ttl);
    match crossing.replies.last() {
        Some(Reply::Expired { by, own: false }) if !is_inside(spec, *by) => Path::Crossed {
            by: match way.reach.is_edge() {
                true => format!("SYNs to {port} cross the same {ttl} hops as those to {open}"),
                false => format!("SYNs to {port} come as far as those to {open}: {reference}"),
            },
            id,
        },
        Some(Reply::Expired { by, .. }) => {
            Path::Unclear(format!("SYNs to {port} end at {by}, which may be ours, those to {open} at {reference}"))
        }
        Some(Reply::Unsent) => Path::Unclear(format!("this machine could not send SYNs to {port} so far")),
        Some(Reply::Silent) | None => lost(crossing, open, &reference),
        Some(_) => Path::Unclear(format!("SYNs to {port} are answered on the way, yet not at the end")),
    }
}

fn lost(crossing: &Crossing, open: u16, reference: &str) -> Path {
    let port = crossing.port;
    let answered = crossing.beside.iter().filter(|reply| matches!(reply, Reply::Expired { .. })).count();
    if answered < 3 {
        return Path::Unclear(format!(
            "{reference} stopped answering SYNs to {open} as well: it limits its answers"
        ));
    }
    Path::Blocked(match crossing.last {
        Some(Step { ttl, reply }) => {
            let last = hop(ttl, Some(reply));
            format!("SYNs to {port} are last answered by {last}, those to {open} by {reference}")
        }
        None => format!("no hop answers SYNs to {port}, those to {open} are answered by {reference}"),
    })
}

#[cfg(test)]
mod tests;
