//! The bytes of a hello.

use crate::observation::{Group, Offer, Suite, Version};

/// A hello in one record. `random` is the client's, its key share and its session id.
pub fn hello(offer: Offer, name: Option<&str>, random: &[u8; 96]) -> Vec<u8> {
    let version = offer.version();
    let (nonce, rest) = random.split_at(32);
    let (session, share) = rest.split_at(32);
    let mut body = version.min(Version::Tls12).number().to_be_bytes().to_vec();
    body.extend(nonce);
    // RFC 8446 §D.4: middleboxes know a session id.
    put(&mut body, 1, if version == Version::Tls13 { session } else { &[] });
    let mut numbers = numbers(suites(offer).into_iter().map(|suite| suite.0));
    if version < Version::Tls13 {
        // RFC 5746 §3.3: the signalling suite stands for an empty renegotiation_info.
        numbers.extend([0x00, 0xff]);
    }
    put(&mut body, 2, &numbers);
    put(&mut body, 1, if offer == Offer::Compression { &[1, 0] } else { &[0] });
    if version > Version::Ssl3 {
        let extensions = padded(extensions(offer, name, share), body.len());
        put(&mut body, 2, &extensions);
    }
    let mut message = vec![1];
    put(&mut message, 3, &body);
    // RFC 8446 §5.1: a first record of another version is refused by old servers.
    let mut record = vec![22];
    record.extend(version.min(Version::Tls10).number().to_be_bytes());
    put(&mut record, 2, &message);
    record
}

/// The suites of an offer, the newest first.
pub fn suites(offer: Offer) -> Vec<Suite> {
    let list: &[u16] = match offer {
        Offer::Chrome => &CHROME,
        Offer::Firefox => &FIREFOX,
        Offer::Safari => &SAFARI,
        _ => &[],
    };
    if !list.is_empty() {
        return list.iter().copied().map(Suite).collect();
    }
    let is_offered = |suite: &Suite| match offer {
        Offer::Ssl3 | Offer::Tls10 | Offer::Tls11 => suite.predates_tls12(),
        Offer::WeakTls10 => suite.predates_tls12() && suite.is_weak(),
        Offer::Tls13 | Offer::PostQuantum => suite.is_of_tls13(),
        Offer::Tls12 | Offer::Compression => !suite.is_weak() && !suite.is_of_tls13(),
        Offer::StaticRsa => !suite.is_weak() && suite.has("TLS_RSA_"),
        Offer::Cbc => !suite.is_weak() && suite.has("_ECDHE_") && suite.has("_CBC_"),
        Offer::Dhe => !suite.is_weak() && suite.has("_DHE_"),
        _ => offer.weakness().is_some_and(|part| suite.has(part)),
    };
    let mut all: Vec<Suite> = Suite::all().filter(is_offered).collect();
    all.reverse();
    all
}

fn extensions(offer: Offer, name: Option<&str>, share: &[u8]) -> Vec<u8> {
    let version = offer.version();
    let mut all = vec![];
    if let Some(name) = name {
        let mut entry = vec![0];
        put(&mut entry, 2, name.as_bytes());
        extension(&mut all, 0, &listed(2, &entry));
    }
    if matches!(offer, Offer::Chrome | Offer::Firefox | Offer::Safari) {
        extension(&mut all, 23, &[]);
        extension(&mut all, 0xff01, &[0]);
    }
    extension(&mut all, 10, &listed(2, &numbers(groups(offer).iter().map(|group| group.0))));
    // Uncompressed points.
    extension(&mut all, 11, &[1, 0]);
    if version >= Version::Tls12 {
        extension(&mut all, 13, &listed(2, &numbers(signatures(offer).iter().copied())));
    }
    // status_request for OCSP, and signed_certificate_timestamp.
    extension(&mut all, 5, &[1, 0, 0, 0, 0]);
    extension(&mut all, 18, &[]);
    if matches!(offer, Offer::Chrome | Offer::Firefox | Offer::Safari) {
        extension(&mut all, 16, &listed(2, b"\x02h2\x08http/1.1"));
    }
    if version == Version::Tls13 {
        let is_browser = !matches!(offer, Offer::Tls13 | Offer::PostQuantum);
        let versions: &[u8] = if is_browser { &[3, 4, 3, 3] } else { &[3, 4] };
        extension(&mut all, 43, &listed(1, versions));
        extension(&mut all, 45, &[1, 1]);
        let mut entry = vec![];
        if offer != Offer::PostQuantum {
            entry.extend(Group::X25519.0.to_be_bytes());
            put(&mut entry, 2, share);
        }
        // An empty list asks the server which group it would have (RFC 8446 §4.2.8).
        extension(&mut all, 51, &listed(2, &entry));
    }
    all
}

fn groups(offer: Offer) -> &'static [Group] {
    const ALL: [Group; 10] = [
        Group::X25519,
        Group::P256,
        Group::P384,
        Group::P521,
        Group::X448,
        Group(0x100),
        Group(0x101),
        Group(0x102),
        Group(0x1a),
        Group(0x1b),
    ];
    match offer {
        Offer::PostQuantum => &[Group::X25519_MLKEM768],
        Offer::Chrome => &[Group::X25519_MLKEM768, Group::X25519, Group::P256, Group::P384],
        Offer::Safari => &[Group::X25519_MLKEM768, Group::X25519, Group::P256, Group::P384, Group::P521],
        Offer::Firefox => &[
            Group::X25519_MLKEM768,
            Group::X25519,
            Group::P256,
            Group::P384,
            Group::P521,
            Group(0x100),
            Group(0x101),
        ],
        // RFC 7919 §4: a server that sees groups of its own kind refuses a prime of its own.
        Offer::Dhe => &ALL[..5],
        _ => &ALL,
    }
}

