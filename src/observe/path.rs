//! SYNs with a limited TTL: which hops they cross.

use super::net::Net;
use crate::observation::{Crossings, Passage, ProbeError, Route, Steps};

/// # Errors
/// This machine cannot ask.
pub async fn route(_: &Net, _: &Route) -> (u8, Result<Steps, ProbeError>) {
    (0, Err(ProbeError::not_sent("paths are not looked at yet")))
}

/// # Errors
/// This machine cannot ask.
pub async fn passage(_: &Net, _: &Passage) -> (u8, Result<Crossings, ProbeError>) {
    (0, Err(ProbeError::not_sent("paths are not looked at yet")))
}
