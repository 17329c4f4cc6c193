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
    /// A port of the same address that answers, asked again and again: what is lost there is lost elsewhere too.
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

/// Silent ports that stand for the others.
const SAMPLES: usize = 8;

impl Swept {
    /// The silent ports that stand for all silent ones, whose way is looked at: the same from run to run. None that
    /// providers commonly block, since its silence may be theirs.
    pub fn sampled(&self, at: IpAddr) -> Vec<u16> {
        sample(&self.silent, at)
    }

    /// The same of those that refuse: whose refusal it is is looked at.
    pub fn sampled_refused(&self, at: IpAddr) -> Vec<u16> {
        sample(&self.refused, at)
    }

    /// Something answers for the host on whatever port is asked.
    pub fn answers_everywhere(&self) -> bool {
        self.stopped.is_some() && self.open.len() > 64
    }
}

fn sample(ports: &PortSet, at: IpAddr) -> Vec<u16> {
    let candidates = ports.iter().filter(|port| !is_often_blocked(*port));
    let mut ranked: Vec<(u64, u16)> = candidates.map(|port| (fixed_hash(at, u64::from(port)), port)).collect();
    if ranked.len() > SAMPLES {
        ranked.select_nth_unstable(SAMPLES);
    }
    let mut sampled: Vec<u16> = ranked.into_iter().take(SAMPLES).map(|(_, port)| port).collect();
    sampled.sort_unstable();
    sampled
}

/// Mail and file sharing, which providers block on their customers' side.
pub fn is_often_blocked(port: u16) -> bool {
    matches!(port, 25 | 135..=139 | 445)
}

/// FNV-1a of an address and a number: any spread will do, so that it is the same on each machine.
pub fn fixed_hash(ip: IpAddr, number: u64) -> u64 {
    let bytes = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let all = bytes.into_iter().chain(number.to_be_bytes());
    let hash = all.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // Its high bits change little with the last byte (the finaliser of SplitMix64 spreads them).
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "sweep:{}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_silent_ports_stand_for_the_others_always_the_same_ones() {
        let at = "203.0.113.7".parse().unwrap();
        let silent = |ports: &[u16]| Swept { silent: ports.iter().copied().collect(), ..Swept::default() };
        for (ports, count) in [
            (&[][..], 0),
            (&[25, 135, 137, 139, 445], 0),
            (&[25, 445, 2375], 1),
            (&[21, 23, 53, 110, 111, 143, 445, 993, 995, 2375, 9000], 8),
        ] {
            let swept = silent(ports);
            let sampled = swept.sampled(at);
            assert_eq!(sampled.len(), count, "{ports:?}");
            assert_eq!(sampled, swept.sampled(at));
            assert!(sampled.iter().all(|port| ports.contains(port) && !is_often_blocked(*port)));
        }
        let all: Vec<u16> = (1..=1_000).collect();
        let sampled = silent(&all).sampled(at);
        assert_ne!(sampled, silent(&all).sampled("203.0.113.8".parse().unwrap()));
        assert!(sampled[7] - sampled[0] > 100, "{sampled:?}");
    }
}
