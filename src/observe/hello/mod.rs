//! Hellos written by hand, and what comes back to them.

mod input;
mod read;
mod write;

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::net::{Entry, Net};
use super::tap::Tap;
use super::tls;
use crate::observation::{ErrorKind, Hello, Offered, ProbeError, Stage};
use read::{Fault, MOST_BYTES, Reading};

/// Silence is no answer, and one packet may be lost.
const MOST_ATTEMPTS: u8 = 2;

/// Sends one hello and reads the answer, to the end of what is said in clear.
///
/// # Errors
/// Nothing came back that is TLS.
pub async fn offer(net: &Net, question: &Hello) -> (u8, Result<Offered, ProbeError>) {
    let mut attempts = 1;
    loop {
        let outcome = once(net, question).await;
        let is_silent = outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Timeout);
        if !is_silent || attempts == MOST_ATTEMPTS {
            return (attempts, outcome);
        }
        attempts += 1;
    }
}

async fn once(net: &Net, Hello { at, offer }: &Hello) -> Result<Offered, ProbeError> {
    // A server that was silent to whole sessions is not asked two dozen times more.
    net.known_open(&Entry::Hello(at.socket(), at.host.name().map(String::from)))?;
    let mut random = [0; 96];
    getrandom::fill(&mut random).map_err(|e| {
        ProbeError::new(Stage::Handshake, ErrorKind::Local, format!("this machine gives no random bytes ({e})"))
    })?;
    let hello = write::hello(*offer, at.host.name(), &random);
    let stream = net.connect(Some(&at.host), at.socket()).await?;
    let limit = net.limits().exchange();
    timeout(limit, exchange(stream, &hello, offer.is_version())).await.unwrap_or_else(|_| {
        let detail = format!("no answer to the hello from {} in {} ms", at.socket(), limit.as_millis());
        Err(ProbeError::new(Stage::Handshake, ErrorKind::Timeout, detail))
    })
}

async fn exchange(stream: TcpStream, hello: &[u8], whole: bool) -> Result<Offered, ProbeError> {
    let (mut stream, opening) = Tap::opening(stream);
    // A server may answer and close before it has read the whole: what was sent shows in what is read.
    let _ = stream.write_all(hello).await;
    let mut reading = Reading::new(whole);
    let mut buffer = [0; 4096];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(0) if reading.has_begun() => return Err(broken_off(ErrorKind::Closed)),
            Ok(0) => return Ok(Offered::Closed),
            Ok(read) => read,
            Err(error) => match ended(&error)? {
                Offered::Reset if reading.has_begun() => return Err(broken_off(ErrorKind::Reset)),
                offered => return Ok(offered),
            },
        };
        match reading.push(&buffer[..read]) {
            Ok(Some(offered)) => return Ok(offered),
            Ok(None) => {}
            Err(fault) => {
                let detail = match fault {
                    Fault::NotTls => tls::what_answers(&opening),
                    Fault::TooMuch => format!("more than {MOST_BYTES} bytes came before the end of the hello"),
                    Fault::Broken(what) => format!("what came back is {what}"),
                };
                return Err(ProbeError::new(Stage::Handshake, ErrorKind::Malformed, detail));
            }
        }
    }
}

/// Half an answer refuses nothing.
fn broken_off(kind: ErrorKind) -> ProbeError {
    ProbeError::new(Stage::Handshake, kind, "the answer to the hello breaks off")
}

fn ended(error: &io::Error) -> Result<Offered, ProbeError> {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Ok(Offered::Reset)
        }
        _ => {
            let detail = format!("reading the answer to the hello failed ({})", error.kind());
            Err(ProbeError::new(Stage::Handshake, ErrorKind::Local, detail))
        }
    }
}
