//! Hellos written by hand, and what comes back to them.

use super::net::Net;
use crate::observation::{Hello, Offered, ProbeError};

/// Sends one hello and reads the answer.
///
/// # Errors
/// Nothing came back that is TLS.
pub async fn offer(_: &Net, _: &Hello) -> (u8, Result<Offered, ProbeError>) {
    (0, Err(ProbeError::not_sent("hellos are not sent yet")))
}
