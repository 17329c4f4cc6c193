//! One HTTP/1.1 exchange on one connection: sent as planned, read within bounds. What HTTP/2 does alike is shared.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::net::Net;
use super::tap::{HEAD_BYTES, Record, Tap};
use super::tls;
use crate::observation::{ErrorKind, ProbeError, Request, Stage};
use crate::target::{Endpoint, Scheme};

/// More fields than this are refused.
pub const MOST_FIELDS: usize = 100;

/// The longest request-target that the library sends.
const MOST_TARGET: usize = 65_534;

/// An answer as it came: raw, and not to be recorded as it is.
pub struct Raw {
    pub status: u16,
    /// In the order and spelling of the wire.
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    /// More came than is read, or it ended early.
    pub cut: bool,
}

/// An answer whose content is still to come. The connection ends with it.
pub struct Coming {
    /// Without its content.
    pub raw: Raw,
    pub content: Incoming,
    /// When the request was sent.
    pub begun: Instant,
    /// When its content must be here.
    pub until: Instant,
    /// What is said when it is not.
    pub late: String,
    pub driver: Driver,
}

impl Coming {
    /// The answer with its content, up to a limit; and how long the exchange took, the connection apart.
    ///
    /// # Errors
    /// It did not come in time.
    pub async fn whole(self, limit: u64) -> Result<(Raw, Duration), ProbeError> {
        let Self { raw, content, begun, until, late, driver: _driver } = self;
        let late = |_| ProbeError::new(Stage::Exchange, ErrorKind::Timeout, late);
        let (body, cut) = timeout_at(until, read(content, limit)).await.map_err(late)?;
        Ok((Raw { body, cut, ..raw }, begun.elapsed()))
    }

    /// What comes next of the content, `None` at its end.
    ///
    /// # Errors
    /// It ended before its end.
    pub async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        loop {
            match self.content.frame().await? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => return Some(Ok(data)),
                    Err(_) => continue,
                },
                Err(_) => return Some(Err(BrokenOff)),
            }
        }
    }
}

/// The server ended a content before its end.
#[derive(Debug)]
pub struct BrokenOff;

/// Sends a request to an endpoint and reads the head of the answer, within `limits.exchange` by the wall clock once
/// connected.
///
/// # Errors
/// How far it came and what happened.
pub async fn ask(net: &Net, at: &Endpoint, request: &Request, content: Bytes) -> Result<Coming, ProbeError> {
    let limits = net.limits();
    let mut wire = wire(request, &request.target, &[])?;
    *wire.body_mut() = Full::new(content);
    let late = format!("no complete answer from {} in {} ms", at.socket(), limits.exchange_ms);
    let (answer, until) = match at.scheme {
        Scheme::Http => {
            let stream = net.connect(Some(&at.host), at.socket()).await?;
            let until = Instant::now() + limits.exchange();
            (timeout_at(until, exchange(stream, wire)).await, until)
        }
        Scheme::Https => {
            let secured = tls::connect(net, at, request.sni.as_deref(), &[b"http/1.1"]).await?;
            let until = secured.begun + limits.exchange();
            (timeout_at(until, exchange(secured.stream, wire)).await, until)
        }
    };
    match answer {
        Ok(answer) => {
            answer.map(|(raw, content, begun, driver)| Coming { raw, content, begun, until, late, driver })
        }
        Err(_) => Err(ProbeError::new(Stage::Exchange, ErrorKind::Timeout, late)),
    }
}

async fn exchange<S>(stream: S, request: Wire) -> Result<(Raw, Incoming, Instant, Driver), ProbeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = Instant::now();
    let (tap, record) = Tap::head(stream);
    let failed = |error: &hyper::Error| http_error(error, &record);
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MOST_FIELDS)
        .max_header_size(HEAD_BYTES)
        .title_case_headers(false)
        .preserve_header_case(true)
        .handshake(TokioIo::new(tap))
        .await
        .map_err(|e| failed(&e))?;
    let mut driver = Driver(tokio::spawn(connection));
    let (head, body) = driver.answer(sender.send_request(request)).await.map_err(|e| failed(&e))?.into_parts();
    let fields = head_fields(&record.take())?;
    let status = asked_for(head.status)?;
    Ok((Raw { status, fields, body: vec![], cut: false }, body, begun, driver))
}

