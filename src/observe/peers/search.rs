//! Searches of pages that are honest, endless, or lead away.

use super::server::Answer;
use super::*;
use crate::observation::{End, Part, ReadThrough, Search, Searched, Stopped};
use crate::observe::search::search;
use crate::observe::secrets::Values;
use crate::target::Origin;

/// No scanner of this repository may take it for real.
const TOKEN: [&str; 2] = ["glp", "at-q7Xk2VbN9wRt4HsLz8Jc"];

async fn searched(exchange_ms: u64, paths: &[&str], act: Act) -> (Searched, usize) {
    let peer = Peer::tls(act).await;
    let mut spec = spec();
    spec.limits.exchange_ms = exchange_ms;
    let net = net(&spec, &[(443, peer.at)]);
    let site: Origin = spec.site.clone();
    let places = BTreeMap::from([(site.host.clone(), vec![IP.parse().unwrap()])]);
    let recorder = Recorder::new(Nonce(1));
    let dialogue = Dialogue { net: &net, spec: &spec, recorder: &recorder, places: &places, nonce: Nonce(1) };
    let paths = paths.iter().map(ToString::to_string).collect();
    let question = Search { at: site.at(IP.parse().unwrap()), paths };
    let values = Values::new([(".env:3 APP_SECRET", "value-0f-4n-env")]);
    (search(&dialogue, &values, &question).await, peer.accepted())
}

async fn of(paths: &[&str], answer: Answer) -> (Searched, usize) {
    searched(2_000, paths, Act::Answer(answer)).await
}

fn ok(media: &str, content: &str) -> Vec<u8> {
    let length = content.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{content}").into_bytes()
}

fn line(status: &str, fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n").into_bytes()
}

/// Part, path of the address, status, bytes.
fn extents(searched: &Searched) -> Vec<(Part, &str, u16, u64)> {
    let extent = |read: &'_ ReadThrough| read.outcome.as_ref().map_or((0, 0), |e| (e.status, e.bytes));
    let each = |read| {
        let ReadThrough { part, url, .. }: &ReadThrough = read;
        let (status, bytes) = extent(read);
        (*part, url.strip_prefix("https://app.example.com").unwrap_or(url), status, bytes)
    };
    searched.read.iter().map(each).collect()
}

fn page_and_scripts(target: &str, _: usize) -> Vec<u8> {
    match target {
        "/" => line("302 Found", "Location: /home?a=b\r\nSet-Cookie: s=1\r\n"),
        "/home?a=b" => ok(
            "text/html",
            "<script src=/a.js></script><script src=//cdn.example.net/b.js></script>\
             <link rel=modulepreload href=/c.js><script>let v = 'value-0f-4n-env'</script>",
        ),
        "/api" => {
            ok("application/json", &format!("{{\"a\":\"<script src=/d.js>\",\"b\":\"{}\"}}", TOKEN.concat()))
        }
        "/a.js" => ok("text/javascript", &format!("let a = '{}'", TOKEN.concat())),
        "/c.js" => line("301 Moved", "Location: https://www.example.net/c.js\r\n"),
        _ => panic!("nobody asks for {target}"),
    }
}

#[tokio::test]
async fn pages_and_their_scripts_are_searched() {
    let (found, connections) = of(&["/", "/api"], page_and_scripts).await;
    let read = extents(&found);
    assert_eq!(connections, 5);
    assert_eq!(read.len(), 4, "{read:?}");
    assert!(matches!(read[0], (Part::Page, url, 200, 148) if url.starts_with("/home?a=")), "{read:?}");
    assert!(matches!(read[1], (Part::Page, "/api", 200, _)));
    assert_eq!(read[2], (Part::Script, "/a.js", 200, 36));
    assert_eq!(read[3], (Part::Script, "/c.js", 301, 0));
    let stopped = found.read[3].outcome.as_ref().unwrap().stopped.clone();
    assert_eq!(stopped, Some(Stopped::OffSite));
    let told: Vec<_> = found.secrets.iter().map(|s| (s.path.as_str(), s.kind.as_str(), s.at, s.length)).collect();
    let token = "GitLab personal access token";
    let want = [("/", "value of a secret variable", 123, 15), ("/api", token, 31, 26), ("/", token, 9, 26)];
    assert_eq!(told, want);
    assert_eq!(found.secrets[0].variable.as_deref(), Some(".env:3 APP_SECRET"));
    let text = serde_json::to_string(&found).unwrap() + &format!("{found:?}");
    assert!(!text.contains(TOKEN[1]) && !text.contains("value-0f"), "{text}");
}

