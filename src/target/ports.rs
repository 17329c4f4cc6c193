//! Sets of ports, written as people write them: `21-23,25`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Both ends included, none of them 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

/// Ports in order, as few ranges as there can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct PortSet(Vec<PortRange>);

impl PortSet {
    pub fn ranges(&self) -> &[PortRange] {
        &self.0
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().flat_map(|range| range.first..=range.last)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|range| usize::from(range.last - range.first) + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are not in the other set.
    pub fn without(&self, other: &Self) -> Self {
        let mut taken = other.iter().peekable();
        let left = self.iter().filter(|port| {
            while taken.next_if(|other| other < port).is_some() {}
            taken.peek() != Some(port)
        });
        left.collect()
    }

    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|range| (range.first..=range.last).contains(&port))
    }
}

/// Any order, any number of times; port 0 is no port.
impl FromIterator<u16> for PortSet {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        let mut ports: Vec<u16> = ports.into_iter().filter(|port| *port > 0).collect();
        ports.sort_unstable();
        let mut ranges: Vec<PortRange> = vec![];
        for port in ports {
            match ranges.last_mut() {
                Some(range) if port <= range.last.saturating_add(1) => range.last = port,
                _ => ranges.push(PortRange { first: port, last: port }),
            }
        }
        Self(ranges)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bound = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (bound(first), bound(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err("is no range of ports".into()),
        }
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let ranges: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&ranges.join(","))
    }
}

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> Self {
        range.to_string()
    }
}

impl TryFrom<String> for PortSet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let ranges: Result<Vec<PortRange>, String> =
            text.split(',').filter(|part| !part.is_empty()).map(str::parse).collect();
        Ok(ranges?.into_iter().flat_map(|range| range.first..=range.last).collect())
    }
}

impl From<PortSet> for String {
    fn from(ports: PortSet) -> Self {
        ports.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_is_what_it_holds(
            one in proptest::collection::btree_set(1u16..=80, 0..60),
            other in proptest::collection::btree_set(1u16..=80, 0..60),
        ) {
            let (a, b): (PortSet, PortSet) = (one.iter().copied().collect(), other.iter().copied().collect());
            prop_assert!(a.iter().eq(one.iter().copied()));
            prop_assert!(a.ranges().windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
            let left: BTreeSet<u16> = a.without(&b).iter().collect();
            prop_assert_eq!(left, &one - &other);
        }
    }

    #[test]
    fn a_set_is_written_as_ranges_and_read_again() {
        for (ports, text) in [
            (&[][..], ""),
            (&[22], "22"),
            (&[25, 21, 23, 22, 22], "21-23,25"),
            (&[0, 1, 65_535, 65_534], "1,65534-65535"),
        ] {
            let set: PortSet = ports.iter().copied().collect();
            assert_eq!(set.to_string(), text);
            assert_eq!(PortSet::try_from(text.to_string()), Ok(set.clone()));
            assert_eq!(set.len(), set.iter().count());
        }
        for text in ["0", "2-1", "70000", "a", "1-2-3"] {
            assert!(PortSet::try_from(text.to_string()).is_err(), "{text}");
        }
    }
}
