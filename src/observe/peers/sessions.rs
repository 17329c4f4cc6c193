//! TLS that does not come, is something else, or is too much.

use base64::Engine as _;
use tokio::time::Instant;

use super::server::{config, many_names, stapling};
use super::*;
use crate::observation::Handshake;
use crate::observe::tls;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn session(peer: &Peer) -> Result<Handshake, ProbeError> {
    let net = net(&spec(), &[(443, peer.at)]);
    let at = visit(Scheme::Https, "/").at;
    Ok(tls::connect(&net, &at, Some("app.example.com"), &[b"h2", b"http/1.1"]).await?.handshake)
}

#[tokio::test]
async fn what_is_stapled_is_kept_up_to_a_bound() {
    let staple = async |config| {
        let peer = Peer::start(Act::Say(HELLO.to_vec()), Some(config)).await;
        base64::prelude::BASE64_STANDARD.decode(session(&peer).await.unwrap().staple.unwrap()).unwrap()
    };
    assert_eq!(staple(config(1, false)).await, b"");
    assert_eq!(staple(stapling(b"a response")).await, b"a response");
    assert_eq!(staple(stapling(&[7; 40_000])).await.len(), 16 * 1024);
}

#[tokio::test]
async fn what_is_no_handshake_says_what_it_is() {
    for (act, kind, detail) in [
        (Act::Tarpit, ErrorKind::Timeout, "no TLS handshake with 203.0.113.7:443 in 500 ms"),
        (Act::Reset, ErrorKind::Reset, "the connection was reset during the TLS handshake"),
        (Act::Banner(vec![]), ErrorKind::Closed, "the connection was closed during the TLS handshake"),
        (
            Act::Banner(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            ErrorKind::Malformed,
            "what answers speaks plain HTTP, not TLS",
        ),
        (
            Act::Banner(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()),
            ErrorKind::Malformed,
            "what answers speaks SSH, not TLS",
        ),
        (
            Act::Banner(b"220 mail ESMTP\r\n".to_vec()),
            ErrorKind::Malformed,
            "what answers speaks mail or FTP, not TLS",
        ),
        (
            Act::Banner(b"\x1b[2Jhello, I am not TLS".to_vec()),
            ErrorKind::Malformed,
            "what answers is no TLS server",
        ),
        (
            Act::Banner(vec![21, 3, 3, 0, 2, 2, 112]),
            ErrorKind::Alert("unrecognised_name".into()),
            "the server ends TLS with the alert unrecognised_name",
        ),
        (
            Act::Banner(vec![21, 3, 3, 0, 2, 2, 70]),
            ErrorKind::Alert("protocol_version".into()),
            "the server ends TLS with the alert protocol_version",
        ),
        (
            Act::Banner(vec![21, 3, 3, 0, 2, 2, 199]),
            ErrorKind::Alert("unknown".into()),
            "the server ends TLS with the alert unknown",
        ),
    ] {
        let peer = Peer::plain(act).await;
        let begun = Instant::now();
        let got = words(session(&peer).await);
        within(begun, 3.0);
        if got.1 == ErrorKind::Reset && got.0 == Stage::Connect {
            continue;
        }
        assert_eq!(got, (Stage::Handshake, kind.clone(), detail.into()));
        // An exchange meets the same, and says so in the same words.
        let peer_again = securely(&peer).await;
        let (stage, again, words) = words(peer_again);
        assert!(again == ErrorKind::Reset || (stage, again, words) == (Stage::Handshake, kind, detail.into()));
    }
}

/// One byte of a record every tenth of a second: a limit between reads would never end it.
#[tokio::test]
async fn a_handshake_that_dribbles_ends_by_the_wall_clock() {
    let act = Act::Slowly(vec![22, 3, 3, 0x40, 0], vec![0]);
    let peer = Peer::plain(Act::First(9, Box::new(act), Box::new(Act::Tarpit))).await;
    let begun = Instant::now();
    assert_eq!(words(session(&peer).await).1, ErrorKind::Timeout);
    within(begun, 3.0);
}

/// A ServerHello of 16 MB, said to be one at least.
#[tokio::test]
async fn a_message_without_end_is_refused() {
    let record = |start: &[u8]| [&[22, 3, 3, 0x40, 0], start, &vec![0; 0x4000 - start.len()][..]].concat();
    let act = Act::Forever(record(&[2, 0xff, 0xff, 0xff]), record(&[]));
    let peer = Peer::plain(Act::First(9, Box::new(act), Box::new(Act::Tarpit))).await;
    let (stage, kind, detail) = words(session(&peer).await);
    assert_eq!((stage, kind), (Stage::Handshake, ErrorKind::Malformed));
    assert_eq!(detail, "TLS fails: received corrupt message of type HandshakePayloadTooLarge");
}

#[tokio::test]
async fn tls_where_plain_http_is_spoken_is_named() {
    // The server's TLS answers a request in clear with an alert.
    let peer = Peer::tls(Act::Say(HELLO.to_vec())).await;
    let spec = spec();
    let net = net(&spec, &[(80, peer.at)]);
    let (_, kind, detail) = words(asked(&spec, &net, &visit(Scheme::Http, "/")).await.1);
    assert_eq!((kind, detail.as_str()), (ErrorKind::Malformed, "what answers speaks TLS, not HTTP/1.1"));
}

#[tokio::test]
async fn a_chain_is_kept_up_to_sixteen() {
    for (certificates, kept, cut) in [(1, 1, false), (16, 16, false), (17, 16, true), (100, 16, true)] {
        let peer = Peer::start(Act::Say(HELLO.to_vec()), Some(config(certificates, false))).await;
        let handshake = session(&peer).await.unwrap();
        assert_eq!((handshake.chain.len(), handshake.chain_cut), (kept, cut));
        assert!(handshake.key_proven && handshake.version == "TLS 1.3");
        assert_eq!(securely(&peer).await.unwrap().first().status, 200);
    }
}

#[tokio::test]
async fn a_certificate_of_many_names_is_read_or_refused() {
    for names in [1_000, 10_000] {
        let peer = Peer::start(Act::Say(HELLO.to_vec()), Some(many_names(names))).await;
        let begun = Instant::now();
        match session(&peer).await {
            Ok(handshake) => {
                let der = base64::engine::general_purpose::STANDARD.decode(&handshake.chain[0]).unwrap();
                assert!(der.len() > names * 20);
            }
            Err(error) => assert_eq!((error.stage, error.kind), (Stage::Handshake, ErrorKind::Malformed)),
        }
        within(begun, 5.0);
    }
}

#[tokio::test]
async fn a_demanded_certificate_of_the_client_is_an_alert() {
    let peer = Peer::start(Act::Say(HELLO.to_vec()), Some(config(1, true))).await;
    // In TLS 1.3 the server says no only after the handshake is complete for us.
    assert_eq!(session(&peer).await.unwrap().chain.len(), 1);
    for _ in 0..20 {
        let (stage, kind, detail) = words(securely(&peer).await);
        assert_eq!((stage, kind), (Stage::Exchange, ErrorKind::Alert("certificate_required".into())));
        assert_eq!(detail, "the server ends TLS with the alert certificate_required");
    }
}

/// Twice silent to a name, then not asked again by that name; another name, and the port, are another matter.
#[tokio::test]
async fn a_server_gone_silent_costs_its_limit_twice() {
    let peer = Peer::plain(Act::Tarpit).await;
    let spec = spec();
    let net = net(&spec, &[(443, peer.at)]);
    let begun = Instant::now();
    for _ in 0..10 {
        let (stage, kind, _) = words(asked(&spec, &net, &visit(Scheme::Https, "/")).await.1);
        assert_eq!((stage, kind), (Stage::Handshake, ErrorKind::Timeout));
    }
    within(begun, 4.0);
    assert_eq!(peer.accepted(), 2);
    let at = visit(Scheme::Https, "/").at;
    assert!(tls::connect(&net, &at, Some("other.test"), &[]).await.is_err());
    assert_eq!(peer.accepted(), 3);
}
