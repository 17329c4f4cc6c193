use proptest::prelude::*;

use super::*;
use crate::observation::Offered::{Alert, Closed};

fn number(width: usize, value: usize) -> Vec<u8> {
    (value as u32).to_be_bytes()[4 - width..].to_vec()
}

fn vector(width: usize, data: &[u8]) -> Vec<u8> {
    [&number(width, data.len())[..], data].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vector(3, body)].concat()
}

fn record(kind: u8, fragment: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vector(2, fragment)].concat()
}

fn server_hello(version: u16, suite: u16, compression: u8, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let list = extensions.iter().flat_map(|(n, data)| [&number(2, (*n).into())[..], &vector(2, data)].concat());
    let list: Vec<u8> = list.collect();
    let head = [&number(2, version.into())[..], &[7; 32], &vector(1, &[9; 32]), &number(2, suite.into())].concat();
    let list = if extensions.is_empty() { vec![] } else { vector(2, &list) };
    message(2, &[&head[..], &[compression], &list].concat())
}

fn chain(list: &[&[u8]]) -> Vec<u8> {
    message(11, &vector(3, &list.iter().flat_map(|der| vector(3, der)).collect::<Vec<u8>>()))
}

/// Everything that a server of TLS 1.2 says in clear.
fn flight() -> Vec<u8> {
    let timestamps = vector(2, &[vector(2, b"first"), vector(2, b"second")].concat());
    let hello = server_hello(0x0303, 0xc02f, 0, &[(0xff01, vec![0]), (18, timestamps), (5, vec![])]);
    let staple = message(22, &[&[1][..], &vector(3, b"staple")].concat());
    let exchange = message(12, &[&[3, 0, 0x1d][..], &vector(1, &[5; 32]), &[4, 3], &vector(2, &[6; 70])].concat());
    [hello, chain(&[b"leaf", b"middle"]), staple, exchange, message(13, &[0; 8]), message(14, &[])].concat()
}

fn read(bytes: &[u8], piece: usize) -> Result<Option<Offered>, Fault> {
    let mut reading = Reading::new(true);
    for piece in bytes.chunks(piece) {
        if let Some(offered) = reading.push(piece)? {
            return Ok(Some(offered));
        }
    }
    Ok(None)
}

fn taken(bytes: &[u8]) -> Taken {
    match read(bytes, bytes.len()) {
        Ok(Some(Offered::Taken(taken))) => taken,
        other => panic!("{other:?}"),
    }
}

fn is_whole(taken: &Taken) -> bool {
    let base64 = |text: &str| STANDARD.encode(text);
    taken.version == Version::Tls12
        && taken.suite == Suite(0xc02f)
        && taken.group == Some(Group::X25519)
        && taken.renegotiation_info
        && !taken.compressed
        && taken.chain == ["leaf", "middle"].map(base64)
        && taken.scts == ["first", "second"].map(base64)
        && taken.ocsp.as_deref() == Some(&base64("staple"))
}

#[test]
fn a_flight_is_read_whatever_pieces_it_comes_in() {
    let flight = flight();
    assert!(is_whole(&taken(&record(22, &flight))));
    for size in [1, 2, 7, 100, 16_384] {
        let records: Vec<u8> = flight.chunks(size).flat_map(|part| record(22, part)).collect();
        for piece in [1, 3, 4096] {
            let Ok(Some(Offered::Taken(taken))) = read(&records, piece) else { panic!("{size} {piece}") };
            assert!(is_whole(&taken), "{taken:?}");
        }
    }
    let mut reading = Reading::new(false);
    let Ok(Some(Offered::Taken(short))) = reading.push(&record(22, &flight)) else { panic!() };
    assert!(short.chain.is_empty() && short.scts.is_empty() && short.ocsp.is_none() && short.group.is_some());
}

#[test]
fn versions_and_groups_are_where_their_version_puts_them() {
    let tls13 = |share: Vec<u8>| server_hello(0x0303, 0x1301, 0, &[(43, vec![3, 4]), (51, share)]);
    let retry = taken(&record(22, &tls13(vec![0x11, 0xec])));
    assert_eq!((retry.version, retry.group), (Version::Tls13, Some(Group::X25519_MLKEM768)));
    let share = [&[0, 0x1d][..], &vector(2, &[8; 32])].concat();
    assert_eq!(taken(&record(22, &tls13(share))).group, Some(Group::X25519));

    let done = message(14, &[]);
    let old = |version, suite, exchange: &[u8]| {
        record(22, &[&server_hello(version, suite, 1, &[]), &chain(&[]), exchange, &done].concat())
    };
    let ssl3 = taken(&old(0x0300, 0x0005, &[]));
    assert_eq!((ssl3.version, ssl3.compressed, ssl3.renegotiation_info), (Version::Ssl3, true, false));
    for (prime, bits) in [
        (vec![0xff; 128], 1024),
        ([&[0][..], &[0x80; 256]].concat(), 2048),
        ([&[0x01][..], &[0; 127]].concat(), 1017),
        (vec![0, 0], 0),
        (vec![], 0),
    ] {
        let exchange = message(12, &[vector(2, &prime), vector(2, &[2])].concat());
        assert_eq!(taken(&old(0x0301, 0x0033, &exchange)).dh_bits, Some(bits));
    }
}

