//! The www name or the apex that nobody declared.

use crate::observation::{Observations, Probe};
use crate::spec::Spec;

pub fn questions(_: &Spec, _: &Observations) -> Vec<Probe> {
    vec![]
}
