//! What the domain name system says beside addresses.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Lookup, Observations, registrable};
use crate::target::Family;

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
    /// Names are given by hand (`--resolve`, the demo): nothing was asked.
    pub by_hand: bool,
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
    /// Names are given by hand (the demo): nothing was asked.
    pub by_hand: bool,
    /// The zone that the name is in.
    pub zone: String,
    /// Sorted by name, at most eight.
    pub servers: Vec<NameServer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NameServer {
    pub name: String,
    /// The one that was asked last; `None` when it has none that may be asked.
    pub ip: Option<IpAddr>,
    /// Sorted; or why there is no answer.
    pub addresses: Result<Vec<IpAddr>, String>,
}

impl Authority {
    /// Of the name that the address records belong to, at the end of its aliases. `None` when addresses were given by
    /// hand, or an alias leads to a domain of others: what those say differs by place.
    pub fn of(seen: &Observations, name: &str) -> Option<Self> {
        let lookups = [Family::V4, Family::V6].map(|family| seen.answer(&Lookup { name: name.into(), family }));
        let answers = || lookups.iter().flatten();
        let last = answers().find_map(|answer| answer.aliases.last()).map_or(name, |alias| alias.as_str());
        let is_own = registrable(last) == registrable(name) && answers().all(|answer| !answer.pinned);
        is_own.then(|| Self { name: last.into() })
    }
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
