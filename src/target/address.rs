//! Which addresses the internet reaches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why nobody on the internet reaches an address, or `None` when they do. Documentation prefixes count as reached:
/// nobody but a demonstration or a test uses them (RFC 5737, RFC 3849).
pub fn reserved(ip: IpAddr) -> Option<&'static str> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => find(RESERVED_V4, |(prefix, length)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
            ip.to_bits() & mask == prefix.to_bits()
        }),
        IpAddr::V6(ip) => find(RESERVED_V6, |(prefix, length)| {
            let mask = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
            ip.to_bits() & mask == prefix.to_bits()
        })
        .or_else(|| embedded(ip).and_then(|ip| reserved(ip.into()))),
    }
}

fn find<A: Copy>(table: &[(A, u8, &'static str)], holds: impl Fn(&(A, u8)) -> bool) -> Option<&'static str> {
    table.iter().find(|(prefix, length, _)| holds(&(*prefix, *length))).map(|(.., what)| *what)
}

/// The IPv4 address inside an IPv6 address of a translator (RFC 6052, RFC 3056).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = ip.segments();
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

/// RFC 6890 and its registry.
const RESERVED_V4: &[(Ipv4Addr, u8, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "of this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a provider's NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "reserved for benchmarks"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

const RESERVED_V6: &[(Ipv6Addr, u8, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "private"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discarded"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, "a Teredo tunnel"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "reserved for benchmarks"),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28, "reserved for protocols"),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, "reserved for protocols"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_internet_does_not_reach_is_named() {
        for (ip, want) in [
            ("203.0.113.7", None),
            ("1.1.1.1", None),
            ("2001:db8::7", None),
            ("2606:4700::1111", None),
            ("10.0.0.5", Some("private")),
            ("172.31.255.255", Some("private")),
            ("172.32.0.0", None),
            ("100.64.0.1", Some("shared by a provider's NAT")),
            ("127.0.0.1", Some("loopback")),
            ("0.0.0.0", Some("of this network")),
            ("169.254.169.254", Some("link-local")),
            ("255.255.255.255", Some("reserved")),
            ("::1", Some("loopback")),
            ("::ffff:127.0.0.1", Some("loopback")),
            ("::ffff:203.0.113.7", None),
            ("64:ff9b::10.0.0.1", Some("private")),
            ("2002:7f00:1::", Some("loopback")),
            ("fd00::1", Some("private")),
            ("fe80::1", Some("link-local")),
            ("ff02::1", Some("multicast")),
        ] {
            assert_eq!(reserved(ip.parse().unwrap()), want, "{ip}");
        }
    }
}
