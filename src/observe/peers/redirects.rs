//! Redirects that lead in circles, nowhere, or to where nobody should go.

use super::server::Answer;
use super::*;
use crate::observation::Stopped;

fn to(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

async fn followed(answer: Answer) -> (Exchange, usize) {
    let peer = Peer::tls(Act::Answer(answer)).await;
    (securely(&peer).await.unwrap(), peer.accepted())
}

#[tokio::test]
async fn redirects_end() {
    let with_cookie = |target: &str, number: usize| {
        let mut answer = format!("HTTP/1.1 302 Found\r\nSet-Cookie: n={number}\r\n").into_bytes();
        answer.extend_from_slice(&to(target)[b"HTTP/1.1 302 Found\r\n".len()..]);
        answer
    };
    let answers: [(Answer, Stopped, usize); 5] = [
        (|target, _| to(target), Stopped::Loop, 1),
        (|target, _| to(if target == "/" { "/a" } else { "/" }), Stopped::Loop, 2),
        (|_, number| to(&format!("/{number}")), Stopped::TooMany, 11),
        (with_cookie, Stopped::TooMany, 11),
        (|target, _| to(&format!("{target}?a={}", "x".repeat(5_000))), Stopped::TooMany, 11),
    ];
    for (answer, stopped, hops) in answers {
        let (exchange, connections) = followed(answer).await;
        assert_eq!((exchange.stopped, exchange.hops.len(), connections), (Some(stopped), hops, hops));
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_sent_is_not_repeated() {
    let (exchange, connections) = followed(|_, _| to(&format!("/?token=CANARY{}", "x".repeat(65_536)))).await;
    assert_eq!((exchange.hops.len(), connections), (1, 1));
    let text = serde_json::to_string(&exchange).unwrap();
    assert!(!text.contains("CANARY"), "a value of the target's is in the recording");
    let Some(Stopped::Error(error)) = exchange.stopped else { panic!("{:?}", exchange.stopped) };
    assert_eq!(error.detail, "the address has 65550 bytes, and was not asked for");
}

/// A cookie that no field may hold comes back as its bytes, or not at all; it ends nothing.
#[tokio::test]
async fn a_cookie_of_odd_bytes_is_given_back() {
    let (exchange, _) = followed(|target, _| match target {
        "/" => b"HTTP/1.1 302 Found\r\nSet-Cookie: a=\xff\xfeCANARY\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
        _ => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
    })
    .await;
    assert_eq!((exchange.last().response.status, &exchange.stopped), (204, &None));
    assert!(!serde_json::to_string(&exchange).unwrap().contains("CANARY"));
}

#[tokio::test]
async fn nothing_but_the_site_is_ever_connected_to() {
    let trap = Peer::plain(Act::Tarpit).await;
    let port = trap.at.port();
    for location in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://0177.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://app.example.com:{port}/"),
        format!("https://app.example.com@127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("\\\\127.0.0.1:{port}\\"),
        "https://169.254.169.254/latest/meta-data/".into(),
        "https://other.test/".into(),
        "http://other.test/".into(),
        "https://app.example.com.other.test/".into(),
        "https://printer.local/".into(),
        "file:///etc/passwd".into(),
        "javascript:alert(1)".into(),
        "data:text/html,x".into(),
        "gopher://127.0.0.1:70/".into(),
        "ftp://app.example.com/".into(),
    ] {
        let mut head = to(&location);
        head.extend_from_slice(b"Refresh: 0; url=https://other.test/");
        let peer = Peer::tls(Act::Say(head)).await;
        let spec = spec();
        // A way that is not closed: only what is asked for decides.
        let door = Door { host: Some(IP.parse().unwrap()), port: Some(443), to: peer.at };
        let net = Net::new(Way { doors: vec![door], ..Way::default() }, &spec);
        let exchange = asked(&spec, &net, &visit(Scheme::Https, "/")).await.1.unwrap();
        assert_eq!((exchange.hops.len(), &exchange.stopped), (1, &Some(Stopped::OffSite)), "{location}");
        assert_eq!((peer.accepted(), trap.accepted()), (1, 0), "{location}");
        assert!(!serde_json::to_string(&exchange).unwrap().contains("CANARY"));
    }
    let peer = Peer::tls(Act::Say(to("https://user:CANARY@app.example.com/"))).await;
    let exchange = securely(&peer).await.unwrap();
    assert!(!serde_json::to_string(&exchange).unwrap().contains("CANARY"));
    let Some(Stopped::Error(error)) = exchange.stopped else { panic!("{:?}", exchange.stopped) };
    assert_eq!(error.detail, "the redirect carries credentials in its address, and is not followed");
    for location in ["http://app.example.com/", "http://app.example.com:8080/"] {
        let peer = Peer::tls(Act::Say(to(location))).await;
        assert_eq!(securely(&peer).await.unwrap().stopped, Some(Stopped::PlainHttp), "{location}");
    }
    for location in ["", "https://", "https://[", "https://app.example.com:99999/", "\u{e4}"] {
        let peer = Peer::tls(Act::First(1, Act::Say(to(location)).into(), Act::Reset.into())).await;
        assert!(securely(&peer).await.is_ok(), "{location}");
    }
}
