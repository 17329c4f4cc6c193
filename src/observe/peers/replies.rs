//! Answers over HTTP that are slow, endless, or no answers.

use tokio::time::Instant;

use super::*;
use crate::observe::tap::HEAD_BYTES;

const OK: &str = "HTTP/1.1 200 OK\r\n";

fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Say(text.as_ref().to_vec())
}

fn forever(first: &str, again: impl AsRef<[u8]>) -> Act {
    Act::Forever(first.into(), again.as_ref().repeat(1000))
}

#[tokio::test]
async fn what_is_no_answer_says_what_it_is() {
    let no_http = "what answers does not speak HTTP/1.1";
    let malformed = "the head of the answer is malformed";
    let closed = "the connection was closed without an answer";
    let status = |status: u16| format!("the status of the answer is none of HTTP's ({status})");
    for (act, kind, detail) in [
        (
            Act::Banner(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n".to_vec()),
            ErrorKind::Malformed,
            "what answers speaks SSH, not HTTP/1.1",
        ),
        (say("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), ErrorKind::Malformed, "what answers speaks SSH, not HTTP/1.1"),
        (
            say("220 mail.example.com ESMTP\r\n"),
            ErrorKind::Malformed,
            "what answers speaks mail or FTP, not HTTP/1.1",
        ),
        (say([21, 3, 3, 0, 2, 2, 80]), ErrorKind::Malformed, "what answers speaks TLS, not HTTP/1.1"),
        (say("<html>HTTP/0.9</html>"), ErrorKind::Malformed, no_http),
        (say("\0\0\0\0\0\0\0\0"), ErrorKind::Malformed, no_http),
        (say("HTTP/1.2 200 OK\r\n\r\n"), ErrorKind::Malformed, malformed),
        (say("HTTP/2 200\r\n\r\n"), ErrorKind::Malformed, malformed),
        (say("HTTP/1.1 099 No\r\n\r\n"), ErrorKind::Malformed, malformed),
        (say("HTTP/1.1 1000 No\r\n\r\n"), ErrorKind::Malformed, malformed),
        (say(format!("HTTP/1.1 {} No\r\n\r\n", "9".repeat(100))), ErrorKind::Malformed, malformed),
        (say("HTTP/1.1 999 No\r\n\r\n"), ErrorKind::Malformed, &status(999)),
        (say("HTTP/1.1 600 No\r\n\r\n"), ErrorKind::Malformed, &status(600)),
        (
            say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
            ErrorKind::Malformed,
            "the server switches to a protocol that nobody asked for (101)",
        ),
        (say(""), ErrorKind::Closed, closed),
        (say("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n"), ErrorKind::Closed, closed),
        (Act::Reset, ErrorKind::Reset, "the connection was reset without an answer"),
        (say(format!("{OK}Content-Length: -1\r\n\r\n")), ErrorKind::Malformed, malformed),
        (say(format!("{OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")), ErrorKind::Malformed, malformed),
        (say(format!("{OK}Content-Length: 99999999999999999999\r\n\r\n")), ErrorKind::Malformed, malformed),
    ] {
        let (stage, got, words) = words(patiently(10_000, act).await);
        // A reset may come before anything is asked.
        if kind == ErrorKind::Reset && stage == Stage::Connect {
            assert_eq!(got, kind);
            continue;
        }
        assert_eq!((stage, got, words.as_str()), (Stage::Exchange, kind, detail));
    }
}

#[tokio::test]
async fn a_broken_head_is_never_credited_with_a_field() {
    for field in [
        "X-Frame-Options: DE\0NY",
        "X-Frame-Options: DENY\rX: y",
        "X-Frame-Options : DENY",
        " X-Frame-Options: DENY",
        "X-Frame-Options: SAME\r\n ORIGIN",
        "X-Frame-Options",
        "X-Fr\u{e4}me-Options: DENY",
        ": DENY",
        "X-Frame-Options\0: DENY",
    ] {
        let head = format!("{OK}A: b\r\n{field}\r\nContent-Length: 0\r\n\r\n");
        let outcome = plainly(say(head)).await;
        let (_, kind, detail) = words(outcome.map(|response| format!("{response:?}")));
        assert_eq!(
            (kind, detail.as_str()),
            (ErrorKind::Malformed, "the head of the answer is malformed"),
            "{field:?}"
        );
    }
    // RFC 9112 §2.2: a line may end with LF alone. Browsers read it so, and eight-bit values as well.
    let response =
        plainly(say(b"HTTP/1.1 200 OK\nX-Frame-Options: DENY\nServer: \xe4\nContent-Length: 0\n\n")).await;
    let response = response.unwrap();
    assert_eq!(response.value("x-frame-options"), Some("DENY"));
    assert_eq!(response.value("server"), Some("\u{fffd}"));
}

#[tokio::test]
async fn what_dribbles_ends_by_the_wall_clock() {
    for (first, again) in
        [("", "H"), (OK, "X"), ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x"), (OK, "A: b\r\n")]
    {
        let begun = Instant::now();
        let act = Act::Slowly(first.into(), again.into());
        let (stage, kind, detail) = words(plainly(act).await);
        assert_eq!((stage, kind), (Stage::Exchange, ErrorKind::Timeout), "{first:?} {again:?}");
        assert_eq!(detail, "no complete answer from 203.0.113.7:80 in 500 ms");
        within(begun, 3.0);
    }
    let begun = Instant::now();
    let huge = Act::Stall("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nabc".into());
    assert_eq!(words(plainly(huge).await).1, ErrorKind::Timeout);
    within(begun, 3.0);
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    for act in [
        forever(&format!("{OK}X: "), "x"),
        forever(OK, "X: y\r\n"),
        forever("", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"),
        forever("", "HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        let (_, kind, detail) = words(patiently(10_000, act).await);
        assert_eq!((kind, detail.as_str()), (ErrorKind::Malformed, TOO_LARGE));
    }
}

const TOO_LARGE: &str = "the head of the answer has more than 300 KiB or 100 fields";

#[tokio::test]
async fn the_limits_of_a_head_are_exact() {
    for (fields, fits) in [(100, true), (101, false)] {
        let head = format!("{OK}{}\r\n", "Via: b\r\n".repeat(fields));
        match patiently(10_000, say(head)).await {
            Ok(response) => assert!(fits && response.fields.len() == fields),
            Err(error) => assert!(!fits && error.detail == TOO_LARGE, "{error}"),
        }
    }
    for (length, fits) in [(HEAD_BYTES, true), (HEAD_BYTES + 1, false)] {
        let around = format!("{OK}Server: \r\nVia: z\r\n\r\n").len();
        let head = format!("{OK}Server: {}\r\nVia: z\r\n\r\n", "x".repeat(length - around));
        match patiently(10_000, say(head)).await {
            Ok(response) => assert!(fits && response.value("via") == Some("‹cut›")),
            Err(error) => assert!(!fits && error.detail == TOO_LARGE, "{error}"),
        }
    }
}

#[tokio::test]
async fn content_is_read_up_to_its_limit() {
    let limit = usize::try_from(spec().limits.body_bytes).unwrap();
    let whole = |length: usize| say(format!("{OK}Content-Length: {length}\r\n\r\n{}", "x".repeat(length)));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Frame-Options: DENY\r\n\r\n";
    for (act, length, cut) in [
        (whole(limit), limit, false),
        (whole(limit + 1), limit, true),
        (forever(&format!("{OK}\r\n"), "x"), limit, true),
        (forever(chunked, format!("3e8\r\n{}\r\n", "x".repeat(1000))), limit, true),
        (forever(chunked, "1;"), 0, true),
        (forever(&format!("{chunked}5\r\nhello\r\n0\r\n"), "X: y\r\n"), 5, true),
        (say(format!("{OK}Content-Length: 10\r\n\r\nhello")), 5, true),
        (say(format!("{chunked}5\r\nhello\r\n")), 5, true),
        (say(format!("{chunked}5\r\nhello\r\nzz\r\n")), 5, true),
        (say(format!("{chunked}5\r\nhello\r\n0\r\nX-Frame-Options: DENY\r\n\r\n")), 5, false),
        (say(format!("{OK}\r\n")), 0, false),
    ] {
        let response = patiently(10_000, act).await.unwrap();
        assert_eq!((response.content.length, response.content.cut), (length as u64, cut));
        assert!(response.values("x-frame-options").len() < 2, "a trailer is no field");
    }
}

#[tokio::test]
async fn coded_content_is_not_decoded() {
    // An empty member of gzip (RFC 1952).
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let head = format!("{OK}Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 20\r\n\r\n");
    let content = plainly(say([head.as_bytes(), &gzip].concat())).await.unwrap().content;
    assert_eq!((content.coded.as_deref(), content.length), (Some("gzip"), 20));
    assert!(content.digest.is_empty() && content.marks.is_empty());
}

#[tokio::test]
async fn fields_of_informational_answers_are_not_those_of_the_answer() {
    let early = "HTTP/1.1 103 Early Hints\r\nX-Frame-Options: DENY\r\n\r\n";
    let response = plainly(say(format!("{early}{early}{OK}Content-Length: 0\r\n\r\n"))).await.unwrap();
    assert_eq!((response.status, response.value("x-frame-options")), (200, None));
}

#[tokio::test]
async fn a_site_that_asks_for_slowness_is_asked_once_more() {
    let limited = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".to_vec();
    let busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_vec();
    let down = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n".to_vec();
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    for (first, then, want, attempts, connections) in [
        (&limited, &ok, Ok(200), 2, 2),
        (&busy, &ok, Ok(200), 2, 2),
        (&busy, &busy, Err("503: the site asks us to slow down"), 2, 2),
        (&limited, &limited, Err("429: the site asks us to slow down"), 2, 2),
        (&down, &ok, Ok(503), 1, 1),
    ] {
        let act = Act::First(1, Act::Say(first.clone()).into(), Act::Say(then.clone()).into());
        let peer = Peer::plain(act).await;
        let spec = spec();
        let net = net(&spec, &[(80, peer.at)]);
        let (sent, outcome) = asked(&spec, &net, &visit(Scheme::Http, "/")).await;
        assert_eq!((sent, peer.accepted()), (attempts, connections));
        match (outcome, want) {
            (Ok(exchange), Ok(status)) => assert_eq!(exchange.first().status, status),
            (Err(error), Err(want)) => assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Limited, want)),
            (outcome, want) => panic!("{outcome:?}, not {want:?}"),
        }
    }
}
