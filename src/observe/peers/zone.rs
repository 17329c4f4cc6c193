//! A server that is asked as a resolver and as the name server of a zone.

use super::names::{record, reply, resolver};
use super::*;
use crate::observation::{Authorisations, Authorities, Authority, Caa, CaaRecord, NameServer};
use crate::observe::resolve::Names;

const NS: u8 = 2;

/// Name and type of a question (RFC 1035 §4.1.2).
fn asked(query: &[u8]) -> (String, u16) {
    let (mut labels, mut at) = (vec![], 12);
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]))
}

fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
    labels.chain([0]).collect()
}

fn caa(value: &str) -> Vec<u8> {
    let data = [&[0, 5], &b"issue"[..], value.as_bytes()].concat();
    [&[0xc0, 12, 1, 1, 0, 1, 0, 0, 0, 60, 0, data.len() as u8][..], &data].concat()
}

fn zone(query: &[u8]) -> Vec<u8> {
    let (host, kind) = asked(query);
    let records = match (host.as_str(), kind) {
        ("example.com", 2) => vec![record(NS, &name("ns2.example.com")), record(NS, &name("ns1.example.com"))],
        ("ns1.example.com", 1) => vec![record(1, &[127, 0, 0, 1])],
        ("app.example.com", 1) => vec![record(1, &[203, 0, 113, 7])],
        ("example.com", 257) => vec![caa("letsencrypt.org")],
        ("refused.test", _) => return reply(query, 5, &[]),
        _ => vec![],
    };
    reply(query, 0, &records)
}

async fn names() -> (Names, Way, tokio::task::JoinSet<()>) {
    let (at, serving) = resolver(zone).await;
    let way = Way { resolvers: Some(vec![at]), ..Way::default() };
    let mut names = Names::new(&way);
    names.port = at.port();
    (names, way, serving)
}

#[tokio::test]
async fn the_servers_of_a_zone_are_found_and_asked() {
    let (names, way, _serving) = names().await;
    let question = Authority { name: "app.example.com".into() };
    let asked = names.authorities(&way, &question, true).await.unwrap();
    let server = |name: &str, ip: Option<&str>, addresses| NameServer {
        name: name.into(),
        ip: ip.map(|ip| ip.parse().unwrap()),
        addresses,
    };
    let missing = || Err("has no public address".to_string());
    let servers = vec![
        server("ns1.example.com", Some("127.0.0.1"), Ok(vec![IP.parse().unwrap()])),
        server("ns2.example.com", None, missing()),
    ];
    assert_eq!(asked, Authorities { by_hand: false, zone: "example.com".into(), servers });
    // A server at a private address is not asked unless that is allowed.
    let asked = names.authorities(&way, &question, false).await.unwrap();
    assert!(asked.servers.iter().all(|server| server.ip.is_none() && server.addresses == missing()));
}

#[tokio::test]
async fn a_zone_without_servers_is_not_known() {
    let (names, way, _serving) = names().await;
    for (name, why) in [("app.example.net", "no name server is known for app.example.net"), ("refused.test", "NS")]
    {
        let (stage, _, detail) = words(names.authorities(&way, &Authority { name: name.into() }, true).await);
        assert!(stage == Stage::Resolve && detail.contains(why), "{detail}");
    }
}

#[tokio::test]
async fn authorisations_are_looked_for_upwards() {
    let (names, mut way, _serving) = names().await;
    let asked = |name: &str| Caa { name: name.into() };
    let found = names.authorisations(&way, &asked("deep.app.example.com")).await.unwrap();
    let record = CaaRecord { critical: false, tag: "issue".into(), value: "letsencrypt.org".into() };
    assert_eq!(found, Authorisations { by_hand: false, at: Some("example.com".into()), records: vec![record] });
    assert_eq!(names.authorisations(&way, &asked("app.example.net")).await, Ok(Authorisations::default()));
    assert!(names.authorisations(&way, &asked("refused.test")).await.is_err());
    way.pins.insert("app.example.com".into(), vec![IP.parse().unwrap()]);
    assert!(names.authorisations(&way, &asked("app.example.com")).await.unwrap().by_hand);
}

#[tokio::test]
async fn in_a_closed_way_nobody_is_asked() {
    let way = Way { closed: true, ..Way::default() };
    let names = Names::new(&way);
    assert!(names.authorisations(&way, &Caa { name: "app.example.com".into() }).await.unwrap().by_hand);
    assert!(names.authorities(&way, &Authority { name: "app.example.com".into() }, true).await.unwrap().by_hand);
}
