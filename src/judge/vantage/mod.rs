//! Is this scan evidence at all?

mod dns;
mod origin;

use std::net::{IpAddr, SocketAddr};

use super::{Check, check, given, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Greet, Knock, Lookup, Observation, PortState, Seen};
use crate::spec::Spec;
use crate::target::{Family, Host, reserved};

pub(super) const CHECKS: &[Check] = &[
    check!("vantage/outside-the-host", outside_the_host),
    check!("vantage/families-covered", families_covered),
    check!("vantage/egress-proven", egress_proven),
    check!("vantage/origin-known", origin::known),
    check!("vantage/dns-agrees", dns::agrees),
];

/// A firewall is exercised only from elsewhere, at an address that the internet reaches.
fn outside_the_host(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let doors = seen.vantage().doors.iter().zip(&seen.vantage().behind_doors);
    let through = doors.map(|(door, ip)| {
        let verdict = place(spec, seen, *ip);
        let word = match &verdict.declared {
            Some(word) => format!("{door} (--connect-to), {word}"),
            None => format!("{door} (--connect-to)"),
        };
        if verdict.status == Status::Pass { verdict.declared(word) } else { verdict }
    });
    let mut all = published(spec, seen);
    all.extend(spec.origin.iter().filter(|ip| spec.scope.looks_at(Family::of(**ip))));
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|ip| place(spec, seen, ip)).chain(through).collect()
}

fn place(spec: &Spec, seen: &Seen, ip: IpAddr) -> Verdict {
    let subject = Subject::Address(ip);
    let inside = match reserved(ip) {
        Some(what) => Some(format!("is {what}")),
        None if seen.vantage().own.contains(&ip) => Some("is an address of this machine".into()),
        None => None,
    };
    match inside {
        None => Verdict::new(subject, Status::Pass, "is an address of the internet"),
        Some(what) if spec.vantage.allow_private => {
            Verdict::new(subject, Status::Pass, what).declared("private addresses allowed")
        }
        Some(what) => Verdict::new(
            subject,
            Status::Unknown,
            format!("{what}: from here this says nothing about the internet"),
        ),
    }
}

/// Each family that the site publishes must be seen to work from here.
fn families_covered(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let families = [(Family::V4, "A"), (Family::V6, "AAAA")];
    let verdicts = families.into_iter().flat_map(|(family, record)| {
        let skip = |why: String| vec![Verdict::new(Subject::Name(family.to_string()), Status::Skip, why).unseen()];
        if !spec.scope.looks_at(family) {
            return skip(format!("{family} (left out by hand)"));
        }
        let failed = lookups(spec, seen).find(|o| o.question.family == family && o.outcome.is_err());
        if let Some(o) = failed {
            return vec![given(o, Subject::Name(o.question.name.clone()), |_| unknown("no answer"))];
        }
        let addresses: Vec<IpAddr> =
            published(spec, seen).into_iter().filter(|ip| Family::of(*ip) == family).collect();
        if addresses.is_empty() {
            return skip(format!("no {record} record (an unpublished {family} address was not scanned)"));
        }
        addresses.into_iter().map(|ip| covered(seen, ip)).collect()
    });
    verdicts.collect()
}

fn covered(seen: &Seen, ip: IpAddr) -> Verdict {
    let family = Family::of(ip);
    let subject = Subject::Address(ip);
    if let Some(id) = answers_somewhere(seen, family) {
        return Verdict::new(subject, Status::Pass, format!("{family} answers from here")).resting_on([id]);
    }
    let knocks: Vec<_> = seen.asked::<Knock>().filter(|o| o.question.at.ip() == ip).collect();
    match knocks.iter().find(|o| o.outcome.is_err()) {
        Some(o) => given(o, subject, |_| unknown("no answer")),
        None if knocks.is_empty() => Verdict::new(subject, Status::Unknown, "was not asked from here"),
        None => Verdict::new(subject, Status::Unknown, format!("nothing answers over {family} from here")),
    }
}

/// The first knock that anything of the family answered: the site, or a control of the owner's.
pub(super) fn answers_somewhere(seen: &Seen, family: Family) -> Option<String> {
    let answered = |o: &&Observation<Knock>| {
        Family::of(o.question.at.ip()) == family
            && match o.outcome {
                Ok(PortState::Open { .. } | PortState::Refused) => true,
                Ok(PortState::Rejected { offender }) => !is_doubtful(offender, o.question.at.ip()),
                Ok(PortState::Filtered) | Err(_) => false,
            }
    };
    seen.asked::<Knock>().find(answered).map(Observation::id)
}