#[test]
fn a_chain_is_kept_up_to_sixteen() {
    for (count, kept, cut) in [(0, 0, false), (16, 16, false), (17, 16, true)] {
        let flight = [server_hello(0x0303, 0x009c, 0, &[]), chain(&vec![&b"x"[..]; count]), message(14, &[])];
        let taken = taken(&record(22, &flight.concat()));
        assert_eq!((taken.chain.len(), taken.chain_cut), (kept, cut));
    }
}

#[test]
fn alerts_end_it_and_warnings_do_not() {
    let alert = |level, number| record(21, &[level, number]);
    let named = |name: &str| Ok(Some(Alert(name.into())));
    for (bytes, want) in [
        (alert(2, 40), named("handshake_failure")),
        (alert(2, 70), named("protocol_version")),
        (alert(1, 40), named("handshake_failure")),
        (alert(2, 112), named("unrecognized_name")),
        (alert(2, 199), named("number 199")),
        (alert(1, 0), Ok(Some(Closed))),
        (alert(1, 112), Ok(None)),
        ([alert(1, 112), alert(2, 40)].concat(), named("handshake_failure")),
        (record(21, &[1, 112, 2, 40]), named("handshake_failure")),
        ([record(21, &[2]), record(21, &[47])].concat(), named("illegal_parameter")),
        // A hello that is taken back before the end of the flight was not taken.
        ([record(22, &server_hello(0x0301, 0xc013, 0, &[])), alert(2, 80)].concat(), named("internal_error")),
    ] {
        assert_eq!(read(&bytes, bytes.len()), want, "{bytes:?}");
        assert_eq!(read(&bytes, 1), want);
    }
    let Ok(Some(Offered::Taken(_))) = read(&[alert(1, 112), record(22, &flight())].concat(), 9) else { panic!() };
}

#[test]
fn what_is_no_answer_says_so() {
    for (bytes, want) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Fault::NotTls),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), Fault::NotTls),
        (vec![22, 9, 9, 0, 1, 0], Fault::NotTls),
        (vec![0x80, 0x2e, 4, 0, 1], Fault::NotTls),
        (vec![23, 3, 3, 0, 1, 0], Fault::NotTls),
        (vec![22, 3, 3, 0xff, 0xff], Fault::Broken("a record that is too long")),
        (record(22, &message(14, &[])), Fault::Broken("a message before the ServerHello")),
        (record(22, &message(2, &[3, 3])), Fault::Broken("a ServerHello that cannot be read")),
        (record(22, &server_hello(0x7f17, 0x1301, 0, &[])), Fault::Broken("a ServerHello that cannot be read")),
        (
            record(22, &[server_hello(0x0303, 0x009c, 0, &[]), message(11, &[0, 0, 9])].concat()),
            Fault::Broken("a Certificate message that cannot be read"),
        ),
        (
            record(22, &[server_hello(0x0303, 0x009c, 0, &[]), server_hello(0x0303, 0x009c, 0, &[])].concat()),
            Fault::Broken("a message that does not belong here"),
        ),
    ] {
        assert_eq!(read(&bytes, bytes.len()), Err(want), "{bytes:?}");
    }
    // A message that is said to be 16 MB, and warnings without end.
    let endless = [22, 3, 3, 0x40, 0].iter().copied().chain([2, 0xff, 0xff, 0xff]).chain([0; 0x4000 - 4]);
    let endless: Vec<u8> = endless.cycle().take(2 * MOST_BYTES).collect();
    assert_eq!(read(&endless, 4096), Err(Fault::TooMuch));
    assert_eq!(read(&record(21, &[1, 112]).repeat(MOST_BYTES / 7 + 1), 7), Err(Fault::TooMuch));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_grow(bytes in prop::collection::vec(any::<u8>(), 0..600), piece in 1..64usize) {
        let _ = read(&bytes, piece);
        let _ = read(&record(22, &bytes), piece);
        for kind in [2, 11, 12, 22] {
            let hello = server_hello(0x0303, 0x009e, 0, &[]);
            let _ = read(&record(22, &[hello, message(kind, &bytes)].concat()), piece);
        }
    }

    #[test]
    fn a_damaged_flight_is_read_or_refused(at in any::<prop::sample::Index>(), flip in 1..=255u8, end in any::<prop::sample::Index>()) {
        let whole = record(22, &flight());
        let mut damaged = whole.clone();
        damaged[at.index(whole.len())] ^= flip;
        let _ = read(&damaged, 50);
        // What is not there yet is waited for, never made up.
        prop_assert_eq!(read(&whole[..end.index(whole.len())], 50), Ok(None));
    }

    #[test]
    fn the_pieces_change_nothing(bytes in prop::collection::vec(prop_oneof![Just(3u8), Just(22), Just(21), Just(2), Just(0), any::<u8>()], 0..200)) {
        prop_assert_eq!(read(&bytes, 1), read(&bytes, bytes.len().max(1)));
    }
}
