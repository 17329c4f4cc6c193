//! The opening handshake of a WebSocket (RFC 6455 §4.1): asked for, answered, and left.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout_at;

use super::http::{MOST_FIELDS, TOO_LARGE, wire};
use super::net::Net;
use super::tap::HEAD_BYTES;
use super::tls;
use crate::observation::{ErrorKind, ProbeError, Request, Stage};
use crate::target::Endpoint;

/// The status that an upgrade is answered with; 101 when the protocol is switched to WebSocket.
///
/// # Errors
/// There is no answer, it holds us off, or it switches to something else.
pub async fn open(net: &Net, at: &Endpoint, mut request: Request) -> Result<u16, ProbeError> {
    let key = STANDARD.encode(getrandom::u64().unwrap_or_default().to_le_bytes().repeat(2));
    request.fields.retain(|(name, _)| name != "Connection");
    let own = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")];
    request.fields.extend(own.map(|(name, value)| (name.into(), value.into())));
    request.fields.push(("Sec-WebSocket-Key".into(), key.clone()));
    // The library says what may not be sent.
    wire(&request, &request.target, &[])?;
    let secured = tls::connect(net, at, request.sni.as_deref(), &[b"http/1.1"]).await?;
    let until = secured.begun + net.limits().exchange();
    let asked = timeout_at(until, ask(secured.stream, &request)).await.unwrap_or_else(|_| {
        let detail = format!("no answer from {} in {} ms", at.socket(), net.limits().exchange_ms);
        Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, detail))
    });
    asked.and_then(|answer| read(&answer, &key))
}

struct Answer {
    status: u16,
    fields: Vec<(String, String)>,
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: &Request) -> Result<Answer, ProbeError> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    request.fields.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    head += "\r\n";
    let lost = |e: std::io::Error| tls::tls_error(&e, Stage::Exchange);
    stream.write_all(head.as_bytes()).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut bytes = vec![];
    loop {
        if let Some(answer) = final_head(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() >= HEAD_BYTES {
            return Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, TOO_LARGE));
        }
        if stream.read_buf(&mut bytes).await.map_err(lost)? == 0 {
            let detail = "the connection was closed without an answer";
            return Err(ProbeError::new(Stage::Exchange, ErrorKind::Closed, detail));
        }
    }
}

/// The head of the final answer; informational ones (RFC 9110 §15.2) are passed over.
fn final_head(mut bytes: &[u8]) -> Result<Option<Answer>, ProbeError> {
    loop {
        let mut slots = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut slots);
        let length = match head.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => {
                let detail = "the head of the answer is malformed";
                return Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, detail));
            }
        };
        let status = head.code.unwrap_or_default();
        if status == 101 || !(100..200).contains(&status) {
            let field = |f: &httparse::Header| (f.name.into(), String::from_utf8_lossy(f.value).into());
            return Ok(Some(Answer { status, fields: head.headers.iter().map(field).collect() }));
        }
        bytes = &bytes[length..];
    }
}

fn read(answer: &Answer, key: &str) -> Result<u16, ProbeError> {
    let value = |wanted: &str| {
        answer.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    };
    let limited = |detail: &str| Err(ProbeError::new(Stage::Exchange, ErrorKind::Limited, detail));
    let malformed = |detail: &str| Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, detail));
    match answer.status {
        429 => limited("429: the site asks us to slow down"),
        503 if value("retry-after").is_some() => limited("503: the site asks us to slow down"),
        _ if value("cf-mitigated").is_some_and(|v| v.eq_ignore_ascii_case("challenge")) => {
            limited("a challenge page stands before the site")
        }
        // RFC 6455 §4.1: a client fails the connection unless both are right.
        101 if !value("upgrade").is_some_and(|v| v.eq_ignore_ascii_case("websocket")) => {
            malformed("the server switches to another protocol than WebSocket")
        }
        101 if value("sec-websocket-accept").map(str::trim) != Some(&accept(key)) => {
            malformed("the server switches to WebSocket with a key that is not ours")
        }
        status @ 100..600 => Ok(status),
        _ => malformed("the status of the answer is none of HTTP's"),
    }
}

/// RFC 6455 §4.2.2.
fn accept(key: &str) -> String {
    STANDARD
        .encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_head_is_read_or_refused(head in r"(HTTP/1\.1 (200|101|103|099) ?[a-z]?|[ -~\t]{0,12}(: )?|\r\n|\n|\x00|\PC){0,24}") {
            let _ = final_head(head.as_bytes()).map(|answer| answer.map(|answer| read(&answer, "a").is_ok()));
        }
    }

    /// RFC 6455 §1.3.
    #[test]
    fn an_upgrade_counts_with_the_right_key() {
        const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
        let right = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        assert_eq!(accept(KEY), right);
        for (head, want) in [
            (format!("101 S\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: {right}"), Ok(101)),
            (
                format!("103 E\r\n\r\nHTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {right}"),
                Ok(101),
            ),
            ("101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x".into(), Err(ErrorKind::Malformed)),
            (format!("101 S\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: {right}"), Err(ErrorKind::Malformed)),
            ("403 F".into(), Ok(403)),
            ("200 OK".into(), Ok(200)),
            ("429 T".into(), Err(ErrorKind::Limited)),
            ("503 S\r\nRetry-After: 1".into(), Err(ErrorKind::Limited)),
            ("403 F\r\ncf-mitigated: challenge".into(), Err(ErrorKind::Limited)),
            ("999 X".into(), Err(ErrorKind::Malformed)),
        ] {
            let answer = final_head(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()).unwrap().unwrap();
            assert_eq!(read(&answer, KEY).map_err(|e| e.kind), want, "{head}");
        }
    }
}
