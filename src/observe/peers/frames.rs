//! HTTP/2 that answers, floods or stalls. Frames are written by hand (RFC 9113 §4.1, RFC 7541 §6.2.2).

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::server::config;
use super::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const NONE: u8 = 0;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A field that enters no table.
fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0, name.len() as u8][..], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
}

fn head(flags: u8, status: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = field(":status", status);
    fields.iter().for_each(|(name, value)| block.extend(field(name, value)));
    frame(HEADERS, flags, 1, &block)
}

/// Begins, reads until a request is there, says the first, and the second again and again.
struct Frames {
    at: SocketAddr,
    _serving: JoinSet<()>,
}

impl Frames {
    async fn start(mut tls: ServerConfig, first: Vec<u8>, again: Vec<u8>) -> Self {
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut preface = [0; 24];
            stream.read_exact(&mut preface).await.unwrap();
            stream.write_all(&frame(SETTINGS, NONE, 0, &[])).await.unwrap();
            let mut begin = [0; 9];
            while begin[3] != HEADERS {
                stream.read_exact(&mut begin).await.unwrap();
                let length = usize::from(begin[1]) * 256 + usize::from(begin[2]);
                stream.read_exact(&mut vec![0; length]).await.unwrap();
            }
            let mut went = stream.write_all(&first).await;
            while went.is_ok() && !again.is_empty() {
                went = stream.write_all(&again).await;
            }
            let _ = stream.flush().await;
            // Held open until the client leaves.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        Self { at, _serving: serving }
    }
}

async fn over_2(peer: SocketAddr, exchange_ms: u64) -> Result<Exchange, ProbeError> {
    let mut spec = spec();
    spec.limits.exchange_ms = exchange_ms;
    let net = net(&spec, &[(443, peer)]);
    asked(&spec, &net, &Http { ask: Ask::Http2, ..visit(Scheme::Https, "/a?b=c") }).await.1
}

#[tokio::test]
async fn an_answer_over_http_2_is_recorded_as_any_other() {
    let secret = "CANARY-5ecret-0123456789";
    let cookie = format!("sid={secret}; Secure");
    let answer = [
        head(END_HEADERS, "103", &[("link", "</x>")]),
        head(END_HEADERS, "200", &[("content-type", "text/plain"), ("x-key", secret), ("set-cookie", &cookie)]),
        frame(DATA, END_STREAM, 1, b"welcome"),
    ];
    let peer = Frames::start(config(1, false), answer.concat(), vec![]).await;
    let exchange = over_2(peer.at, 20_000).await.unwrap();
    let sent: Vec<&str> = exchange.hops[0].request.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(sent, ["Host", "User-Agent", "Accept", "Accept-Encoding"]);
    let response = exchange.first();
    assert_eq!((response.status, response.content.length, response.content.cut), (200, 7, false));
    assert_eq!(response.value("content-type"), Some("text/plain"));
    let text = serde_json::to_string(&exchange).unwrap();
    assert!(!text.contains("CANARY") && text.contains("sid=‹redacted:"), "{text}");
}

#[tokio::test]
async fn whoever_floods_or_stalls_has_given_no_whole_answer() {
    let page = head(END_HEADERS, "200", &[]);
    let many = field("x-filler", &"y".repeat(120)).repeat(100);
    for (what, first, again) in [
        ("stall", vec![], vec![]),
        ("goaway", frame(GOAWAY, NONE, 0, &[0, 0, 0, 0, 0, 0, 0, 11]), vec![]),
        ("reset", frame(RST_STREAM, NONE, 1, &[0, 0, 0, 7]), vec![]),
        ("reset flood", vec![], frame(RST_STREAM, NONE, 1, &[0, 0, 0, 8]).repeat(64)),
        ("settings flood", vec![], frame(SETTINGS, NONE, 0, &[0, 4, 0, 0, 255, 255]).repeat(64)),
        ("ping flood", vec![], frame(PING, NONE, 0, &[0; 8]).repeat(64)),
        (
            "continuation flood",
            frame(HEADERS, NONE, 1, &field(":status", "200")),
            frame(CONTINUATION, NONE, 1, &many),
        ),
        ("empty data flood", page.clone(), frame(DATA, NONE, 1, &[]).repeat(64)),
        ("data without end", page.clone(), frame(DATA, NONE, 1, &[b'x'; 8192])),
        ("push", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]), vec![]),
        ("a hundred and more fields", [head(END_HEADERS, "200", &[("a", "b"); 101])].concat(), vec![]),
        ("a switch of protocols", head(END_HEADERS, "101", &[]), vec![]),
        ("no frame", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(), vec![]),
    ] {
        let peer = Frames::start(config(1, false), first, again).await;
        let begun = Instant::now();
        let outcome = over_2(peer.at, 2_000).await;
        within(begun, 20.0);
        let cut = outcome.as_ref().is_ok_and(|exchange| exchange.first().content.cut);
        assert!(cut || outcome.is_err(), "{what}: {outcome:?}");
    }
}

#[tokio::test]
async fn who_does_not_take_http_2_is_not_asked_in_it() {
    let silent = Peer::tls(Act::Say(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).await;
    let error = over_2(silent.at, 20_000).await.unwrap_err();
    assert_eq!(error.detail, "HTTP/2 alone is offered, and not taken");
    let mut only_1 = config(1, false);
    only_1.alpn_protocols = vec![b"http/1.1".to_vec()];
    let peer = Peer::start(Act::Stall(vec![]), Some(only_1)).await;
    let error = over_2(peer.at, 20_000).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Alert("no_application_protocol".into()));
}
