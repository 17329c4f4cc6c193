//! TLS offers, one at a time.

use super::names::distinct_places;
use crate::observation::{Hello, Observations, Offer, Probe};
use crate::spec::Spec;

/// Every offer at each place. Where the port is shut, sessions and visits have found it so and nothing is sent.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let each = |at| Offer::ALL.map(|offer| Hello { at: Clone::clone(&at), offer }.into());
    distinct_places(spec, seen).into_iter().flat_map(each).collect()
}
