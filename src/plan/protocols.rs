//! HTTP/2 and HTTP/3.

use crate::observation::{Observations, Probe};
use crate::spec::Spec;

pub fn questions(_: &Spec, _: &Observations) -> Vec<Probe> {
    vec![]
}
