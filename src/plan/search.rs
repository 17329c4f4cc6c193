//! Pages and their scripts, searched for secrets.

use super::names::distinct_places;
use crate::observation::{Observations, Probe, Search};
use crate::spec::Spec;

/// One search a place: the front page and the owner's own.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let front = (!spec.paths.iter().any(|path| path == "/")).then(|| "/".to_string());
    let paths: Vec<String> = front.into_iter().chain(spec.paths.iter().cloned()).collect();
    let places = distinct_places(spec, seen).into_iter();
    places.map(|at| Search { at, paths: paths.clone() }.into()).collect()
}
