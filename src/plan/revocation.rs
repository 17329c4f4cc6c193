//! Revocation lists, when the owner asks for them. The one question whose address the target says.

use super::names::places;
use crate::observation::{Crl, Observations, Probe, Session};
use crate::spec::Spec;

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    if !spec.certificate.revocation {
        return vec![];
    }
    let anchors = spec.certificate.roots.anchors();
    let sessions = places(spec, seen).into_iter().map(Session::of);
    let lists = sessions.filter_map(|session| Some(Crl::of(seen.answer(&session)?, &anchors)));
    lists.flatten().map(Probe::from).collect()
}

/// At most how many are asked.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    if spec.certificate.revocation { places(spec, seen).len() * Crl::MOST } else { 0 }
}
