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
        PortState::Rejected { offender } => (rejection(spec, seen, at, *offender), None),
        PortState::Open { .. } | PortState::Filtered => return None,
    };
    let (status, message) = word;
    let subject = Subject::Port(at.port(), at.ip());
    Some(Verdict::new(subject, status, message).resting_on([o.id()]).resting_on(id))
}

fn rejection(spec: &Spec, seen: &Seen, at: SocketAddr, offender: IpAddr) -> Word {
    if is_doubtful(spec, seen, offender, at.ip()) {
        unknown(format!("is rejected by {offender}, which may be of our own network"))
    } else {
        pass(format!("is rejected by {offender}"))
    }
}

/// Whether an ICMP error may come from our own side: a private sender speaks for no address of the internet.
pub(in crate::judge) fn is_doubtful(spec: &Spec, seen: &Seen, offender: IpAddr, at: IpAddr) -> bool {
    let is_private = reserved(offender).is_some() && reserved(at).is_none();
    offender != at && (is_private || spec.vantage.is_own(offender) || is_before_border(spec, seen, offender))
}

/// Whose word a refused connection is, and what shows it.
pub(in crate::judge) fn refusal(spec: &Spec, seen: &Seen, at: SocketAddr) -> (Word, Option<String>) {
    let unattributed = |why: String| {
        let words = format!("refuses connections, and who says so is not known: {why}");
        (if spec.vantage.strict { unknown(words) } else { pass(words) }, None)
    };
    if let Some((why, id)) = answers_for_all(spec, seen, Family::of(at.ip())) {
        return (unknown(format!("is refused, but {why}")), Some(id));
    }
    let way = match way(spec, seen, at.ip()) {
        None => return unattributed("no port of the address takes connections".into()),
        Some(Err(why)) => return unattributed(why),
        Some(Ok(way)) => way,
    };
    let (Some(distance), Some(ttl)) = (way.reach.distance, way.reach.last_router()) else {
        return unattributed(match way.reach.distance {
            None => "the target is not seen within 32 hops".into(),
            Some(distance) => format!("the target is {distance} hops away, and what is before it may be ours"),
        });
    };
    let is_it = |o: &&Observation<Passage>| {
        let question = &o.question;
        question.to == at.ip() && question.seek == Seek::Refusal && question.ports.contains(&at.port())
    };
    let Some(o) = seen.asked::<Passage>().find(is_it) else {
        return (unknown("is refused, and it was not looked at where"), None);
    };
    let crossing = o.outcome.as_ref().map(|all| all.ports.iter().find(|crossing| crossing.port == at.port()));
    let word = match crossing.map(|crossing| crossing.and_then(|crossing| crossing.replies.last())) {
        Err(error) => unknown(error.to_string()),
        Ok(Some(Reply::Expired { .. } | Reply::Silent)) => {
            pass(format!("refuses connections {distance} hops away, where port {} answers", way.port()))
        }
        Ok(Some(Reply::Refused)) => unknown(format!(
            "is refused within {ttl} hops, and the host is {distance} away: a box on the way answers"
        )),
        Ok(Some(Reply::Open)) => {
            unknown(format!("takes connections within {ttl} hops, and the host is {distance} away"))
        }
        Ok(Some(Reply::Rejected { by } | Reply::Unreachable { by })) => {
            unknown(format!("is refused, and {by} speaks for it on the way"))
        }
        Ok(Some(Reply::Unsent) | None) => unknown("is refused, and it was not looked at where"),
    };
    (word, Some(o.id()))
}

#[cfg(test)]
mod tests;
