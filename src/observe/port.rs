//! Knocks on a port.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use std::sync::Arc;

use super::dial::Failure;
use super::net::Net;
use crate::observation::{ErrorKind, Greet, Knock, PortState, ProbeError, Stage};
use crate::target::Host;

/// Silence is believed after this many fresh sockets: at 5 % loss each way they all miss once in a hundred thousand.
const SOCKETS: u8 = 5;

/// How long a greeting may take.
const GREETING: Duration = Duration::from_millis(800);

/// At most this many characters of a greeting are kept.
const GREETING_LENGTH: usize = 64;

/// Asks until something answers, or all sockets met silence while the reference answered; at the doors of the host
/// that is looked at there. Where the reference was silent as well, but answered before, packets were lost: all is
/// asked once more.
///
/// # Errors
/// What came back says nothing about the port, or the reference was silent too.
pub async fn knock(net: &Arc<Net>, host: Option<&Host>, question: &Knock) -> (u8, Result<PortState, ProbeError>) {
    let _turn = net.turn().await;
    let (attempts, outcome) = window(net, host, question).await;
    let lost = outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Timeout);
    if lost && net.round_trip(question.at.ip()).is_some() {
        let (more, outcome) = window(net, host, question).await;
        return (attempts + more, outcome);
    }
    (attempts, outcome)
}

async fn window(net: &Arc<Net>, host: Option<&Host>, question: &Knock) -> (u8, Result<PortState, ProbeError>) {
    let at = question.at;
    let mut sockets = JoinSet::new();
    let mut asked = 0;
    let answer = loop {
        if asked < SOCKETS {
            let (net, host) = (net.clone(), host.cloned());
            sockets.spawn(async move { net.attempt(host.as_ref(), at).await });
            asked += 1;
        }
        let wait = if asked < SOCKETS { spacing(net, at) } else { last_wait(net, at) };
        match timeout(wait, sockets.join_next()).await {
            Ok(Some(answer)) => break Some(answer.expect("an attempt is not aborted while it is awaited")),
            Err(_) if asked < SOCKETS => {}
            Ok(None) | Err(_) => break None,
        }
    };
    (asked, state(net, host, question, answer).await)
}

async fn state(
    net: &Net,
    host: Option<&Host>,
    question: &Knock,
    answer: Option<Result<TcpStream, Failure>>,
) -> Result<PortState, ProbeError> {
    let at = question.at;
    match answer {
        Some(Ok(stream)) => Ok(greeted(stream, question.greet).await),
        Some(Err(Failure::Reset)) => Ok(PortState::Open { greeting: None, reset: true }),
        Some(Err(Failure::Refused)) => Ok(PortState::Refused),
        Some(Err(Failure::Rejected { offender })) if !net.is_own(offender) => Ok(PortState::Rejected { offender }),
        Some(Err(failure)) => Err(net.error(at, &failure)),
        None => silent(net, host, question).await,
    }
}

/// Silence counts only while the reference, asked in the same second, answers.
async fn silent(net: &Net, host: Option<&Host>, question: &Knock) -> Result<PortState, ProbeError> {
    let Some(port) = question.beside else { return Ok(PortState::Filtered) };
    let reference = SocketAddr::from((question.at.ip(), port));
    let beside = match timeout(net.limits().connect(), net.attempt(host, reference)).await {
        Ok(Ok(_)) => return Ok(PortState::Filtered),
        Ok(Err(failure)) => net.error(reference, &failure).detail,
        Err(_) => format!("none from port {port} in the same second"),
    };
    let detail = format!("no answer from {}, and beside it: {beside}", question.at);
    Err(ProbeError::new(Stage::Connect, ErrorKind::Timeout, detail))
}

/// Between fresh sockets: long enough for an answer to come first.
fn spacing(net: &Net, at: SocketAddr) -> Duration {
    let least = Duration::from_millis(200);
    net.round_trip(at.ip()).map_or(least, |round_trip| least.max(round_trip / 2))
}

/// After the last socket.
fn last_wait(net: &Net, at: SocketAddr) -> Duration {
    let most = Duration::from_secs(1);
    match (net.limits().connect_ms, net.round_trip(at.ip())) {
        (Some(ms), _) => Duration::from_millis(ms),
        (None, Some(round_trip)) => (round_trip * 3).clamp(Duration::from_millis(250), most),
        (None, None) => most,
    }
}

/// What an open port says. That it is open is known already; no failure here changes it.
async fn greeted(mut stream: TcpStream, greet: Greet) -> PortState {
    let hello: &[u8] = match greet {
        Greet::Nothing => return PortState::Open { greeting: None, reset: false },
        Greet::Listen => b"",
        // PostgreSQL protocol, SSLRequest: length 8, code 80877103.
        Greet::Postgresql => &[0, 0, 0, 8, 4, 210, 22, 47],
        Greet::Redis => b"PING\r\n",
    };
    let mut bytes = [0; 256];
    let talk = async {
        stream.write_all(hello).await?;
        stream.read(&mut bytes).await
    };
    match timeout(GREETING, talk).await {
        Ok(Ok(0)) | Err(_) => PortState::Open { greeting: None, reset: false },
        Ok(Ok(length)) => PortState::Open { greeting: Some(first_line(&bytes[..length])), reset: false },
        Ok(Err(_)) => PortState::Open { greeting: None, reset: true },
    }
}

/// The first line, printable and short.
fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    text.trim_end().escape_debug().take(GREETING_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_greeting_is_one_short_printable_line() {
        for (bytes, want) in [
            (&b"+PONG\r\n"[..], "+PONG"),
            (b"N", "N"),
            (b"-NOAUTH Authentication required.\r\nmore", "-NOAUTH Authentication required."),
            (b"\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            (b"", ""),
        ] {
            assert_eq!(first_line(bytes), want);
        }
        assert_eq!(first_line(&[b'a'; 300]).len(), GREETING_LENGTH);
    }

    proptest! {
        #[test]
        fn any_greeting_becomes_printable(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let line = first_line(&bytes);
            prop_assert!(line.chars().count() <= GREETING_LENGTH);
            prop_assert!(!line.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)), "{line:?}");
        }
    }
}
