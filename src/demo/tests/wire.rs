//! A client that accepts any certificate.

use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, crypto};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

pub async fn dial(deployment: &Deployment, ip: IpAddr, port: u16) -> io::Result<TcpStream> {
    TcpStream::connect(deployment.doors[&(ip, port).into()]).await
}

/// Says something and listens until the other side closes.
pub async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, said: &[u8]) -> String {
    stream.write_all(said).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    constant(&String::from_utf8(answer).unwrap())
}

/// Says something and listens: the answer in hexadecimal digits.
pub async fn tell(stream: &mut TcpStream, said: &[u8]) -> String {
    stream.write_all(said).await.unwrap();
    let mut answer = vec![0; 256];
    let count = stream.read(&mut answer).await.unwrap();
    answer[..count].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A ClientHello in a record (RFC 8446 §4.1.2).
pub fn hello(version: u16, suites: &[u16], compression: &[u8], newer: bool) -> Vec<u8> {
    let vector = |width: usize, data: &[u8]| [&data.len().to_be_bytes()[8 - width..], data].concat();
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // signature_algorithms with ecdsa_secp256r1_sha256, supported_groups with x25519.
    let mut extensions = vec![0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 0x1d];
    if newer {
        extensions.extend([0, 43, 0, 5, 4, 3, 4, 3, 3]);
    }
    let head = [&version.to_be_bytes()[..], &[5; 32], &[0]].concat();
    let body = [head, vector(2, &suites), vector(1, compression), vector(2, &extensions)].concat();
    [&[22, 3, 1][..], &vector(2, &[vec![1], vector(3, &body)].concat())].concat()
}

/// Runs of 32 hexadecimal digits are random.
pub fn constant(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        let rest = &word[digits.len()..];
        out += if digits.len() == 32 { "‹random›" } else { digits };
        out += rest;
    }
    out
}

pub type Session = (TlsStream<TcpStream>, Vec<CertificateDer<'static>>);

pub async fn handshake(deployment: &Deployment, ip: IpAddr, name: &'static str) -> io::Result<Session> {
    let captured = Arc::new(Capture::default());
    let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(captured.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = dial(deployment, ip, 443).await?;
    let name = ServerName::try_from(name).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let chain = captured.0.lock().unwrap().clone();
    Ok((stream, chain))
}

/// Accepts and keeps any chain.
#[derive(Debug, Default)]
struct Capture(Mutex<Vec<CertificateDer<'static>>>);

impl ServerCertVerifier for Capture {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(leaf).chain(intermediates).map(|der| der.clone().into_owned());
        *self.0.lock().unwrap() = chain.collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
