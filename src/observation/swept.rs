//! Many ports of one address at once.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::target::PortSet;

/// Which of these ports take connections?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sweep {
    pub at: IpAddr,
    pub ports: PortSet,
    /// An open port of the same address, asked again and again: what is lost there is lost elsewhere too.
    pub beside: u16,
}

/// Every port that was asked for stands in exactly one of the sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Swept {
    pub open: PortSet,
    pub refused: PortSet,
    pub rejected: Vec<Rejections>,
    pub silent: PortSet,
    /// Nothing is known of these.
    pub unknown: PortSet,
    /// Why there are such.
    pub stopped: Option<String>,
    pub rounds: u8,
    pub probes: u32,
    /// Knocks on the open port beside, and how many of them got no answer.
    pub canaries: u32,
    pub canaries_lost: u32,
}

/// Ports that one sender of ICMP errors rejects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rejections {
    pub offender: IpAddr,
    pub ports: PortSet,
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "sweep:{}", self.at)
    }
}
