//! A QUIC handshake (RFC 9001) with any certificate: does an announced HTTP/3 answer?

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{HandshakeData, QuicClientConfig};
use quinn::{ClientConfig, ConnectionError, Endpoint, IdleTimeout, TransportConfig, VarInt};
use rustls::AlertDescription;
use tokio::time::timeout;

use super::net::Net;
use super::tls;
use crate::observation::{ErrorKind, ProbeError, Quic, QuicHandshake, Stage};

/// Shakes hands until the handshake has taken `limits.exchange`.
///
/// # Errors
/// UDP silence, or a handshake that fails.
pub async fn shake_hands(net: &Net, question: &Quic) -> Result<QuicHandshake, ProbeError> {
    let at = question.at.socket();
    if net.is_led_elsewhere(Some(&question.at.host), at) {
        return Err(local("connections to there are led elsewhere by hand, and QUIC is not"));
    }
    let limit = net.limits().exchange();
    // The library's own limits are checked late: the clock is ours.
    timeout(limit, handshake(question, limit)).await.unwrap_or_else(|_| {
        let detail = format!("no QUIC answer from {at} over UDP in {} ms", limit.as_millis());
        Err(ProbeError::new(Stage::Handshake, ErrorKind::Timeout, detail))
    })
}

async fn handshake(question: &Quic, limit: Duration) -> Result<QuicHandshake, ProbeError> {
    let at = question.at.socket();
    let (tls, _, _) = tls::hello(question.at.host.name(), at.ip(), &[b"h3"])?;
    let quic = QuicClientConfig::try_from(tls).map_err(|e| local(&e.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(quic));
    let mut transport = TransportConfig::default();
    // Nothing is read after the handshake.
    transport.max_concurrent_bidi_streams(VarInt::from_u32(0));
    transport.max_concurrent_uni_streams(VarInt::from_u32(0));
    transport.max_idle_timeout(IdleTimeout::try_from(limit).ok());
    config.transport_config(Arc::new(transport));
    let from: SocketAddr = match at {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = Endpoint::client(from).map_err(|e| local(&e.to_string()))?;
    let name = question.at.host.name().map_or_else(|| at.ip().to_string(), String::from);
    let connecting = endpoint.connect_with(config, at, &name).map_err(|e| local(&e.to_string()))?;
    let connection = connecting.await.map_err(|e| failed(&e))?;
    let data = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    let alpn = data.and_then(|data| data.protocol);
    connection.close(VarInt::from_u32(0), b"");
    Ok(QuicHandshake { alpn: alpn.map(|p| String::from_utf8_lossy(&p).escape_debug().take(32).collect()) })
}

fn failed(error: &ConnectionError) -> ProbeError {
    let (kind, detail) = match error {
        ConnectionError::ConnectionClosed(close) => closed(close.error_code.into()),
        ConnectionError::TransportError(error) => {
            // Our own word on what came: its number says enough.
            let code: u64 = error.code.into();
            (ErrorKind::Malformed, format!("the QUIC handshake fails with error {code:#x}"))
        }
        ConnectionError::VersionMismatch => {
            (ErrorKind::Malformed, "what answers speaks no version of QUIC that is known".into())
        }
        ConnectionError::ApplicationClosed(_) => (ErrorKind::Closed, "the server closed the connection".into()),
        ConnectionError::Reset => (ErrorKind::Reset, "the connection was reset during the QUIC handshake".into()),
        ConnectionError::TimedOut => (ErrorKind::Timeout, "no QUIC answer over UDP".into()),
        ConnectionError::LocallyClosed | ConnectionError::CidsExhausted => {
            (ErrorKind::Local, "this machine ended the QUIC handshake".into())
        }
    };
    ProbeError::new(Stage::Handshake, kind, detail)
}

/// RFC 9001 §4.8: an alert of TLS is the error 0x100 and its number.
fn closed(code: u64) -> (ErrorKind, String) {
    match u8::try_from(code.wrapping_sub(0x100)) {
        Ok(alert) => {
            let name = tls::alert_name(AlertDescription::from(alert));
            (ErrorKind::Alert(name.clone()), format!("the server ends the QUIC handshake with the alert {name}"))
        }
        Err(_) => (ErrorKind::Closed, format!("the server ends the QUIC handshake with error {code:#x}")),
    }
}

fn local(detail: &str) -> ProbeError {
    ProbeError::new(Stage::Handshake, ErrorKind::Local, detail)
}

#[cfg(test)]
mod tests {
    use quinn::crypto::rustls::QuicServerConfig;
    use quinn::{Endpoint, ServerConfig};
    use rustls::pki_types::PrivateKeyDer;
    use tokio::net::UdpSocket;

    use super::*;
    use crate::observe::Way;
    use crate::spec::Spec;
    use crate::target::{self, Scheme};

    fn server(alpn: &[u8]) -> Endpoint {
        let made = rcgen::generate_simple_self_signed(vec!["app.example.com".into()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap()
    }

    async fn shaken(at: SocketAddr, exchange_ms: u64, way: Way) -> Result<QuicHandshake, ProbeError> {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.limits.exchange_ms = exchange_ms;
        let host = spec.site.host.clone();
        let at = target::Endpoint { scheme: Scheme::Https, host, ip: at.ip(), port: at.port() };
        shake_hands(&Net::new(way, &spec), &Quic { at }).await
    }

    #[tokio::test]
    async fn a_server_speaks_http_3_or_says_why_not() {
        for (alpn, want) in [
            ("h3", Ok(QuicHandshake { alpn: Some("h3".into()) })),
            ("hq", Err(ErrorKind::Alert("no_application_protocol".into()))),
        ] {
            let server = server(alpn.as_bytes());
            let at = server.local_addr().unwrap();
            let serving = tokio::spawn(async move {
                while let Some(incoming) = server.accept().await {
                    let _ = incoming.await;
                }
            });
            let outcome = shaken(at, 20_000, Way::default()).await;
            assert_eq!(outcome.map_err(|error| error.kind), want, "{alpn}");
            serving.abort();
        }
    }

    #[tokio::test]
    async fn silence_and_noise_are_no_answer() {
        for noise in [None, Some(&b"\x80\x00\x00\x00\x00"[..]), Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")] {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let at = socket.local_addr().unwrap();
            let serving = tokio::spawn(async move {
                let mut datagram = [0; 2048];
                while let Ok((_, from)) = socket.recv_from(&mut datagram).await {
                    if let Some(noise) = noise {
                        let _ = socket.send_to(noise, from).await;
                    }
                }
            });
            let error = shaken(at, 300, Way::default()).await.unwrap_err();
            assert_eq!((error.stage, error.kind), (Stage::Handshake, ErrorKind::Timeout), "{noise:?}");
            serving.abort();
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_where_tcp_is_led_elsewhere() {
        let closed = Way { closed: true, ..Way::default() };
        let error = shaken("203.0.113.7:443".parse().unwrap(), 20_000, closed).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Local);
    }

    #[test]
    fn an_alert_has_its_name() {
        for (code, want) in [
            (0x178, ErrorKind::Alert("no_application_protocol".into())),
            (0x100, ErrorKind::Alert("close_notify".into())),
            (0x2, ErrorKind::Closed),
            (0x200, ErrorKind::Closed),
            (u64::MAX, ErrorKind::Closed),
        ] {
            assert_eq!(closed(code).0, want, "{code:#x}");
        }
    }
}
