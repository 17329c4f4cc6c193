//! A certificate revocation list (RFC 5280 §5), fetched when the owner asks for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Does the list at this address hold the serial number?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Crl {
    pub url: String,
    /// In hexadecimal digits.
    pub serial: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    pub revoked: bool,
}

impl fmt::Display for Crl {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "crl:{}:{}", self.url, self.serial)
    }
}
