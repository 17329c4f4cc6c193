//! path-honest: nobody on the way answers for the host.

use std::net::IpAddr;

use super::route::is_inside;
use crate::catalogue::Page;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::certificate::{leads_to_roots, visits};
use crate::judge::{given, unknown};
use crate::observation::{Greet, Knock, Observation, PortState, Reply, Route, Seen, Session};
use crate::spec::Spec;
use crate::target::{Family, reserved};

pub(super) fn path_honest(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut addresses: Vec<IpAddr> = decoys(seen).map(|o| o.question.at.ip()).collect();
    addresses.dedup();
    let ports = addresses.into_iter().map(|ip| host(spec, seen, ip));
    let opened = visits(spec, seen).filter_map(|o| {
        let at = &o.question.at;
        let why = intercepted(spec, seen, o)?;
        let subject = Subject::Url { method: "GET".into(), url: at.origin().to_string(), at: at.ip };
        Some(Verdict::new(subject, Status::Unknown, why).resting_on([o.id()]))
    });
    ports.chain(opened).collect()
}

fn host(spec: &Spec, seen: &Seen, ip: IpAddr) -> Verdict {
    let subject = Subject::Address(ip);
    let here: Vec<_> = decoys(seen).filter(|o| o.question.at.ip() == ip).collect();
    if let Some((why, id)) = answers_for_all(spec, seen, Family::of(ip)) {
        return Verdict::new(subject, Status::Unknown, why).resting_on([id]);
    }
    let ids: Vec<String> = here.iter().map(|o| o.id()).collect();
    if let Some(why) = answers_everywhere(seen, ip) {
        return Verdict::new(subject, Status::Unknown, why).resting_on(ids);
    }
    if let Some(o) = here.iter().find(|o| o.outcome.is_err()) {
        return given(o, subject, |_| unknown("no answer"));
    }
    let ports: Vec<String> = here.iter().map(|o| o.question.at.port().to_string()).collect();
    let message = match here.iter().find(|o| is_open(o)) {
        None => format!("no implausible port takes connections: {}", ports.join(" ")),
        Some(o) => format!("of {} implausible ports only {} takes connections", ports.len(), o.question.at.port()),
    };
    Verdict::new(subject, Status::Pass, message).resting_on(ids)
}

fn decoys(seen: &Seen) -> impl Iterator<Item = &Observation<Knock>> {
    seen.asked::<Knock>().filter(|o| o.question.greet == Greet::Decoy)
}

fn is_open(o: &Observation<Knock>) -> bool {
    matches!(o.outcome, Ok(PortState::Open { .. }))
}

/// Why an open port that says nothing may be nobody's: ports where nothing should be are open as well.
pub(in crate::judge) fn answers_everywhere(seen: &Seen, ip: IpAddr) -> Option<String> {
    let open: Vec<u16> =
        decoys(seen).filter(|o| o.question.at.ip() == ip && is_open(o)).map(|o| o.question.at.port()).collect();
    match open[..] {
        [first, second, ..] => Some(format!(
            "ports {first} and {second} take connections too, where nothing should be: somebody answers for the host"
        )),
        _ => None,
    }
}

/// Why no port of a family is the host's own word, and what shows it: an address of the internet completes a
/// handshake before any router of others was crossed.
pub(in crate::judge) fn answers_for_all(spec: &Spec, seen: &Seen, family: Family) -> Option<(String, String)> {
    let routes = seen.asked::<Route>().filter(|o| Family::of(o.question.to.ip()) == family);
    routes.filter_map(|o| Some((o, o.outcome.as_ref().ok()?))).find_map(|(o, steps)| {
        let to = o.question.to;
        if steps.on_link || reserved(to.ip()).is_some() {
            return None;
        }
        let is_ours = |reply: Option<Reply>| match reply {
            Some(Reply::Expired { by, own }) => own || is_inside(spec, by),
            Some(Reply::Silent) => true,
            _ => false,
        };
        let ttl = match (steps.at(1), steps.at(2)) {
            (Some(Reply::Open), _) => 1,
            (first, Some(Reply::Open)) if is_ours(first) => 2,
            _ => return None,
        };
        let why = format!(
            "{to} takes connections at TTL {ttl}, where no host of the internet is: a proxy of ours answers"
        );
        Some((why, o.id()))
    })
}

/// Why a certificate is not the host's own word.
fn intercepted(spec: &Spec, seen: &Seen, o: &Observation<Session>) -> Option<String> {
    let handshake = o.outcome.as_ref().ok()?;
    let issuer = handshake.local_issuer.as_ref().filter(|_| !leads_to_roots(spec, seen, handshake))?;
    Some(format!(
        "TLS is intercepted here, or {issuer}, which only this machine trusts, is an authority of your own: --cacert"
    ))
}

/// What a check of TLS says where somebody on our side opens it: nothing.
pub(in crate::judge) fn unless_intercepted(spec: &Spec, seen: &Seen, page: &Page, verdict: Verdict) -> Verdict {
    let ip = match &verdict.subject {
        Subject::Url { at: ip, .. } | Subject::Port(_, ip) | Subject::Address(ip) => *ip,
        _ => return verdict,
    };
    if !["certificate", "tls"].contains(&page.family) {
        return verdict;
    }
    let mut sessions = visits(spec, seen).filter(|o| o.question.at.ip == ip);
    match sessions.find_map(|o| Some((o.id(), intercepted(spec, seen, o)?))) {
        None => verdict,
        Some((id, why)) => Verdict::new(verdict.subject, Status::Unknown, why).resting_on([id]),
    }
}

#[cfg(test)]
mod tests;
