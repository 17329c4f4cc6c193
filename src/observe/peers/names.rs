//! Resolvers that are silent, wrong, or generous.

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::*;
use crate::observation::{Addresses, Lookup};
use crate::observe::resolve::Names;
use crate::target::Family;

/// Answers every question with this code and so many A records, or with bytes of its own.
pub(super) async fn resolver(answer: fn(&[u8]) -> Vec<u8>) -> (SocketAddr, JoinSet<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut bytes = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let _ = socket.send_to(&answer(&bytes[..length]), from).await;
        }
    });
    (at, serving)
}

/// RFC 1035 §4.1: the question comes back with a code and records; the EDNS record is left out.
pub(super) fn reply(query: &[u8], code: u8, records: &[Vec<u8>]) -> Vec<u8> {
    let end = 12 + query[12..].iter().position(|b| *b == 0).unwrap() + 5;
    let mut bytes = query[..end].to_vec();
    (bytes[2], bytes[3]) = (0x81, 0x80 | code);
    bytes[6..12].copy_from_slice(&[0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    records.iter().for_each(|record| bytes.extend_from_slice(record));
    bytes
}

/// A record of the name that was asked for.
pub(super) fn record(kind: u8, data: &[u8]) -> Vec<u8> {
    [&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()], data].concat()
}

async fn looked_up(answer: fn(&[u8]) -> Vec<u8>) -> Result<Addresses, ProbeError> {
    let (at, _serving) = resolver(answer).await;
    let way = Way { resolvers: Some(vec![at]), ..Way::default() };
    let question = Lookup { name: "app.example.com".into(), family: Family::V4 };
    let answer = Names::new(&way).lookup(&way, &question).await;
    answer.map_err(|error| ProbeError { detail: error.detail.replace(&at.to_string(), "resolver"), ..error })
}

#[tokio::test]
async fn a_resolver_says_yes_no_or_nothing() {
    let none = Addresses { addresses: vec![], aliases: vec![], absent: false, pinned: false };
    assert_eq!(looked_up(|query| reply(query, 3, &[])).await, Ok(Addresses { absent: true, ..none.clone() }));
    assert_eq!(looked_up(|query| reply(query, 0, &[])).await, Ok(none));
    let (stage, kind, detail) = words(looked_up(|query| reply(query, 2, &[])).await);
    assert_eq!((stage, kind), (Stage::Resolve, ErrorKind::Malformed));
    assert!(detail.starts_with("resolver answers") && detail.ends_with("for app.example.com A"), "{detail}");
}

#[tokio::test]
async fn a_silent_resolver_is_no_absent_name() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let way = Way { resolvers: Some(vec![socket.local_addr().unwrap()]), ..Way::default() };
    let question = Lookup { name: "app.example.com".into(), family: Family::V6 };
    let begun = tokio::time::Instant::now();
    let (stage, kind, detail) = words(Names::new(&way).lookup(&way, &question).await);
    assert_eq!((stage, kind), (Stage::Resolve, ErrorKind::Timeout));
    assert!(detail.ends_with("does not answer for app.example.com AAAA"), "{detail}");
    within(begun, 15.0);
}

#[tokio::test]
async fn many_addresses_are_kept_once_and_in_order() {
    let found = looked_up(|query| {
        let records: Vec<_> = (0..26).rev().map(|n| record(1, &[203, 0, 113, n % 13])).collect();
        reply(query, 0, &records)
    });
    let addresses = found.await.unwrap().addresses;
    assert_eq!(addresses.len(), 13);
    assert!(addresses.is_sorted());
}

/// An alias of itself ends, and so does what is no message.
#[tokio::test]
async fn nonsense_is_no_answer() {
    for answer in [
        (|query| reply(query, 0, &[record(5, &[0xc0, 12])])) as fn(&[u8]) -> Vec<u8>,
        |query| query[..2].to_vec(),
        |query| [&query[..2], &[0xff; 200]].concat(),
    ] {
        let begun = tokio::time::Instant::now();
        match looked_up(answer).await {
            Ok(found) => assert!(found.addresses.is_empty() && !found.absent),
            Err(error) => assert_eq!(error.stage, Stage::Resolve),
        }
        within(begun, 10.0);
    }
}