#[tokio::test]
async fn so_many_scripts_are_read_and_the_others_counted() {
    let (found, connections) = of(&["/", "/b"], |target, _| match target {
        "/" | "/b" => {
            let script = |n| format!("<script src={target}{n}.js></script><script src=/shared.js></script>");
            ok("text/html", &(0..30).map(script).collect::<String>())
        }
        _ => ok("text/javascript", "x"),
    })
    .await;
    assert_eq!((found.read.len(), connections), (42, 42));
    let left: Vec<_> = found.left.iter().map(|left| (left.path.as_str(), left.scripts)).collect();
    assert_eq!(left, [("/b", 21)]);
}

#[tokio::test]
async fn so_many_bytes_are_read() {
    let (found, _) = searched(
        20_000,
        &["/"],
        Act::Answer(|target, _| match target {
            "/" => ok("text/html", "<script src=/a.js></script><script src=/b.js></script>"),
            _ => ok("text/javascript", &"var a = 1;\n".repeat(500_000)),
        }),
    )
    .await;
    let extents: Vec<_> = found.read.iter().filter_map(|read| read.outcome.as_ref().ok()).collect();
    assert_eq!(extents.iter().map(|extent| extent.bytes).sum::<u64>(), Search::MOST_BYTES);
    assert!(extents.iter().any(|extent| extent.end == End::Bound));
}

#[tokio::test]
async fn what_was_not_read_says_why() {
    let page = |fields: &str, content: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n{content}").into_bytes();
    let html = "Content-Type: text/html\r\n";
    let forever = Act::Slowly(page(html, "<p>"), b"x".to_vec());
    for (act, end, coded, challenge) in [
        (Act::Say(page(html, "<p>")), End::Whole, None, false),
        (Act::Say(page("Content-Length: 9\r\n", "<p>")), End::Broken, None, false),
        (Act::Stall(page("Content-Length: 9\r\n", "<p>")), End::Late, None, false),
        (forever, End::Late, None, false),
        (Act::Say(page("Content-Encoding: gzip\r\n", "\u{1f}<p>")), End::Whole, Some("gzip"), false),
        (Act::Say(page("cf-mitigated: challenge\r\n", "<p>")), End::Whole, None, true),
        (Act::Say(page(html, "<!doctype html><title>Just a moment...</title>")), End::Whole, None, true),
    ] {
        let (found, _) = searched(300, &["/"], act).await;
        let [ReadThrough { outcome: Ok(extent), .. }] = &found.read[..] else { panic!("{found:?}") };
        let got = (extent.end, extent.coded.as_deref(), extent.challenge);
        assert_eq!(got, (end, coded, challenge), "{extent:?}");
        assert_eq!(extent.bytes > 0, coded.is_none());
    }
}

#[tokio::test]
async fn what_does_not_answer_says_why() {
    let limited = |_: &str, _| line("429 Too Many Requests", "Retry-After: 0\r\n");
    let (found, connections) = of(&["/"], limited).await;
    let error = found.read[0].outcome.clone().unwrap_err();
    assert_eq!((error.kind, connections), (ErrorKind::Limited, 2));
    let (found, connections) = of(&["/"], |target, _| line("302 Found", &format!("Location: {target}\r\n"))).await;
    let extent = found.read[0].outcome.clone().unwrap();
    assert_eq!((extent.stopped, connections), (Some(Stopped::Loop), 1));
    let (found, _) = searched(300, &["/"], Act::Tarpit).await;
    let error = found.read[0].outcome.clone().unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Handshake, ErrorKind::Timeout));
}
