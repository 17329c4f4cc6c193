//! Knocks on a port.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::dial::Failure;
use super::net::{Net, STARVED};
use super::record::Recorder;
use super::startup;
use crate::observation::{ErrorKind, Greet, Knock, PortState, ProbeError, Stage};
use crate::target::Host;

/// Silence is believed after this many fresh sockets: at 5 % loss each way they all miss once in a hundred thousand.
pub(super) const SOCKETS: u8 = 5;

/// How long a greeting may take.
const GREETING: Duration = Duration::from_millis(800);

/// Who knocks: over which way, at the door of which host, and who keeps what is said.
pub struct Knocker<'a> {
    pub net: &'a Arc<Net>,
    pub recorder: &'a Recorder,
    pub host: Option<&'a Host>,
}

impl Knocker<'_> {
    /// Asks until something answers, or all sockets met silence while the reference answered. Where the reference
    /// was silent in that time, but answered before, packets were lost: all is asked once more.
    ///
    /// # Errors
    /// What came back says nothing about the port, or the reference was silent too.
    pub async fn knock(&self, question: &Knock) -> (u8, Result<PortState, ProbeError>) {
        let _turn = self.net.turn().await;
        let (attempts, outcome) = self.window(question).await;
        let lost = outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Timeout);
        if lost && self.net.round_trip(question.at.ip()).is_some() {
            let (more, outcome) = self.window(question).await;
            return (attempts + more, outcome);
        }
        (attempts, outcome)
    }

    async fn window(&self, question: &Knock) -> (u8, Result<PortState, ProbeError>) {
        let at = question.at;
        let begun = Instant::now();
        let mut sockets = JoinSet::new();
        let mut asked = 0;
        let answer = loop {
            if asked < SOCKETS {
                let (net, host) = (self.net.clone(), self.host.cloned());
                sockets.spawn(async move { net.attempt(host.as_ref(), at).await });
                asked += 1;
            }
            let wait = if asked < SOCKETS { spacing(self.net, at.ip()) } else { last_wait(self.net, at.ip()) };
            match timeout(wait, sockets.join_next()).await {
                Ok(Some(answer)) => {
                    let answer = answer.expect("an attempt is not aborted while it is awaited");
                    let starved = answer.as_ref().is_err_and(Failure::is_starved);
                    if !starved || begun.elapsed() > self.net.limits().connect() {
                        break Some(answer);
                    }
                    // It was never sent.
                    asked -= 1;
                    sleep(STARVED).await;
                }
                Err(_) if asked < SOCKETS => {}
                Ok(None) | Err(_) => break None,
            }
        };
        (asked, self.state(question, answer).await)
    }

    async fn state(
        &self,
        question: &Knock,
        answer: Option<Result<TcpStream, Failure>>,
    ) -> Result<PortState, ProbeError> {
        match answer {
            Some(Ok(stream)) => Ok(greeted(stream, question, self.recorder).await),
            Some(Err(Failure::Reset)) => Ok(PortState::Open { greeting: None, reset: true }),
            Some(Err(Failure::Refused)) => Ok(PortState::Refused),
            Some(Err(Failure::Rejected { offender })) if !self.net.is_own(offender) => {
                Ok(PortState::Rejected { offender })
            }
            Some(Err(failure)) => Err(self.net.error(question.at, &failure)),
            None => self.silent(question).await,
        }
    }

    /// Silence counts only while the reference, asked in the same second, answers.
    async fn silent(&self, question: &Knock) -> Result<PortState, ProbeError> {
        let Some(port) = question.beside else { return Ok(PortState::Filtered) };
        let reference = SocketAddr::from((question.at.ip(), port));
        let beside = match timeout(self.net.limits().connect(), self.net.attempt(self.host, reference)).await {
            Ok(Ok(_)) => return Ok(PortState::Filtered),
            Ok(Err(failure)) => self.net.error(reference, &failure).detail,
            Err(_) => format!("none from port {port} in the same second"),
        };
        let detail = format!("no answer from {}, and beside it: {beside}", question.at);
        Err(ProbeError::new(Stage::Connect, ErrorKind::Timeout, detail))
    }
}

/// Between fresh sockets: long enough for an answer to come first.
pub(super) fn spacing(net: &Net, at: IpAddr) -> Duration {
    let least = Duration::from_millis(200);
    net.round_trip(at).map_or(least, |round_trip| least.max(round_trip / 2))
}

/// After the last socket.
pub(super) fn last_wait(net: &Net, at: IpAddr) -> Duration {
    let most = Duration::from_secs(1);
    match (net.limits().connect_ms, net.round_trip(at)) {
        (Some(ms), _) => Duration::from_millis(ms),
        (None, Some(round_trip)) => (round_trip * 3).clamp(Duration::from_millis(250), most),
        (None, None) => most,
    }
}

/// What an open port says. That it is open is known already; no failure here changes it.
async fn greeted(mut stream: TcpStream, question: &Knock, recorder: &Recorder) -> PortState {
    let hello: &[u8] = match question.greet {
        Greet::Nothing => return PortState::Open { greeting: None, reset: false },
        Greet::Listen | Greet::Decoy => b"",
        Greet::PostgresqlStartup | Greet::PostgresqlStartupTls => {
            let secure = question.greet == Greet::PostgresqlStartupTls;
            let asked = startup::ask(stream, question.at.ip(), secure);
            let greeting = timeout(3 * GREETING, asked).await.ok().flatten();
            return PortState::Open { greeting, reset: false };
        }
        Greet::Postgresql => startup::SSL_REQUEST,
        Greet::Redis => b"PING\r\n",
    };
    let mut bytes = [0; 256];
    let talk = async {
        stream.write_all(hello).await?;
        stream.read(&mut bytes).await
    };
    match timeout(GREETING, talk).await {
        Ok(Ok(0)) | Err(_) => PortState::Open { greeting: None, reset: false },
        Ok(Ok(length)) => PortState::Open { greeting: Some(recorder.greeting(&bytes[..length])), reset: false },
        Ok(Err(_)) => PortState::Open { greeting: None, reset: true },
    }
}