/// Whether an ICMP error may come from our own side: a private sender speaks for no address of the internet.
pub(super) fn is_doubtful(offender: IpAddr, at: IpAddr) -> bool {
    offender != at && reserved(offender).is_some() && reserved(at).is_none()
}

/// Silence is "closed" only when our packets are proven to leave.
fn egress_proven(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let silent = |o: &&Observation<Knock>| {
        let ip = o.question.at.ip();
        o.outcome == Ok(PortState::Filtered)
            && !spec.vantage.control.contains(&ip)
            && seen.observations().cdn_at(ip).is_none()
    };
    let verdicts: Vec<Verdict> = seen
        .asked::<Knock>()
        .filter(silent)
        .map(|o| {
            let at = o.question.at;
            let subject = Subject::Port(at.port(), at.ip());
            match egress(spec, seen, at) {
                Egress::Proven { by, id } => Verdict::new(subject, Status::Pass, by).resting_on([id]),
                Egress::Declared => Verdict::new(subject, Status::Pass, "is silent, and egress is assumed")
                    .declared("egress assumed"),
                Egress::Unproven(why) => Verdict::new(subject, Status::Unknown, why).resting_on([o.id()]),
            }
        })
        .collect();
    if !verdicts.is_empty() {
        return verdicts;
    }
    // A knock without an answer may have met silence: then it is not known that no port is silent.
    match seen.asked::<Knock>().find(|o| o.outcome.is_err()) {
        Some(o) => vec![given(o, Subject::Site, |_| unknown("no answer"))],
        None if seen.asked::<Knock>().next().is_some() => {
            vec![Verdict::new(Subject::Site, Status::Skip, "no port is silent")]
        }
        None => vec![],
    }
}

/// What is known of our own way out to a silent port.
pub(super) enum Egress {
    Proven { by: String, id: String },
    Declared,
    Unproven(String),
}

/// A control of the owner's that answers on the same port proves it; the owner's word may stand in.
pub(super) fn egress(spec: &Spec, seen: &Seen, at: SocketAddr) -> Egress {
    let controls: Vec<_> = spec.vantage.controls(at).collect();
    for control in &controls {
        let question = Knock { at: *control, greet: Greet::Nothing, beside: None };
        if let Some(PortState::Open { .. }) = seen.answer(&question) {
            let by = format!("control {} answers on port {}", control.ip(), control.port());
            return Egress::Proven { by, id: crate::observation::id(&question) };
        }
    }
    if spec.vantage.assume_egress {
        return Egress::Declared;
    }
    let why = controls.iter().find_map(|control| {
        let question = Knock { at: *control, greet: Greet::Nothing, beside: None };
        let ip = control.ip();
        Some(match &seen.find(&question)?.outcome {
            Ok(PortState::Filtered) => format!("is silent, and so is control {ip}: it proves nothing"),
            Ok(_) => format!("is silent, and nothing listens there at control {ip}: it proves nothing"),
            Err(error) => format!("is silent, and control {ip} has no answer: {error}"),
        })
    });
    Egress::Unproven(why.unwrap_or_else(|| "is silent, and nothing proves that our packets leave".into()))
}

/// The lookups of the site's own names.
pub(super) fn lookups<'a>(spec: &'a Spec, seen: &'a Seen) -> impl Iterator<Item = &'a Observation<Lookup>> {
    let own = |o: &&Observation<Lookup>| spec.origins().any(|of| of.host.name() == Some(&o.question.name));
    seen.asked::<Lookup>().filter(own)
}

/// Every address that the site's names lead to, probed or not.
pub(super) fn published(spec: &Spec, seen: &Seen) -> Vec<IpAddr> {
    let literal = spec.origins().filter_map(|origin| match origin.host {
        Host::Address(ip) => Some(ip),
        Host::Name(_) => None,
    });
    let found = lookups(spec, seen).filter_map(|o| o.outcome.as_ref().ok()).flat_map(|a| a.addresses.clone());
    let mut all: Vec<IpAddr> = literal.chain(found).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
