//! TLS offers, one at a time.

use crate::observation::{Observations, Probe};
use crate::spec::Spec;

pub fn questions(_: &Spec, _: &Observations) -> Vec<Probe> {
    vec![]
}
