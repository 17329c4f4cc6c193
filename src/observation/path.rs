//! How far our packets come, hop by hop: SYNs with a limited TTL (RFC 791 §3.2) or hop limit (RFC 8200 §3).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::target::reserved;

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
    pub seek: Seek,
    pub ports: Vec<u16>,
}

/// What would tell. The other is not asked for again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Seek {
    /// The ports are silent: do SYNs come so far?
    Arrival,
    /// The ports refuse: does somebody refuse already here?
    Refusal,
}

/// What answered a SYN of each TTL, from 1 on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Steps {
    pub steps: Vec<Step>,
    /// The target lies on a network of this machine's.
    #[serde(default)]
    pub on_link: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Time exceeded; `own`: said by this machine.
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
    /// This machine could not send it.
    Unsent,
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
    /// What the open port got at the same TTL, each time right after this one was silent.
    pub beside: Vec<Reply>,
    /// The deepest hop that answered, where this one does not.
    pub last: Option<Step>,
}

/// How far a route was seen to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How many hops away the target answers.
    pub distance: Option<u8>,
    /// The deepest hop before it that answers and is not our own; 0 where none does.
    pub deepest: u8,
    /// The last hop that belongs to our own network, or may; 0 where none does.
    pub border: u8,
    /// Two hops beyond the border are of different networks.
    foreign: bool,
}

impl Steps {
    /// `is_own`: the owner says that an address is of our own network.
    pub fn reach(&self, target: IpAddr, is_own: impl Fn(IpAddr) -> bool) -> Reach {
        let distance = self.steps.iter().find(|step| step.is_at(target)).map(|step| step.ttl);
        let before = self.steps.iter().filter(|step| distance.is_none_or(|distance| step.ttl < distance));
        let hops: Vec<(u8, IpAddr, bool)> = before
            .filter_map(|step| match step.reply {
                Reply::Expired { by, own } => Some((step.ttl, by, own || is_own(by))),
                _ => None,
            })
            .collect();
        let last = |hops: &mut dyn Iterator<Item = u8>| hops.max().unwrap_or(0);
        let border =
            last(&mut hops.iter().filter(|(_, by, own)| *own || reserved(*by).is_some()).map(|(ttl, ..)| *ttl));
        let deepest = last(&mut hops.iter().filter(|(.., own)| !own).map(|(ttl, ..)| *ttl));
        let mut beyond = hops.iter().filter(|(ttl, ..)| *ttl > border).map(|(_, by, _)| network(*by));
        let foreign = beyond.next().is_some_and(|first| beyond.any(|other| other != first));
        Reach { distance, deepest, border, foreign }
    }

    /// What answered a SYN of that TTL.
    pub fn at(&self, ttl: u8) -> Option<Reply> {
        self.steps.iter().find(|step| step.ttl == ttl).map(|step| step.reply)
    }
}

/// A /16 of IPv4, a /32 of IPv6: about what one operator has.
fn network(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits() >> 16,
        IpAddr::V6(ip) => (u32::from(ip.segments()[0]) << 16) | u32::from(ip.segments()[1]),
    }
}

impl Reach {
    /// The target's last router answers, and two hops lie between it and our own network: who arrives there has
    /// passed whatever filters on our side. A single router between may be our own.
    pub fn is_edge(&self) -> bool {
        self.is_outside() && self.distance.is_some_and(|distance| distance >= 3 && self.deepest + 1 == distance)
    }

    /// Networks of others were crossed. The deepest hop may be the one that drops, and may be ours all the same.
    pub fn is_beyond(&self) -> bool {
        self.is_outside() && self.foreign
    }

    fn is_outside(&self) -> bool {
        self.deepest >= self.border + 2
    }

    /// The hop before the target, where it is known not to be ours alone.
    pub fn last_router(&self) -> Option<u8> {
        self.distance.filter(|distance| *distance >= 3).map(|distance| distance - 1)
    }
}

