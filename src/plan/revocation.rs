//! Revocation lists, when the owner asks for them.

use crate::observation::{Observations, Probe};
use crate::spec::Spec;

pub fn questions(_: &Spec, _: &Observations) -> Vec<Probe> {
    vec![]
}
