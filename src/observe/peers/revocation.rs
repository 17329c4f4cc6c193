//! Servers of revocation lists, and addresses that none is asked at.

use super::*;
use crate::observation::{Certificate, Crl, Revocation, Signer};
use crate::observe::resolve::Names;
use crate::observe::revocation::Fetcher;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const LIST: &[u8] = include_bytes!("../../../tests/observations/revocation/empty.crl");
const LEAF: &[u8] = include_bytes!("../../../tests/observations/revocation/leaf.pem");
const ROOT: &[u8] = include_bytes!("../../../tests/observations/revocation/root.pem");

fn read(pem: &[u8]) -> Certificate {
    Certificate::read(&CertificateDer::from_pem_slice(pem).unwrap()).unwrap()
}

async fn fetched(way: Way, url: &str, allow_private: bool) -> Result<Revocation, ProbeError> {
    let (leaf, root) = (read(LEAF), read(ROOT));
    let signer = Signer::of(&leaf, [&root], &[]).unwrap();
    let question = Crl { url: url.into(), serial: leaf.serial, authority: false, signer };
    let names = Names::new(&way);
    let mut spec = spec();
    // Enough for a busy machine to read a list, and little to wait for one that does not come.
    spec.limits.exchange_ms = 5_000;
    let net = Net::new(way, &spec);
    Fetcher { net: &net, names: &names, allow_private }.fetch(&question).await
}

fn answer(head: &str, content: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", content.len()).as_bytes(), content].concat()
}

#[tokio::test]
async fn a_list_is_fetched_and_what_it_says_is_kept() {
    let peer = Peer::plain(Act::Say(answer("200 OK", LIST))).await;
    let far = Peer::plain(Act::Say(answer(&format!("302 Found\r\nLocation: http://{}/b", peer.at), b""))).await;
    for at in [peer.at, far.at] {
        let list = fetched(Way::default(), &format!("http://{at}/root.crl"), true).await.unwrap();
        assert_eq!((list.this_update, list.revoked), (1_767_225_600, None));
        assert!(list.signed && list.covers);
    }
    // By its name, which leads where the resolver says.
    let pins = BTreeMap::from([("crl.example.com".to_string(), vec![peer.at.ip()])]);
    let url = format!("http://crl.example.com:{}/root.crl", peer.at.port());
    assert!(fetched(Way { pins, ..Way::default() }, &url, true).await.unwrap().signed);
}

#[tokio::test]
async fn private_addresses_are_not_asked() {
    let peer = Peer::plain(Act::Say(answer("200 OK", LIST))).await;
    let port = peer.at.port();
    let addresses = ["10.0.0.7", "127.0.0.1", "203.0.113.7"].map(|ip| ip.parse().unwrap());
    let pins = BTreeMap::from([("crl.example.com".to_string(), addresses.to_vec())]);
    for (url, why) in [
        (format!("http://127.0.0.1:{port}/"), "leads to 127.0.0.1, which is loopback"),
        (format!("http://[::1]:{port}/"), "leads to ::1, which is loopback"),
        (format!("http://2130706433:{port}/"), "leads to 127.0.0.1, which is loopback"),
        (format!("http://crl.example.com:{port}/"), "leads to 10.0.0.7, which is private"),
        (format!("http://a:b@127.0.0.1:{port}/"), "is no web address"),
        ("file:///etc/passwd".into(), "is no web address"),
        ("ldap://127.0.0.1/".into(), "is no web address"),
    ] {
        let (_, kind, detail) = words(fetched(Way { pins: pins.clone(), ..Way::default() }, &url, false).await);
        assert_eq!((kind, detail), (ErrorKind::NotSent, format!("address of the revocation list {why}")), "{url}");
    }
    let closed = Way { closed: true, ..Way::default() };
    assert_eq!(words(fetched(closed, &format!("http://{}/", peer.at), true).await).1, ErrorKind::NotSent);
    assert_eq!(peer.accepted(), 0);
}

#[tokio::test]
async fn what_is_no_list_is_no_answer() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    for (act, why) in [
        (Act::Say(answer("404 Not Found", b"")), "revocation list: the server answers 404"),
        (Act::Say(answer("302 Found\r\nLocation: file:///etc/passwd", b"")), "is no web address"),
        (Act::Say(answer("302 Found\r\nLocation: /again", b"")), "leads on and on"),
        (Act::Say(answer("200 OK", b"no list")), "revocation list cannot be read"),
        (Act::Forever(head, vec![0; 64 * 1024]), "revocation list has more than 8 MiB"),
        (Act::Reset, "revocation list cannot be fetched"),
        (Act::Tarpit, "revocation list did not come in"),
    ] {
        let peer = Peer::plain(act).await;
        let (_, _, detail) = words(fetched(Way::default(), &format!("http://{}/", peer.at), true).await);
        assert!(detail.contains(why), "{detail}");
    }
}
