//! Fetching a revocation list.

use super::net::Net;
use crate::observation::{Crl, ProbeError, Revocation};

/// # Errors
/// It could not be fetched or read.
pub async fn fetch(_: &Net, _: &Crl) -> Result<Revocation, ProbeError> {
    Err(ProbeError::not_sent("no list is fetched yet"))
}
