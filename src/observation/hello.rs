//! TLS hellos written by hand: one version or one offer each, to see whether it is taken.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::target::Endpoint;

/// Does the server take this offer?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hello {
    pub at: Endpoint,
    pub offer: Offer,
}

/// What a hello offers, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

/// What came back to a hello. Silence is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Offered {
    /// The server goes on with the handshake.
    Taken(Taken),
    /// An alert, by its name in RFC 8446 §6.
    Alert(String),
    Closed,
    Reset,
}

/// What a server chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// `TLS 1.2`
    pub version: String,
    /// By its name in the registry of IANA.
    pub suite: String,
}

impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let offer = serde_json::to_value(self.offer).unwrap_or_default();
        write!(f, "hello:{}:{}@{}", offer.as_str().unwrap_or_default(), self.at.origin(), self.at.socket())
    }
}