impl Step {
    /// Whether the target itself answered.
    pub fn is_at(&self, target: IpAddr) -> bool {
        match self.reply {
            Reply::Open => true,
            // A published container sits one hop deeper than its host.
            Reply::Expired { by, .. } => by == target,
            _ => false,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "route:{}", self.to)
    }
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        let seek = match self.seek {
            Seek::Arrival => "passage",
            Seek::Refusal => "refusal",
        };
        write!(f, "{seek}:{}:ttl-{}:{}", self.to, self.ttl, ports.join(","))
    }
}

#[cfg(test)]
impl Steps {
    /// What answers from TTL 1 on: an address, `-` for silence, `open`; after `!` an address of this machine.
    pub fn of(hops: &str) -> Self {
        let expired = |by: &str, own| Reply::Expired { by: by.parse().expect("an address"), own };
        let reply = |word: &str| match (word, word.strip_prefix('!')) {
            ("-", _) => Reply::Silent,
            ("open", _) => Reply::Open,
            (_, Some(by)) => expired(by, true),
            (by, None) => expired(by, false),
        };
        let steps = hops.split(' ').zip(1..).map(|(word, ttl)| Step { ttl, reply: reply(word) });
        Self { steps: steps.collect(), on_link: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "203.0.113.7";

    /// The owner's network is 192.0.2.0/24.
    fn reach(hops: &str) -> Reach {
        let own = |ip: IpAddr| ip.to_string().starts_with("192.0.2.");
        Steps::of(hops).reach(TARGET.parse().unwrap(), own)
    }

    #[test]
    fn how_far_a_route_is_seen_decides_what_it_proves() {
        for (hops, distance, deepest, border, edge, beyond) in [
            ("10.0.0.1 198.51.100.1 198.51.100.2 open", Some(4), 3, 1, true, false),
            // The TTLs after the target's are asked in the same batch.
            ("198.51.100.1 198.51.100.2 open open open", Some(3), 2, 0, true, false),
            // A container that the host publishes.
            ("10.0.0.1 198.51.100.1 198.51.100.2 203.0.113.7 open", Some(4), 3, 1, true, false),
            ("10.0.0.1 198.51.100.1 203.0.114.1 open", Some(4), 3, 1, true, true),
            // The last router is silent.
            ("10.0.0.1 198.51.100.1 - open", Some(4), 2, 1, false, false),
            ("10.0.0.1 198.51.100.1 203.0.114.1 - open", Some(5), 3, 1, false, true),
            ("10.0.0.1 - - open", Some(4), 1, 1, false, false),
            // A silent one in between may be ours or not: what is beyond it counts.
            ("- - 198.51.100.2 open", Some(4), 3, 0, true, false),
            // All routers are private, or declared our own.
            ("10.0.0.1 10.0.1.1 10.0.2.1 open", Some(4), 3, 3, false, false),
            ("192.0.2.1 192.0.2.2 198.51.100.2 open", Some(4), 3, 2, false, false),
            ("192.0.2.1 198.51.100.1 192.0.2.3 open", Some(4), 2, 3, false, false),
            ("192.0.2.1 198.51.100.1 198.51.100.2 open", Some(4), 3, 1, true, false),
            ("!198.51.100.9 198.51.100.1 198.51.100.2 open", Some(4), 3, 1, true, false),
            // One router between: it may be ours.
            ("198.51.100.1 open", Some(2), 1, 0, false, false),
            ("open", Some(1), 0, 0, false, false),
            ("198.51.100.1 198.51.100.2 - -", None, 2, 0, false, false),
            ("- - - -", None, 0, 0, false, false),
        ] {
            let reach = reach(hops);
            assert_eq!((reach.distance, reach.deepest, reach.border), (distance, deepest, border), "{hops}");
            assert_eq!((reach.is_edge(), reach.is_beyond()), (edge, beyond), "{hops}");
        }
    }
}
