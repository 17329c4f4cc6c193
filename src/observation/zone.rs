//! What the domain name system says beside addresses.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The certification authorities that may issue for a name (RFC 8659).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Caa {
    pub name: String,
}

/// What every authoritative server of the zone says of a name's addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Authority {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Authorisations {
    /// The name that has the records: the asked one or one above it.
    pub at: Option<String>,
    pub records: Vec<CaaRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CaaRecord {
    pub critical: bool,
    pub tag: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Authorities {
    pub servers: Vec<NameServer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NameServer {
    pub name: String,
    pub ip: IpAddr,
    /// Sorted; or why there is no answer.
    pub addresses: Result<Vec<IpAddr>, String>,
}

impl fmt::Display for Caa {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "caa:{}", self.name)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "authority:{}", self.name)
    }
}
