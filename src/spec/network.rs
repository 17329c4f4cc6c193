//! Address prefixes.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// An address prefix, written `203.0.113.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    pub prefix: IpAddr,
    pub length: u8,
}

impl Network {
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.prefix, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - u32::from(self.length);
                a.to_bits().checked_shr(shift).unwrap_or(0) == b.to_bits().checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - u32::from(self.length);
                a.to_bits().checked_shr(shift).unwrap_or(0) == b.to_bits().checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        }
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        format!("{}/{}", network.prefix, network.length)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let no = || String::from("is no address prefix such as 203.0.113.0/24");
        let (address, length) = text.split_once('/').ok_or_else(no)?;
        let prefix: IpAddr = address.parse().map_err(|_| no())?;
        let length: u8 = length.parse().map_err(|_| no())?;
        let most = if prefix.is_ipv4() { 32 } else { 128 };
        if length <= most { Ok(Self { prefix, length }) } else { Err(no()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses() {
        for (network, ip, want) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.7/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7/32", "203.0.113.7", true),
            ("203.0.113.7/32", "203.0.113.6", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "::1", true),
        ] {
            let held = Network::try_from(String::from(network)).expect("a prefix");
            assert_eq!(held.contains(ip.parse().expect("an address")), want, "{network} {ip}");
        }
        for text in ["203.0.113.0", "203.0.113.0/33", "::/129", "x/8", "203.0.113.0/", "203.0.113.0/-1"] {
            assert!(Network::try_from(String::from(text)).is_err(), "{text}");
        }
    }
}
