//! What comes back to a hello written by hand, from peers that answer otherwise than they should.

use tokio::time::Instant;

use super::server::config;
use super::*;
use crate::observation::{Hello, Offer, Offered, Version};
use crate::observe::hello::offer;

const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 70];

async fn asked(peer: &Peer, what: Offer) -> (u8, Result<Offered, ProbeError>) {
    let net = net(&spec(), &[(443, peer.at)]);
    offer(&net, &Hello { at: visit(Scheme::Https, "/").at, offer: what }).await
}

#[tokio::test]
async fn an_alert_a_close_and_other_protocols_are_kept_apart() {
    for (act, want) in [
        (Act::Banner(ALERT.to_vec()), Ok(Offered::Alert("protocol_version".into()))),
        (Act::Banner(vec![]), Ok(Offered::Closed)),
        (Act::Banner(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()), Err("what answers speaks SSH, not TLS")),
        (Act::Banner(b"\x1b[2Jhello".to_vec()), Err("what answers is no TLS server")),
    ] {
        let peer = Peer::plain(act).await;
        let (attempts, outcome) = asked(&peer, Offer::Tls10).await;
        // A peer that closes while the hello is on its way may reset the connection.
        if outcome != Ok(Offered::Reset) {
            assert_eq!(outcome.map_err(|error| error.detail), want.map_err(String::from));
        }
        assert_eq!((attempts, peer.accepted()), (1, 1));
    }
}

/// A server that chose and then hung up has refused nothing.
#[tokio::test]
async fn an_answer_that_breaks_off_is_no_refusal() {
    let chosen = [&[22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0, 5, 0]].concat();
    for cut in [chosen.len(), 20, 3] {
        let peer = Peer::plain(Act::Banner(chosen[..cut].to_vec())).await;
        let (_, outcome) = asked(&peer, Offer::Rc4).await;
        // A reset may take with it what was not read yet; then nothing had begun.
        if outcome != Ok(Offered::Reset) {
            assert_eq!(outcome.unwrap_err().detail, "the answer to the hello breaks off", "{cut} bytes");
        }
    }
}

#[tokio::test]
async fn silence_is_asked_once_more_and_is_no_refusal() {
    let peer = Peer::plain(Act::Tarpit).await;
    let begun = Instant::now();
    let (attempts, outcome) = asked(&peer, Offer::Ssl3).await;
    assert_eq!((attempts, peer.accepted()), (2, 2));
    let want = (Stage::Handshake, ErrorKind::Timeout, "no answer to the hello from 203.0.113.7:443 in 500 ms");
    let (stage, kind, detail) = words(outcome);
    assert_eq!((stage, kind, detail.as_str()), want);
    within(begun, 5.0);
    let peer = Peer::plain(Act::First(1, Box::new(Act::Tarpit), Box::new(Act::Banner(ALERT.to_vec())))).await;
    assert!(matches!(asked(&peer, Offer::Ssl3).await, (2, Ok(Offered::Alert(_) | Offered::Reset))));
}

/// One byte of a record every tenth of a second, or records that do not end.
#[tokio::test]
async fn what_dribbles_or_floods_ends() {
    let dribble = Act::Slowly(vec![22, 3, 3, 0x40, 0], vec![0]);
    let flood = [&[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff][..], &vec![0; 0x4000 - 4]].concat();
    for (act, kind) in [(dribble, ErrorKind::Timeout), (Act::Forever(flood.clone(), flood), ErrorKind::Malformed)]
    {
        // What waits for the head of a request never gets one.
        let peer = Peer::plain(act).await;
        let begun = Instant::now();
        let kind_seen = asked(&peer, Offer::Tls12).await.1.err().map(|error| error.kind);
        assert!(kind_seen == Some(ErrorKind::Timeout) || kind_seen == Some(kind), "{kind_seen:?}");
        within(begun, 5.0);
    }
}

#[tokio::test]
async fn a_server_of_today_takes_what_is_new() {
    for client_certificate in [false, true] {
        let peer = Peer::start(Act::Say(vec![]), Some(config(1, client_certificate))).await;
        for (what, version) in [
            (Offer::Tls12, Version::Tls12),
            (Offer::Compression, Version::Tls12),
            (Offer::Tls13, Version::Tls13),
            (Offer::Chrome, Version::Tls13),
            (Offer::Firefox, Version::Tls13),
            (Offer::Safari, Version::Tls13),
            (Offer::PostQuantum, Version::Tls13),
        ] {
            let (_, Ok(Offered::Taken(taken))) = asked(&peer, what).await else { panic!("{what} is not taken") };
            assert_eq!(taken.version, version, "{what}");
            assert_eq!(taken.chain.len(), usize::from(what == Offer::Tls12), "{what}");
            assert_eq!(taken.renegotiation_info, version == Version::Tls12);
        }
    }
}