/// Everything, or a server with an old certificate refuses; browsers offer what they do.
fn signatures(offer: Offer) -> &'static [u16] {
    const ALL: [u16; 18] = [
        0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501,
        0x0601, 0x0203, 0x0201, 0x0402, 0x0202,
    ];
    match offer {
        Offer::Chrome => &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
        Offer::Firefox => {
            &[0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201]
        }
        Offer::Safari => &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201],
        _ => &ALL,
    }
}

/// RFC 7685: some servers hang on a hello of 256 to 511 bytes.
fn padded(mut extensions: Vec<u8>, before: usize) -> Vec<u8> {
    let length = 4 + before + 2 + extensions.len();
    if (256..512).contains(&length) {
        extension(&mut extensions, 21, &vec![0; 512_usize.saturating_sub(length + 4)]);
    }
    extensions
}

fn extension(all: &mut Vec<u8>, number: u16, data: &[u8]) {
    all.extend(number.to_be_bytes());
    put(all, 2, data);
}

fn listed(width: usize, data: &[u8]) -> Vec<u8> {
    let mut list = vec![];
    put(&mut list, width, data);
    list
}

/// A vector after its length in so many bytes (RFC 8446 §3.4).
fn put(to: &mut Vec<u8>, width: usize, data: &[u8]) {
    to.extend(&(data.len() as u32).to_be_bytes()[4 - width..]);
    to.extend(data);
}

fn numbers(list: impl Iterator<Item = u16>) -> Vec<u8> {
    list.flat_map(u16::to_be_bytes).collect()
}

/// Chrome 131 and later.
const CHROME: [u16; 15] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
    0x002f, 0x0035,
];

/// Firefox 132 and later.
const FIREFOX: [u16; 17] = [
    0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014,
    0x009c, 0x009d, 0x002f, 0x0035,
];

/// Safari 18 and later.
const SAFARI: [u16; 20] = [
    0x1302, 0x1303, 0x1301, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0xc00a, 0xc009, 0xc014, 0xc013,
    0x009d, 0x009c, 0x0035, 0x002f, 0xc008, 0xc012, 0x000a,
];

#[cfg(test)]
mod tests {
    use rustls::server::Acceptor;

    use super::*;

    fn accepted(offer: Offer, name: Option<&str>) -> (Option<String>, usize) {
        let bytes = hello(offer, name, &[7; 96]);
        let mut acceptor = Acceptor::default();
        acceptor.read_tls(&mut &bytes[..]).unwrap();
        let accepted = acceptor.accept().ok().flatten().expect("a hello");
        let hello = accepted.client_hello();
        (hello.server_name().map(String::from), hello.cipher_suites().len())
    }

    /// Another implementation reads what is written.
    #[test]
    fn a_hello_is_read_as_it_is_meant() {
        for offer in Offer::ALL.into_iter().filter(|offer| offer.version() >= Version::Tls12) {
            let signal = usize::from(offer.version() < Version::Tls13);
            let all = suites(offer).len() + signal;
            assert_eq!(accepted(offer, Some("app.example.com")), (Some("app.example.com".into()), all));
            assert_eq!(accepted(offer, None), (None, all));
        }
    }

    #[test]
    fn every_offer_is_itself_and_not_too_long() {
        for offer in Offer::ALL {
            let suites = suites(offer);
            assert!(!suites.is_empty() && suites.len() < 128, "{offer}: {}", suites.len());
            assert!(suites.iter().all(|suite| suite.name().is_some()), "{offer}");
            if offer.weakness().is_some() || offer == Offer::WeakTls10 {
                assert!(suites.iter().all(|suite| suite.is_weak()), "{offer}");
            }
            let bytes = hello(offer, Some("app.example.com"), &[7; 96]);
            let message = bytes.len() - 5;
            assert!(!(256..512).contains(&message) && message < 1200, "{offer}: {message} bytes");
            let length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
            assert_eq!(message, length, "{offer}");
        }
        assert_eq!(suites(Offer::StaticRsa).iter().filter(|suite| suite.is_forward_secret()).count(), 0);
        assert!(suites(Offer::Cbc).iter().all(|suite| suite.is_forward_secret()));
    }

    #[test]
    fn an_old_hello_says_its_version_and_nothing_newer() {
        for (offer, record, client) in [
            (Offer::Ssl3, [3, 0], [3, 0]),
            (Offer::Tls10, [3, 1], [3, 1]),
            (Offer::Tls11, [3, 1], [3, 2]),
            (Offer::Tls12, [3, 1], [3, 3]),
            (Offer::Chrome, [3, 1], [3, 3]),
        ] {
            let bytes = hello(offer, None, &[7; 96]);
            assert_eq!((&bytes[1..3], &bytes[9..11]), (&record[..], &client[..]), "{offer}");
        }
    }
}
