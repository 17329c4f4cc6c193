//! One HTTP/2 exchange on one connection (RFC 9113): sent as planned, read within the bounds of HTTP/1.1.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout_at;

use super::http::{Coming, Driver, MOST_FIELDS, Raw, TOO_LARGE, Wire, asked_for, wire};
use super::net::Net;
use super::tap::HEAD_BYTES;
use super::tls;
use crate::observation::{ErrorKind, ProbeError, Request, Stage};
use crate::target::Endpoint;

/// Bytes of frames beyond head and content: settings, pings, window updates. A server that sends more is cut off.
const FRAME_BYTES: u64 = 256 * 1024;

/// Sends a request to an endpoint and reads the head of the answer, within `limits.exchange` by the wall clock once
/// connected.
///
/// # Errors
/// How far it came and what happened.
pub async fn ask(net: &Net, at: &Endpoint, request: &Request) -> Result<Coming, ProbeError> {
    let limits = net.limits();
    // RFC 9113 §8.3.1: the authority stands in the target, in place of the Host field.
    let wire = wire(request, &at.url(&request.target), &["Host"])?;
    let secured = tls::connect(net, at, request.sni.as_deref(), &[b"h2"]).await?;
    if !secured.handshake.speaks_h2() {
        let detail = "HTTP/2 alone is offered, and not taken";
        return Err(ProbeError::new(Stage::Handshake, ErrorKind::Malformed, detail));
    }
    let begun = secured.begun;
    let until = begun + limits.exchange();
    let late = format!("no complete answer over HTTP/2 from {} in {} ms", at.socket(), limits.exchange_ms);
    match timeout_at(until, exchange(secured.stream, wire, limits.body_bytes)).await {
        Ok(answer) => answer.map(|(raw, content, driver)| Coming { raw, content, begun, until, late, driver }),
        Err(_) => Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, late)),
    }
}

async fn exchange<S>(stream: S, request: Wire, body_bytes: u64) -> Result<(Raw, Incoming, Driver), ProbeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limited = Limited { stream, left: HEAD_BYTES as u64 + FRAME_BYTES + body_bytes };
    // Pushed answers are refused by the library itself.
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(HEAD_BYTES as u32)
        .handshake(TokioIo::new(limited))
        .await
        .map_err(|e| failed(&e))?;
    let mut driver = Driver(tokio::spawn(connection));
    let (head, body) = driver.answer(sender.send_request(request)).await.map_err(|e| failed(&e))?.into_parts();
    let status = asked_for(head.status)?;
    if head.headers.len() > MOST_FIELDS {
        return Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, TOO_LARGE));
    }
    let fields = head.headers.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().into()));
    Ok((Raw { status, fields: fields.collect(), body: vec![], cut: false }, body, driver))
}

fn failed(error: &hyper::Error) -> ProbeError {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    // What stands in brackets is the peer's own text.
    let words = cause.split(" (").next().unwrap_or_default();
    let (kind, detail) = if words.contains(CUT_OFF) {
        (ErrorKind::Malformed, CUT_OFF.to_string())
    } else if error.is_closed() || error.is_canceled() || words.contains("broken pipe") {
        (ErrorKind::Closed, "the connection was closed without an answer".into())
    } else {
        (ErrorKind::Malformed, format!("HTTP/2 fails: {words}").escape_debug().take(200).collect())
    };
    ProbeError::new(Stage::Exchange, kind, detail)
}

const CUT_OFF: &str = "the server sends more frames than an answer has";

/// A stream from which only so many bytes are read.
struct Limited<S> {
    stream: S,
    left: u64,
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let came = (buffer.filled().len() - before) as u64;
        match self.left.checked_sub(came) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, CUT_OFF))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
