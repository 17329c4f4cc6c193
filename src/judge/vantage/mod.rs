//! Is this scan evidence at all?

mod egress;
mod honest;
mod refusal;
mod route;

use std::net::IpAddr;

use super::{Check, check, given, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{ErrorKind, Knock, Lookup, Observation, PortState, Seen};
use crate::spec::Spec;
use crate::target::{Family, Host, reserved};

pub(super) use egress::{Egress, egress};
pub(super) use honest::{answers_everywhere, answers_for_all, unless_intercepted};
pub(super) use refusal::{is_doubtful, refusal, rejection};
pub(super) use route::speaks_tls;

pub(super) const CHECKS: &[Check] = &[
    check!("vantage/outside-the-host", outside_the_host),
    check!("vantage/families-covered", families_covered),
    check!("vantage/egress-proven", egress::egress_proven),
    check!("vantage/refusal-comes-from-host", refusal::refusal_comes_from_host),
    check!("vantage/path-honest", honest::path_honest),
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
    published(spec, seen).into_iter().map(|ip| place(spec, seen, ip)).chain(through).collect()
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
        let failed = seen.asked::<Lookup>().find(|o| o.question.family == family && o.outcome.is_err());
        if let Some(o) = failed {
            return vec![given(o, Subject::Name(o.question.name.clone()), |_| unknown("no answer"))];
        }
        let addresses: Vec<IpAddr> =
            published(spec, seen).into_iter().filter(|ip| Family::of(*ip) == family).collect();
        if addresses.is_empty() {
            return skip(format!("no {record} record (an unpublished {family} address was not scanned)"));
        }
        addresses.into_iter().map(|ip| covered(spec, seen, ip)).collect()
    });
    verdicts.collect()
}

fn covered(spec: &Spec, seen: &Seen, ip: IpAddr) -> Verdict {
    let family = Family::of(ip);
    let subject = Subject::Address(ip);
    if let Some(id) = answers_somewhere(spec, seen, family) {
        return Verdict::new(subject, Status::Pass, format!("{family} answers from here")).resting_on([id]);
    }
    let knocks: Vec<_> = seen.asked::<Knock>().filter(|o| o.question.at.ip() == ip).collect();
    match knocks.iter().find(|o| o.outcome.is_err()) {
        Some(o) => given(o, subject, |_| unknown("no answer")),
        None if knocks.is_empty() => Verdict::new(subject, Status::Unknown, "was not asked from here"),
        None => Verdict::new(subject, Status::Unknown, format!("nothing answers over {family} from here")),
    }
}

/// The first knock that anything of the family answered: the site, a control of the owner's, or a router of others.
pub(super) fn answers_somewhere(spec: &Spec, seen: &Seen, family: Family) -> Option<String> {
    let answered = |o: &&Observation<Knock>| {
        Family::of(o.question.at.ip()) == family
            && match &o.outcome {
                Ok(PortState::Open { .. } | PortState::Refused) => true,
                Ok(PortState::Rejected { offender }) => !is_doubtful(spec, seen, *offender, o.question.at.ip()),
                Ok(PortState::Filtered) => false,
                Err(error) => error.kind == ErrorKind::Unreachable,
            }
    };
    seen.asked::<Knock>().find(answered).map(Observation::id)
}

/// Every address that the site's names lead to, probed or not.
pub(super) fn published(spec: &Spec, seen: &Seen) -> Vec<IpAddr> {
    let literal = spec.origins().filter_map(|origin| match origin.host {
        Host::Address(ip) => Some(ip),
        Host::Name(_) => None,
    });
    let found = seen.asked::<Lookup>().filter_map(|o| o.outcome.as_ref().ok()).flat_map(|a| a.addresses.clone());
    let mut all: Vec<IpAddr> = literal.chain(found).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
pub(super) mod tests;
