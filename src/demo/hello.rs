//! Answers to a ClientHello that no library of ours would give: one a fault, in the clear part of the handshake.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::Entry;

/// Answers in a fault's way where the hello is one that it concerns; whether it was.
///
/// # Errors
/// The connection ended early.
pub(super) async fn answer(stream: &mut TcpStream, entry: Entry) -> io::Result<bool> {
    let is_ours = |fault: &&Canned| entry.has(fault.name);
    let Some(fault) = FAULTS.iter().find(is_ours) else { return Ok(false) };
    if !peek(stream).await?.and_then(|record| Hello::read(&record)).is_some_and(|hello| (fault.concerns)(&hello)) {
        return Ok(false);
    }
    stream.write_all(&flight(fault.says)).await?;
    stream.shutdown().await?;
    // What was peeked at is read, or closing would reset the connection before the answer is read.
    tokio::io::copy(stream, &mut tokio::io::sink()).await?;
    Ok(true)
}

struct Canned {
    name: &'static str,
    concerns: fn(&Hello) -> bool,
    says: Choice,
}

const FAULTS: [Canned; 5] = [
    Canned {
        name: "tls-1-0-accepted",
        concerns: |hello| hello.version == 0x0301 && hello.offers(ECDHE_CBC),
        says: Choice { version: 0x0301, suite: ECDHE_CBC, ..Choice::SOUND },
    },
    Canned {
        name: "tls-weak-cipher",
        concerns: |hello| hello.is_tls12() && hello.offers(TRIPLE_DES) && !hello.offers(RSA_GCM),
        says: Choice { suite: TRIPLE_DES, ..Choice::SOUND },
    },
    Canned {
        name: "tls-no-forward-secrecy",
        // A browser's, not that of a session: the demo's library has nothing to go on with.
        concerns: |hello| hello.newer && hello.offers(RSA_GCM),
        says: Choice { suite: RSA_GCM, ..Choice::SOUND },
    },
    Canned {
        name: "tls-renegotiation-unsafe",
        concerns: |hello| hello.is_tls12() && hello.offers(ECDHE_GCM),
        says: Choice { renegotiation_info: false, ..Choice::SOUND },
    },
    Canned {
        name: "tls-compression",
        concerns: |hello| hello.is_tls12() && hello.deflate,
        says: Choice { compression: 1, ..Choice::SOUND },
    },
];

/// What is seen of a hello.
struct Hello {
    version: u16,
    suites: Vec<u8>,
    deflate: bool,
    /// supported_versions is there.
    newer: bool,
}

impl Hello {
    /// RFC 8446 §4.1.2, without the record and the head of the message.
    fn read(record: &[u8]) -> Option<Self> {
        let mut rest = record.get(9..)?;
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at_checked(count)?;
            rest = left;
            Some(taken)
        };
        let version = number(take(2)?);
        take(32)?;
        let session = number(take(1)?).into();
        take(session)?;
        let length = number(take(2)?).into();
        let suites = take(length)?.to_vec();
        let length = number(take(1)?).into();
        let deflate = take(length)?.contains(&1);
        let mut newer = false;
        take(2);
        while let Some(head) = take(4) {
            newer |= number(&head[..2]) == 43;
            take(number(&head[2..]).into())?;
        }
        Some(Self { version, suites, deflate, newer })
    }

    fn is_tls12(&self) -> bool {
        self.version == 0x0303 && !self.newer
    }

    fn offers(&self, suite: u16) -> bool {
        self.suites.chunks_exact(2).any(|pair| number(pair) == suite)
    }
}

/// The first record, as soon as it is there; `None` when it is none of a handshake.
async fn peek(stream: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = [0; 4096];
    loop {
        let count = stream.peek(&mut buffer).await?;
        match &buffer[..count] {
            [] => return Err(io::ErrorKind::UnexpectedEof.into()),
            [22, _, _, high, low, ..] => {
                let end = 5 + usize::from(number(&[*high, *low]));
                if let Some(record) = buffer[..count].get(..end) {
                    return Ok(Some(record.to_vec()));
                }
                if end > buffer.len() {
                    return Ok(None);
                }
            }
            [22, ..] => {}
            _ => return Ok(None),
        }
        // What is there already would be peeked at again at once.
        sleep(Duration::from_millis(1)).await;
    }
}

/// What a ServerHello says.
#[derive(Clone, Copy)]
struct Choice {
    version: u16,
    suite: u16,
    compression: u8,
    renegotiation_info: bool,
}

impl Choice {
    const SOUND: Self = Self { version: 0x0303, suite: ECDHE_GCM, compression: 0, renegotiation_info: true };
}

/// ServerHello, a Certificate message without one, ServerKeyExchange where there is one, ServerHelloDone. Nobody goes
/// on from here, so nothing is signed.
fn flight(choice: Choice) -> Vec<u8> {
    let mut hello = choice.version.to_be_bytes().to_vec();
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend(choice.suite.to_be_bytes());
    hello.push(choice.compression);
    if choice.renegotiation_info {
        hello.extend([0, 5, 0xff, 1, 0, 1, 0]);
    }
    let mut messages = [message(2, &hello), message(11, &[0; 3])].concat();
    if matches!(choice.suite, ECDHE_GCM | ECDHE_CBC) {
        // RFC 8422 §5.4: a named curve, x25519, and a point of 32 bytes.
        let point = [&[3, 0, 0x1d, 32][..], &[9; 32]].concat();
        messages.extend(message(12, &point));
    }
    messages.extend(message(14, &[]));
    let length = u16::try_from(messages.len()).unwrap_or(u16::MAX);
    let head = [&[22][..], &choice.version.to_be_bytes(), &length.to_be_bytes()].concat();
    [head, messages].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind, 0][..], &length, body].concat()
}

fn number(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte))
}

/// TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA and
/// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
const TRIPLE_DES: u16 = 0x000a;
const RSA_GCM: u16 = 0x009c;
const ECDHE_CBC: u16 = 0xc013;
const ECDHE_GCM: u16 = 0xc02f;
