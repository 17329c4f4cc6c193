//! A QUIC handshake.

use super::net::Net;
use crate::observation::{ProbeError, Quic, QuicHandshake};

/// # Errors
/// UDP silence, or a handshake that fails.
pub async fn shake_hands(_: &Net, _: &Quic) -> Result<QuicHandshake, ProbeError> {
    Err(ProbeError::not_sent("QUIC is not spoken yet"))
}
