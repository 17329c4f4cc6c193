//! The begin of PostgreSQL's protocol: what a client is asked for before it may say anything (message formats).

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::tls;

/// Length 8, code 80877103.
pub const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// Protocol 3.0 as the superuser of a fresh cluster, to the database of the same name.
const STARTUP: &[u8] = b"\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0";

/// Bytes of an answer that are read.
const MOST: usize = 1024;

/// Sends a startup message, over TLS if so, and says what comes back; nothing when that is nothing.
pub async fn ask(mut stream: TcpStream, ip: IpAddr, secure: bool) -> Option<String> {
    if !secure {
        return begin(&mut stream).await;
    }
    stream.write_all(SSL_REQUEST).await.ok()?;
    if stream.read_u8().await.ok()? != b'S' {
        return None;
    }
    let mut secured = tls::shake_hands(stream, None, ip, &[b"postgresql"]).await.ok()?;
    begin(&mut secured.stream).await
}

async fn begin<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Option<String> {
    stream.write_all(STARTUP).await.ok()?;
    stream.flush().await.ok()?;
    let mut bytes = vec![];
    let mut part = [0; MOST];
    loop {
        let length = stream.read(&mut part[..MOST - bytes.len()]).await.ok()?;
        bytes.extend_from_slice(&part[..length]);
        match told(&bytes) {
            None if length > 0 && bytes.len() < MOST => {}
            words => return words,
        }
    }
}

/// The first message by its name, with what it asks for or the SQLSTATE of its error; nothing of its text.
fn told(bytes: &[u8]) -> Option<String> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    match kind {
        b'R' => {
            let (code, _) = rest.split_first_chunk::<4>()?;
            Some(match u32::from_be_bytes(*code) {
                0 => "AuthenticationOk".into(),
                2 => "AuthenticationKerberosV5".into(),
                3 => "AuthenticationCleartextPassword".into(),
                5 => "AuthenticationMD5Password".into(),
                7 => "AuthenticationGSS".into(),
                9 => "AuthenticationSSPI".into(),
                10 => "AuthenticationSASL".into(),
                code => format!("message R of code {code}"),
            })
        }
        // An error before the protocol is known is text alone.
        b'E' if length > MOST => Some("ErrorResponse".into()),
        b'E' => {
            let content = rest.get(..length.checked_sub(4)?)?;
            let code = content.split(|b| *b == 0).find_map(|field| field.strip_prefix(b"C"));
            let is_state = |code: &&[u8]| code.len() == 5 && code.iter().all(u8::is_ascii_alphanumeric);
            Some(match code.filter(is_state) {
                Some(code) => format!("ErrorResponse {}", String::from_utf8_lossy(code)),
                None => "ErrorResponse".into(),
            })
        }
        _ => Some("what is no message of PostgreSQL".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_startup_message_has_its_own_length() {
        let (length, _) = STARTUP.split_first_chunk::<4>().unwrap();
        assert_eq!(u32::from_be_bytes(*length) as usize, STARTUP.len());
    }

    #[test]
    fn the_first_message_is_told_by_its_name() {
        let error = b"E\0\0\0\x2eSFATAL\0C28000\0Mno pg_hba.conf entry of x\0\0";
        for (bytes, want) in [
            (&b"R\0\0\0\x08\0\0\0\0S\0"[..], Some("AuthenticationOk")),
            (b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", Some("AuthenticationSASL")),
            (b"R\0\0\0\x0c\0\0\0\x05salt", Some("AuthenticationMD5Password")),
            (b"R\0\0\0\x08\0\0\0\x03", Some("AuthenticationCleartextPassword")),
            (b"R\0\0\0\x08\0\0\0\x63", Some("message R of code 99")),
            (&error[..error.len() - 2], None),
            (b"E\0\0\0\x0fC57P03\0M\0\0x", Some("ErrorResponse 57P03")),
            (b"Eould not fork", Some("ErrorResponse")),
            (b"E\0\0\0\x01", None),
            (b"R\0\0", None),
            (b"HTTP/1.1 400", Some("what is no message of PostgreSQL")),
            (b"", None),
        ] {
            assert_eq!(told(bytes).as_deref(), want, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_told_or_waited_for(bytes in proptest::collection::vec(any::<u8>(), 0..64), kind in "[RE]") {
            let _ = (told(&bytes), told(&[kind.as_bytes(), &bytes].concat()));
        }
    }
}
