//! One HTTP/1.1 exchange on one connection: sent as planned, read within bounds.

use std::error::Error as _;
use std::io;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::net::Net;
use super::tap::{HEAD_BYTES, Tap};
use super::tls;
use crate::observation::{ErrorKind, ProbeError, Request, Stage};
use crate::target::{Endpoint, Scheme};

/// More fields than this are refused.
const MOST_FIELDS: usize = 100;

/// An answer as it came: raw, and not to be recorded as it is.
pub struct Raw {
    pub status: u16,
    /// In the order and spelling of the wire.
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// More came than is read, or it ended early.
    pub cut: bool,
}

/// Sends a request to an endpoint and reads the answer, within `limits.exchange` by the wall clock.
///
/// # Errors
/// How far it came and what happened.
pub async fn send(net: &Net, at: &Endpoint, request: &Request) -> Result<Raw, ProbeError> {
    let stream = net.connect(Some(&at.host), at.socket()).await?;
    let limit = net.limits().exchange();
    let work = async {
        match at.scheme {
            Scheme::Http => exchange(stream, request, net.limits().body_bytes).await,
            Scheme::Https => {
                let sni = request.sni.as_deref();
                let shaken = tls::shake_hands(stream, sni, at.ip, &[b"http/1.1"]).await?;
                exchange(shaken.stream, request, net.limits().body_bytes).await
            }
        }
    };
    timeout(limit, work).await.unwrap_or_else(|_| {
        let detail = format!("no complete answer from {} in {} ms", at.socket(), limit.as_millis());
        Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, detail))
    })
}

async fn exchange<S>(stream: S, request: &Request, body_bytes: u64) -> Result<Raw, ProbeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (tap, record) = Tap::new(stream);
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MOST_FIELDS)
        .max_header_size(HEAD_BYTES)
        .title_case_headers(false)
        .preserve_header_case(true)
        .handshake(TokioIo::new(tap))
        .await
        .map_err(|e| http_error(&e))?;
    // The connection is driven beside the exchange and ends with it.
    let driver = Driver(tokio::spawn(async move { connection.await.map_err(|e| http_error(&e)) }));
    let response = sender.send_request(wire(request)?).await.map_err(|e| http_error(&e))?;
    let (head, body) = response.into_parts();
    let fields = head_fields(&record.take())?;
    let (body, cut) = read(body, body_bytes).await;
    drop(driver);
    Ok(Raw { status: head.status.as_u16(), fields, body, cut })
}

struct Driver(tokio::task::JoinHandle<Result<(), ProbeError>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn wire(request: &Request) -> Result<hyper::Request<Empty<Bytes>>, ProbeError> {
    // A target that a redirect led to is the site's text, and may hold a secret.
    let refused = |_| ProbeError::new(Stage::Plan, ErrorKind::Local, "the target of the request cannot be sent");
    let mut builder = hyper::Request::builder().method(request.method.to_string().as_str());
    for (name, value) in &request.fields {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder.uri(request.target.as_str()).body(Empty::new()).map_err(refused)
}

/// The fields of the final answer as they stood on the wire; informational answers (RFC 9110 §15.2) are passed over.
fn head_fields(mut bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ProbeError> {
    let malformed =
        || ProbeError::new(Stage::Exchange, ErrorKind::Malformed, "the head of the answer is malformed");
    loop {
        let mut slots = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut slots);
        let length = match head.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            _ => return Err(malformed()),
        };
        if !matches!(head.code, Some(100..=199)) || head.code == Some(101) {
            return Ok(head.headers.iter().map(|field| (field.name.into(), field.value.into())).collect());
        }
        bytes = &bytes[length..];
    }
}

/// The content up to a limit. What fails here leaves the head standing: the content counts as cut.
async fn read(mut body: Incoming, limit: u64) -> (Vec<u8>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = vec![];
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (bytes, true) };
        if let Ok(data) = frame.into_data() {
            let room = limit - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return (bytes, true);
            }
        }
    }
    (bytes, false)
}

fn http_error(error: &hyper::Error) -> ProbeError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            if io.kind() == io::ErrorKind::InvalidData && io.get_ref().is_some_and(|e| !e.is::<rustls::Error>()) {
                return ProbeError::new(Stage::Exchange, ErrorKind::Malformed, io.to_string());
            }
            return tls::tls_error(io, Stage::Exchange);
        }
        cause = inner.source();
    }
    let (kind, detail) = if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        (ErrorKind::Closed, "the connection was closed without an answer")
    } else {
        (ErrorKind::Malformed, "what answers does not speak HTTP/1.1")
    };
    ProbeError::new(Stage::Exchange, kind, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_as_on_the_wire() {
        let head =
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nB: 1\r\na: 2\r\nB: 3\r\n\r\nbody";
        let fields = head_fields(head).unwrap();
        let names: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        assert_eq!(names, [("B", &b"1"[..]), ("a", b"2"), ("B", b"3")]);
        assert_eq!(head_fields(b"SSH-2.0-OpenSSH").unwrap_err().kind, ErrorKind::Malformed);
    }
}
