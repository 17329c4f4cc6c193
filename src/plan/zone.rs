//! What the domain name system says beside addresses.

use crate::observation::{Observations, Probe};
use crate::spec::Spec;

pub fn questions(_: &Spec, _: &Observations) -> Vec<Probe> {
    vec![]
}