/// The status, if an answer to a request of ours can have it.
///
/// # Errors
/// It cannot.
pub fn asked_for(status: hyper::StatusCode) -> Result<u16, ProbeError> {
    let status = status.as_u16();
    let what = match status {
        // RFC 9110 §7.8: only a protocol that the client named.
        101 => "the server switches to a protocol that nobody asked for",
        // RFC 9110 §15: outside of it no status is valid.
        100..600 => return Ok(status),
        _ => "the status of the answer is none of HTTP's",
    };
    Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, format!("{what} ({status})")))
}

/// The connection, driven beside its exchange; it ends with it.
pub struct Driver(pub tokio::task::JoinHandle<hyper::Result<()>>);

impl Driver {
    /// The answer to a request on this connection.
    ///
    /// # Errors
    /// Why there is none. A connection that ended before the request was taken from the queue knows why.
    pub async fn answer(
        &mut self,
        sent: impl Future<Output = hyper::Result<hyper::Response<Incoming>>>,
    ) -> hyper::Result<hyper::Response<Incoming>> {
        match sent.await {
            Err(e) if e.is_canceled() || e.is_closed() => match (&mut self.0).await {
                Ok(Err(why)) => Err(why),
                _ => Err(e),
            },
            answered => answered,
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub type Wire = hyper::Request<Full<Bytes>>;

/// The request as the library takes it, without some of its fields.
///
/// # Errors
/// The library does not send it.
pub fn wire(request: &Request, uri: &str, without: &[&str]) -> Result<Wire, ProbeError> {
    let mut builder = hyper::Request::builder().method(request.method.to_string().as_str());
    for (name, value) in request.fields.iter().filter(|(name, _)| !without.contains(&name.as_str())) {
        builder = builder.header(name.as_str(), value.as_bytes());
    }
    // A redirect may have led here: its text is the target's, and is not repeated.
    builder.uri(uri).body(Full::default()).map_err(|_| {
        let what = match request.target.len() {
            0..=MOST_TARGET => "the request holds what HTTP does not allow, and was not sent".into(),
            length => format!("the address has {length} bytes, and was not asked for"),
        };
        ProbeError::new(Stage::Plan, ErrorKind::Local, what)
    })
}

/// The fields of the final answer as they stood on the wire; informational answers (RFC 9110 §15.2) are passed over.
fn head_fields(whole: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ProbeError> {
    let malformed = |detail: &str| Err(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, detail));
    let mut bytes = whole;
    loop {
        let mut slots = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut slots);
        let length = match head.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if whole.len() >= HEAD_BYTES => return malformed(TOO_LARGE),
            Err(httparse::Error::TooManyHeaders) => return malformed(TOO_LARGE),
            _ => return malformed(MALFORMED),
        };
        bytes = &bytes[length..];
        if whole.len() - bytes.len() > HEAD_BYTES {
            return malformed(TOO_LARGE);
        }
        if !matches!(head.code, Some(100..=199)) || head.code == Some(101) {
            return Ok(head.headers.iter().map(|field| (field.name.into(), field.value.into())).collect());
        }
    }
}

const MALFORMED: &str = "the head of the answer is malformed";
pub const TOO_LARGE: &str = "the head of the answer has more than 300 KiB or 100 fields";

/// The content up to a limit. What fails here leaves the head standing: the content counts as cut.
pub async fn read(mut body: Incoming, limit: u64) -> (Vec<u8>, bool) {
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

fn http_error(error: &hyper::Error, record: &Record) -> ProbeError {
    let malformed = |detail: String| ProbeError::new(Stage::Exchange, ErrorKind::Malformed, detail);
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            if io.kind() == io::ErrorKind::InvalidData && io.get_ref().is_some_and(|e| !e.is::<rustls::Error>()) {
                return malformed(TOO_LARGE.into());
            }
            return tls::tls_error(io, Stage::Exchange);
        }
        cause = inner.source();
    }
    match record.spoken() {
        Some("plain HTTP") if error.is_parse() => {
            head_fields(&record.take()).err().unwrap_or_else(|| malformed(MALFORMED.into()))
        }
        Some(what) if what != "plain HTTP" => malformed(format!("what answers speaks {what}, not HTTP/1.1")),
        _ if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => {
            let detail = "the connection was closed without an answer";
            ProbeError::new(Stage::Exchange, ErrorKind::Closed, detail)
        }
        _ => malformed("what answers does not speak HTTP/1.1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_head_is_read_or_refused(head in r"(HTTP/1\.1 (200|103|101|099) ?[a-z]?|[ -~\t]{0,12}(: )?|\r\n|\n|\r|\x00|\PC){0,24}") {
            prop_assert!(head_fields(head.as_bytes()).map_or(true, |fields| fields.len() <= MOST_FIELDS));
        }
    }

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
