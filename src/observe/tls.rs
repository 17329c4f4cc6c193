//! TLS with any certificate: what is sent is captured, and judged later.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::net::{Entry, Net};
use super::tap::{Record, Tap};
use crate::observation::{ErrorKind, Handshake, ProbeError, Stage};
use crate::target::Endpoint;

/// Longer chains are cut; a path needs no more.
const MOST_CERTIFICATES: usize = 16;

/// Bytes of a stapled OCSP response that are kept.
const MOST_STAPLED: usize = 16 * 1024;

/// What a handshake leaves behind.
pub struct Secured<S> {
    pub stream: TlsStream<Tap<S>>,
    pub handshake: Handshake,
    pub begun: Instant,
}

/// Connects to an endpoint and shakes hands, until the handshake has taken `limits.exchange`.
///
/// # Errors
/// How far it came and what happened. A server that twice said nothing to a name is not asked by that name again.
pub async fn connect(
    net: &Net,
    at: &Endpoint,
    sni: Option<&str>,
    alpn: &[&[u8]],
) -> Result<Secured<TcpStream>, ProbeError> {
    let entry = Entry::Hello(at.socket(), sni.map(String::from));
    net.known_open(&entry)?;
    let stream = net.connect(Some(&at.host), at.socket()).await?;
    let limit = net.limits().exchange();
    let secured = timeout(limit, shake_hands(stream, sni, at.ip, alpn)).await.unwrap_or_else(|_| {
        let detail = format!("no TLS handshake with {} in {} ms", at.socket(), limit.as_millis());
        Err(ProbeError::new(Stage::Handshake, ErrorKind::Timeout, detail))
    });
    net.remember(entry, secured.as_ref().err().filter(|error| error.kind == ErrorKind::Timeout));
    secured
}

/// Shakes hands with a name in the hello, or with none.
///
/// # Errors
/// How far it came and what happened.
pub async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    sni: Option<&str>,
    ip: IpAddr,
    alpn: &[&[u8]],
) -> Result<Secured<S>, ProbeError> {
    let begun = Instant::now();
    let (config, name, capture) = hello(sni, ip, alpn)?;
    let (tap, record) = Tap::opening(stream);
    let connected = TlsConnector::from(Arc::new(config)).connect(name, tap).await;
    let stream = connected.map_err(|e| {
        let error = tls_error(&e, Stage::Handshake);
        if error.kind != ErrorKind::Malformed || record.spoken() == Some("TLS") {
            return error;
        }
        ProbeError { detail: what_answers(&record), ..error }
    })?;
    let (_, connection) = stream.get_ref();
    let seen = capture.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let handshake = Handshake {
        chain: seen.chain.iter().take(MOST_CERTIFICATES).map(|der| STANDARD.encode(der)).collect(),
        chain_cut: seen.chain.len() > MOST_CERTIFICATES,
        version: connection.protocol_version().map_or_else(String::new, |v| version_words(v).into()),
        suite: connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or_default()
            .into(),
        group: connection
            .negotiated_key_exchange_group()
            .and_then(|group| group.name().as_str())
            .map(String::from),
        alpn: connection.alpn_protocol().map(|p| String::from_utf8_lossy(p).escape_debug().take(32).collect()),
        key_proven: seen.key_proven,
        staple: Some(STANDARD.encode(&seen.staple)),
        local_issuer: None,
    };
    drop(seen);
    Ok(Secured { stream, handshake, begun })
}

/// What a handshake with any certificate is begun with.
///
/// # Errors
/// The name fits no hello.
pub fn hello(
    sni: Option<&str>,
    ip: IpAddr,
    alpn: &[&[u8]],
) -> Result<(ClientConfig, ServerName<'static>, Arc<Capture>), ProbeError> {
    let capture = Arc::new(Capture { provider: provider(), seen: Mutex::default() });
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| ProbeError::new(Stage::Handshake, ErrorKind::Local, e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(capture.clone())
        .with_no_client_auth();
    // A resumed session would send no chain.
    config.resumption = Resumption::disabled();
    config.enable_sni = sni.is_some();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let name = match sni {
        Some(name) => ServerName::try_from(name.to_string()).map_err(|_| {
            ProbeError::new(Stage::Handshake, ErrorKind::Local, format!("{name} fits no TLS hello"))
        })?,
        None => ServerName::IpAddress(ip.into()),
    };
    Ok((config, name, capture))
}

/// What is there instead of TLS, by its first bytes.
pub fn what_answers(opening: &Record) -> String {
    match opening.spoken() {
        Some(what) => format!("what answers speaks {what}, not TLS"),
        None => "what answers is no TLS server".into(),
    }
}

/// What a failed read or write of a TLS stream says.
pub fn tls_error(error: &io::Error, stage: Stage) -> ProbeError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let (kind, detail) = match inner {
        Some(rustls::Error::AlertReceived(alert)) => {
            let name = alert_name(*alert);
            (ErrorKind::Alert(name.clone()), format!("the server ends TLS with the alert {name}"))
        }
        Some(other) => (ErrorKind::Malformed, format!("TLS fails: {other}").escape_debug().take(200).collect()),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof => (ErrorKind::Closed, closed(stage)),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                (ErrorKind::Reset, format!("the connection was reset {}", during(stage)))
            }
            _ => (ErrorKind::Closed, closed(stage)),
        },
    };
    ProbeError::new(stage, kind, detail)
}

fn closed(stage: Stage) -> String {
    format!("the connection was closed {}", during(stage))
}

fn during(stage: Stage) -> &'static str {
    match stage {
        Stage::Handshake => "during the TLS handshake",
        _ => "without an answer",
    }
}

pub fn alert_name(alert: AlertDescription) -> String {
    alert.as_str().map_or_else(|| "unknown".into(), words)
}

/// `UnrecognisedName` as RFC 8446 §6 spells it.
fn words(alert: &str) -> String {
    let mut name = String::new();
    for c in alert.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn version_words(version: rustls::ProtocolVersion) -> &'static str {
    match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
        _ => "another version",
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::LazyLock<Arc<CryptoProvider>> =
        std::sync::LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

/// Accepts any certificate and keeps it. One for each handshake: its lock is the record.
#[derive(Debug)]
pub struct Capture {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    chain: Vec<Vec<u8>>,
    staple: Vec<u8>,
    key_proven: bool,
}

impl Capture {
    // A certificate that the library cannot read is data all the same: the handshake goes on.
    fn proven(&self, checked: Result<HandshakeSignatureValid, rustls::Error>) -> HandshakeSignatureValid {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).key_proven = checked.is_ok();
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Capture {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        staple: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = chain.take(MOST_CERTIFICATES + 1).collect();
        // What is cut cannot be read, and says so.
        seen.staple = staple[..staple.len().min(MOST_STAPLED)].to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proven(rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.proven(rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)))
    }

    // Everything, or a server with an old certificate refuses and nothing is captured.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        use SignatureScheme as S;
        vec![
            S::ECDSA_NISTP256_SHA256,
            S::ECDSA_NISTP384_SHA384,
            S::ECDSA_NISTP521_SHA512,
            S::ED25519,
            S::ED448,
            S::RSA_PSS_SHA256,
            S::RSA_PSS_SHA384,
            S::RSA_PSS_SHA512,
            S::RSA_PKCS1_SHA256,
            S::RSA_PKCS1_SHA384,
            S::RSA_PKCS1_SHA512,
            S::ECDSA_SHA1_Legacy,
            S::RSA_PKCS1_SHA1,
        ]
    }
}
