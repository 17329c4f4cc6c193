//! One HTTP/1.1 request and its response (RFC 9112) on a connection that is closed afterwards.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub(super) struct Request {
    pub method: String,
    pub target: String,
    pub fields: Vec<(String, String)>,
    pub content: String,
}

pub(super) struct Response {
    pub status: u16,
    pub fields: Vec<(&'static str, String)>,
    pub content: String,
}

/// Reads one request and writes what `answer` says to it. What is no HTTP/1.1 gets a bare 400.
///
/// # Errors
/// The connection ended early.
pub(super) async fn serve<S>(stream: &mut S, answer: impl FnOnce(&Request) -> Response) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    let request = loop {
        match parse(&head) {
            Parsed::Request(request, Some(content)) => break Some(Request { content, ..request }),
            Parsed::Request(..) if head.len() >= HEAD_BYTES => break None,
            Parsed::Request(_, None) => {
                if stream.read_buf(&mut head).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Parsed::Malformed => break None,
            Parsed::Partial if head.len() >= HEAD_BYTES => break None,
            Parsed::Partial => {
                if stream.read_buf(&mut head).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
    };
    let response = request.as_ref().map_or_else(|| Response::empty(400), answer);
    let with_content = request.is_none_or(|request| request.method != "HEAD");
    stream.write_all(&response.bytes(jiff::Timestamp::now(), with_content)).await?;
    stream.shutdown().await
}

impl Request {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The host that is asked for: lower case, without port and trailing dot (RFC 9110 §4.2.3, §7.2).
    /// `None` unless exactly one is named, by a word.
    pub fn host(&self) -> Option<String> {
        let mut named = self.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let (Some((_, authority)), None) = (named.next(), named.next()) else { return None };
        if authority.is_empty() || authority.contains(' ') {
            return None;
        }
        let is_port = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => host,
            _ => authority,
        };
        Some(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
    }
}

impl Response {
    pub fn new(status: u16, media_type: &str, content: impl Into<String>) -> Self {
        Self { status, fields: vec![("Content-Type", media_type.into())], content: content.into() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, fields: vec![], content: String::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    fn bytes(&self, now: jiff::Timestamp, with_content: bool) -> Vec<u8> {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.fields {
            text += &format!("{name}: {value}\r\n");
        }
        // RFC 9112 §6.3: an answer that switches protocols has no length, and keeps its connection.
        if self.status != 101 {
            text += &format!("Content-Length: {}\r\nConnection: close\r\n", self.content.len());
        }
        text += &format!("Date: {}\r\n\r\n", date.unwrap_or_default());
        if with_content {
            text += &self.content;
        }
        text.into_bytes()
    }
}

enum Parsed {
    /// With its content, once all of it came.
    Request(Request, Option<String>),
    Partial,
    Malformed,
}

fn parse(head: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match (request.parse(head), request.method, request.path) {
        (Ok(httparse::Status::Complete(length)), Some(method), Some(target)) if target.starts_with('/') => {
            let field = |f: &httparse::Header| (f.name.into(), String::from_utf8_lossy(f.value).into());
            let request = Request {
                method: method.into(),
                target: target.into(),
                fields: request.headers.iter().map(field).collect(),
                content: String::new(),
            };
            let rest = &head[length..];
            let wanted = request.value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let content = rest.get(..wanted).map(|content| String::from_utf8_lossy(content).into());
            Parsed::Request(request, content)
        }
        (Ok(httparse::Status::Partial), ..) => Parsed::Partial,
        _ => Parsed::Malformed,
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        _ => "",
    }
}

const HEAD_BYTES: usize = 16 * 1024;
const FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_without_case_port_and_trailing_dot() {
        for (fields, want) in [
            (&["app.example.com"][..], Some("app.example.com")),
            (&["APP.Example.com:443"], Some("app.example.com")),
            (&["app.example.com.:8443"], Some("app.example.com")),
            (&["app.example.com:"], Some("app.example.com")),
            (&["app.example.com@evil.test"], Some("app.example.com@evil.test")),
            (&["[2001:db8::7]"], Some("[2001:db8::7]")),
            (&["[2001:db8::7]:443"], Some("[2001:db8::7]")),
            (&["app.example.com", "evil.test"], None),
            (&["app.example.com evil.test"], None),
            (&[""], None),
            (&[], None),
        ] {
            let fields = fields.iter().map(|value| ("Host".into(), String::from(*value))).collect();
            let request = Request { method: "GET".into(), target: "/".into(), fields, content: String::new() };
            assert_eq!(request.host().as_deref(), want);
        }
    }

    #[test]
    fn a_head_is_whole_unfinished_or_no_request() {
        for (head, want) in [
            (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], "GET / 1"),
            (b"HEAD /x?y=1 HTTP/1.1\r\n\r\n", "HEAD /x?y=1 0"),
            (b"GET / HTTP/1.1\r\nHost:", "partial"),
            (b"", "partial"),
            (b"GET http://evil.test/ HTTP/1.1\r\n\r\n", "malformed"),
            (b"\x16\x03\x01\x00\xee", "malformed"),
        ] {
            let got = match parse(head) {
                Parsed::Request(r, _) => format!("{} {} {}", r.method, r.target, r.fields.len()),
                Parsed::Partial => "partial".into(),
                Parsed::Malformed => "malformed".into(),
            };
            assert_eq!(got, want);
        }
    }

    #[test]
    fn a_response_to_head_has_the_length_and_not_the_content() {
        let response = Response::new(200, "text/plain", "hello").with("X-A", "b");
        let text = |content| String::from_utf8(response.bytes(jiff::Timestamp::UNIX_EPOCH, content)).unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: b\r\nContent-Length: 5\r\n\
                    Connection: close\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
        assert_eq!(text(false), head);
        assert_eq!(text(true), format!("{head}hello"));
    }
}
