//! How far our packets come, hop by hop: SYNs with a limited TTL (RFC 791 §3.2) or hop limit (RFC 8200 §3).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Which hops does a SYN to an open port cross?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Route {
    pub to: SocketAddr,
}

/// Do SYNs to other ports of an address come as far as those to one that is open?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Passage {
    pub to: IpAddr,
    /// The open port that they are compared with.
    pub beside: u16,
    /// Where they are to expire.
    pub ttl: u8,
    pub ports: Vec<u16>,
}

/// What answered a SYN of each TTL, from 1 on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Steps {
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub ttl: u8,
    pub reply: Reply,
}

/// What came back to one SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// Time exceeded; `own`: said by this machine or its network.
    Expired {
        by: IpAddr,
        own: bool,
    },
    Open,
    Refused,
    Rejected {
        by: IpAddr,
    },
    Unreachable {
        by: IpAddr,
    },
    Silent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Crossings {
    /// One for each port asked, in order.
    pub ports: Vec<Crossing>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Crossing {
    pub port: u16,
    /// In order, until one tells.
    pub replies: Vec<Reply>,
    /// What the open port got at the same TTL, beside those that were silent.
    pub beside: Vec<Reply>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "route:{}", self.to)
    }
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        write!(f, "passage:{}:ttl-{}:{}", self.to, self.ttl, ports.join(","))
    }
}
