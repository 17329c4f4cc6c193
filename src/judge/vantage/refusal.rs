//! refusal-comes-from-host: a RST says nothing of who sent it, but for where it was sent from.

use std::net::{IpAddr, SocketAddr};

use super::honest::answers_for_all;
use super::route::{is_before_border, way};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::{Word, given, pass, unknown};
use crate::observation::{ErrorKind, Greet, Knock, Observation, Passage, PortState, Reply, Seek, Seen};
use crate::spec::Spec;
use crate::target::{Family, reserved};

pub(super) fn refusal_comes_from_host(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_guarded = |o: &&Observation<Knock>| {
        let knock = &o.question;
        knock.greet != Greet::Decoy && knock.beside.is_some() && !spec.vantage.control.contains(&knock.at.ip())
    };
    let guarded: Vec<_> = seen.asked::<Knock>().filter(is_guarded).collect();
    let verdicts: Vec<Verdict> = guarded.iter().filter_map(|o| verdict(spec, seen, o)).collect();
    if !verdicts.is_empty() {
        return verdicts;
    }
    // A knock without an answer may have met a refusal of our own side.
    match guarded.iter().find(|o| o.outcome.is_err()) {
        Some(o) => vec![given(o, Subject::Site, |_| unknown("no answer"))],
        None if guarded.is_empty() => vec![],
        None => vec![Verdict::new(Subject::Site, Status::Skip, "no port refuses")],
    }
}

fn verdict(spec: &Spec, seen: &Seen, o: &Observation<Knock>) -> Option<Verdict> {
    let at = o.question.at;
    let state = match &o.outcome {
        Ok(state) => state,
        // Our own side refused it, or had no way.
        Err(error) if error.kind == ErrorKind::Local => {
            return Some(given(o, Subject::Port(at.port(), at.ip()), |_| unknown("no answer")));
        }
        Err(_) => return None,
    };
    let (word, id) = match state {
        PortState::Refused => refusal(spec, seen, at),
        PortState::Rejected { offender } => rejection(spec, seen, at, *offender),
        PortState::Open { .. } | PortState::Filtered => return None,
    };
    let (status, message) = word;
    let subject = Subject::Port(at.port(), at.ip());
    Some(Verdict::new(subject, status, message).resting_on([o.id()]).resting_on(id))
}

/// Whether an ICMP error may come from our own side: a private sender speaks for no address of the internet.
pub(in crate::judge) fn is_doubtful(spec: &Spec, seen: &Seen, offender: IpAddr, at: IpAddr) -> bool {
    let is_private = reserved(offender).is_some() && reserved(at).is_none();
    offender != at && (is_private || spec.vantage.is_own(offender) || is_before_border(spec, seen, offender))
}

/// Whose word a refused connection is, and what shows it.
pub(in crate::judge) fn refusal(spec: &Spec, seen: &Seen, at: SocketAddr) -> (Word, Option<String>) {
    match before(spec, seen, at) {
        Before::Nothing { distance, port, id, .. } => {
            (pass(format!("refuses connections {distance} hops away, where port {port} answers")), Some(id))
        }
        Before::Somebody(why, id) => (unknown(format!("is refused, but {why}")), id),
        Before::Far(why) => {
            let words = format!("refuses connections, and who says so is not known: {why}");
            (if spec.vantage.strict { unknown(words) } else { pass(words) }, None)
        }
    }
}

/// Whose word an ICMP error is that rejects a connection, and what shows it. It names who sent it.
pub(in crate::judge) fn rejection(
    spec: &Spec,
    seen: &Seen,
    at: SocketAddr,
    offender: IpAddr,
) -> (Word, Option<String>) {
    if is_doubtful(spec, seen, offender, at.ip()) {
        return (unknown(format!("is rejected by {offender}, which may be of our own network")), None);
    }
    let words = format!("is rejected by {offender}");
    match before(spec, seen, at) {
        // Who rejects limits how often: silence is no proof that nobody else does.
        Before::Nothing { silent: true, last, id, .. } if offender != at.ip() && Some(offender) != last => {
            (unknown(format!("{words}, and how far away that is was not seen")), Some(id))
        }
        Before::Nothing { id, .. } => (pass(words), Some(id)),
        Before::Somebody(why, id) => (unknown(format!("{words}, but {why}")), id),
        Before::Far(_) if offender != at.ip() && spec.vantage.strict => (unknown(words), None),
        Before::Far(_) => (pass(words), None),
    }
}

/// Who refuses a port before its host could.
enum Before {
    Nothing {
        distance: u8,
        port: u16,
        /// Nothing at all was said there.
        silent: bool,
        /// The hop before the host.
        last: Option<IpAddr>,
        id: String,
    },
    Somebody(String, Option<String>),
    /// Where the host is is not known, or it is too near.
    Far(String),
}

fn before(spec: &Spec, seen: &Seen, at: SocketAddr) -> Before {
    if let Some((why, id)) = answers_for_all(spec, seen, Family::of(at.ip())) {
        return Before::Somebody(why, Some(id));
    }
    let way = match way(spec, seen, at.ip()) {
        None => return Before::Far("no port of the address takes connections".into()),
        Some(Err(why)) => return Before::Far(why),
        Some(Ok(way)) => way,
    };
    let (Some(distance), Some(ttl)) = (way.reach.distance, way.reach.last_router()) else {
        return Before::Far(match way.reach.distance {
            None => "the target is not seen within 32 hops".into(),
            Some(distance) => format!("the target is {distance} hops away, and what is before it may be ours"),
        });
    };
    let is_it = |o: &&Observation<Passage>| {
        let question = &o.question;
        question.to == at.ip() && question.seek == Seek::Refusal && question.ports.contains(&at.port())
    };
    let unseen = "it was not looked at where";
    let Some(o) = seen.asked::<Passage>().find(is_it) else { return Before::Somebody(unseen.into(), None) };
    let crossing = o.outcome.as_ref().map(|all| all.ports.iter().find(|crossing| crossing.port == at.port()));
    let within = format!("within {ttl} hops, and the host is {distance} away");
    let why = match crossing.map(|crossing| crossing.and_then(|crossing| crossing.replies.last())) {
        Ok(Some(reply @ (Reply::Expired { .. } | Reply::Silent))) => {
            let last = match way.steps.at(ttl) {
                Some(Reply::Expired { by, .. }) => Some(by),
                _ => None,
            };
            let silent = *reply == Reply::Silent;
            return Before::Nothing { distance, port: way.port(), silent, last, id: o.id() };
        }
        Ok(Some(Reply::Refused)) => format!("so it is {within}: a box on the way answers"),
        Ok(Some(Reply::Open)) => format!("it takes connections {within}: a box on the way answers"),
        Ok(Some(Reply::Rejected { by } | Reply::Unreachable { by })) => format!("{by} rejects it {within}"),
        Ok(Some(Reply::Unsent) | None) => unseen.into(),
        Err(error) => error.to_string(),
    };
    Before::Somebody(why, Some(o.id()))
}

#[cfg(test)]
mod tests;
