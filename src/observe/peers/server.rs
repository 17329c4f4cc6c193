//! A server that says what a test wants it to, and nothing else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// What a server does with a connection.
#[derive(Clone)]
pub enum Act {
    /// Reads the head of a request, then says this and closes.
    Say(Vec<u8>),
    /// Reads the head of a request, says the first, then the second again and again.
    Forever(Vec<u8>, Vec<u8>),
    /// The same, one repetition in 100 ms.
    Slowly(Vec<u8>, Vec<u8>),
    /// Reads the head of a request, says this and holds the connection open.
    Stall(Vec<u8>),
    /// Says this at once, without a request.
    Banner(Vec<u8>),
    /// Accepts, listens and says nothing.
    Tarpit,
    /// Accepts and resets.
    Reset,
    /// Answers each request.
    Answer(Answer),
    /// Answers each request by the whole of it.
    Reply(fn(&str) -> Vec<u8>),
    /// The first connections so, the others as the last.
    First(usize, Box<Act>, Box<Act>),
}

/// Of a target and the number of its request.
pub type Answer = fn(&str, usize) -> Vec<u8>;

/// A running server; it ends when this is dropped.
pub struct Peer {
    pub at: SocketAddr,
    accepted: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Peer {
    pub async fn plain(act: Act) -> Self {
        Self::start(act, None).await
    }

    pub async fn tls(act: Act) -> Self {
        Self::start(act, Some(config(1, false))).await
    }

    pub async fn start(act: Act, tls: Option<ServerConfig>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let ended = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (count, gone, peak) = (accepted.clone(), ended.clone(), most.clone());
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                peak.fetch_max(number + 1 - gone.load(Ordering::SeqCst), Ordering::SeqCst);
                let serving = serve(stream, pick(&act, number), tls.clone(), number);
                let gone = gone.clone();
                connections.spawn(async move {
                    serving.await;
                    gone.fetch_add(1, Ordering::SeqCst);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { at, accepted, ended, most, _serving: serving }
    }

    /// How many connections are held.
    pub fn held(&self) -> usize {
        self.accepted() - self.ended.load(Ordering::SeqCst)
    }

    /// How many connections were held at a time.
    pub fn held_most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// How many connections came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn pick(act: &Act, number: usize) -> Act {
    match act {
        Act::First(count, first, _) if number < *count => pick(first, number),
        Act::First(_, _, last) => pick(last, number),
        act => act.clone(),
    }
}

async fn serve(mut stream: TcpStream, act: Act, tls: Option<TlsAcceptor>, number: usize) {
    match (act, tls) {
        (Act::Tarpit, _) => {
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        #[expect(deprecated, reason = "no wait: the linger is nothing")]
        (Act::Reset, _) => stream.set_linger(Some(Duration::ZERO)).unwrap(),
        (act, None) => act_on(stream, act, number).await,
        (act, Some(tls)) => {
            if let Ok(stream) = tls.accept(stream).await {
                act_on(stream, act, number).await;
            }
        }
    }
}

/// The client may leave at any time: that ends the play.
async fn act_on<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, act: Act, number: usize) {
    let request = if matches!(act, Act::Banner(_)) { String::new() } else { head(&mut stream).await };
    let target = request.split(' ').nth(1).unwrap_or_default().to_string();
    let (first, again, pause) = match act {
        Act::Say(bytes) | Act::Banner(bytes) => (bytes, None, Duration::ZERO),
        Act::Answer(answer) => (answer(&target, number), None, Duration::ZERO),
        Act::Reply(answer) => (answer(&whole(&mut stream, request).await), None, Duration::ZERO),
        Act::Stall(bytes) => (bytes, Some(vec![]), Duration::from_secs(60)),
        Act::Forever(first, again) => (first, Some(again), Duration::ZERO),
        Act::Slowly(first, again) => (first, Some(again), Duration::from_millis(100)),
        Act::Tarpit | Act::Reset | Act::First(..) => unreachable!("done before"),
    };
    let mut went = stream.write_all(&first).await.and(stream.flush().await);
    while let (Ok(()), Some(bytes)) = (&went, &again) {
        sleep(pause).await;
        went = stream.write_all(bytes).await.and(stream.flush().await);
    }
    let _ = stream.shutdown().await;
}

/// The request with its content.
async fn whole<S: AsyncRead + Unpin>(stream: &mut S, mut request: String) -> String {
    let lower = request.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let end = request.find("\r\n\r\n").map_or(0, |end| end + 4) + length.unwrap_or(0);
    let mut part = [0; 1024];
    while request.len() < end {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => request += &String::from_utf8_lossy(&part[..length]),
        }
    }
    request
}

/// Reads a request, as far as its head goes. The begin of a TLS hello is enough as well.
async fn head<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut bytes = vec![];
    let mut part = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") && !bytes.starts_with(&[22]) {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8_lossy(&bytes).into()
}

/// A chain of that many certificates, all the same, and whether a certificate of the client's is demanded.
pub fn config(certificates: usize, demanding: bool) -> ServerConfig {
    let made = rcgen::generate_simple_self_signed(vec!["app.example.com".into()]).unwrap();
    shown(vec![made.cert.der().clone(); certificates], &made.signing_key, demanding, None)
}

/// One certificate with that many names.
pub fn many_names(names: usize) -> ServerConfig {
    let names: Vec<String> = (0..names).map(|n| format!("n{n}.app.example.com")).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    shown(vec![made.cert.der().clone()], &made.signing_key, false, None)
}

/// One certificate, and bytes that are stapled to it.
pub fn stapling(staple: &[u8]) -> ServerConfig {
    let made = rcgen::generate_simple_self_signed(vec!["app.example.com".into()]).unwrap();
    shown(vec![made.cert.der().clone()], &made.signing_key, false, Some(staple.to_vec()))
}

fn shown(
    chain: Vec<CertificateDer<'static>>,
    key: &rcgen::KeyPair,
    demanding: bool,
    staple: Option<Vec<u8>>,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if demanding {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(chain[0].clone()).unwrap();
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
        builder.with_client_cert_verifier(verifier.unwrap())
    } else {
        builder.with_no_client_auth()
    };
    // No look at the certificate: a server may show any.
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let private = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private).unwrap();
    let shown = CertifiedKey { ocsp: staple, ..CertifiedKey::new(chain, private) };
    builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
}
