//! A stream that keeps what it read until the head of the answer is complete: the fields exactly as sent.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of an answer before its content, informational answers included. A server that sends more is cut off.
pub const HEAD_BYTES: usize = 300 * 1024;

/// Enough to tell a protocol by.
const OPENING_BYTES: usize = 16;

/// How the protocols that are met in the wrong place begin.
const OPENINGS: [(&[u8], &str); 7] = [
    (b"HTTP/", "plain HTTP"),
    (b"SSH-", "SSH"),
    (b"220 ", "mail or FTP"),
    (b"220-", "mail or FTP"),
    // RFC 8446 §5.1: an alert or a handshake record.
    (&[21, 3], "TLS"),
    (&[22, 3], "TLS"),
    (b"-ERR", "Redis"),
];

pub struct Tap<S> {
    stream: S,
    record: Record,
}

/// What was read so far; shared with whoever waits for the head.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    until: Until,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Until {
    /// Someone takes the head; without an end it is an error.
    #[default]
    Taken,
    /// There is enough to tell a protocol by.
    Told,
    Now,
}

impl<S> Tap<S> {
    /// Keeps a whole head.
    pub fn head(stream: S) -> (Self, Record) {
        Self::new(stream, Until::Taken)
    }

    /// Keeps the first bytes.
    pub fn opening(stream: S) -> (Self, Record) {
        Self::new(stream, Until::Told)
    }

    fn new(stream: S, until: Until) -> (Self, Record) {
        let record = Record(Arc::new(Mutex::new(Kept { bytes: vec![], until })));
        (Self { stream, record: record.clone() }, record)
    }
}

impl Record {
    /// The head is complete: nothing more is kept, and no limit holds here from now on.
    pub fn take(&self) -> Vec<u8> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.until = Until::Now;
        std::mem::take(&mut kept.bytes)
    }

    /// What the first bytes are a sign of, when it is not what was expected.
    pub fn spoken(&self) -> Option<&'static str> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        OPENINGS.iter().find(|(opening, _)| kept.bytes.starts_with(opening)).map(|(_, what)| *what)
    }

    fn keep(&self, bytes: &[u8]) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.until == Until::Now {
            return Ok(());
        }
        kept.bytes.extend_from_slice(bytes);
        if kept.until == Until::Told {
            if kept.bytes.len() >= OPENING_BYTES {
                kept.bytes.truncate(OPENING_BYTES);
                kept.until = Until::Now;
            }
            return Ok(());
        }
        // The buffer may hold the begin of the content as well; a head alone is limited exactly by the parser.
        if kept.bytes.len() > HEAD_BYTES + 64 * 1024 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of the answer does not end"));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        Poll::Ready(self.record.keep(&buf.filled()[before..]))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
