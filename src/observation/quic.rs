//! A QUIC handshake (RFC 9001), to see whether an announced HTTP/3 answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::Endpoint;

/// Does a QUIC handshake with ALPN `h3` end well? Over UDP, at the port of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quic {
    pub at: Endpoint,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuicHandshake {
    pub alpn: Option<String>,
}

impl fmt::Display for Quic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "quic:{}@{}", self.at.origin(), self.at.socket())
    }
}
