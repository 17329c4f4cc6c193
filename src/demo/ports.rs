//! What listens behind each port of the deployment.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::exchange::{Request, Response};
use super::tls::{self, Identity};
use super::{CONNECTION, Entry, exchange, hello, site};

/// Every port at which something may listen, or that a scan asks by its name.
pub(super) const PORTS: [u16; 8] = [80, 443, 2375, 3000, 5432, 6379, 8000, 9000];

#[derive(Clone)]
pub(super) enum Service {
    Https(Arc<ServerConfig>),
    Http,
    /// The application without the proxy.
    Application,
    /// Whether it lets everybody in.
    Postgresql {
        trusting: bool,
    },
    Redis {
        trusting: bool,
    },
    Docker,
    Portainer,
}

/// What listens there; `None` refuses connections.
pub(super) fn service(entry: Entry, identity: &Identity) -> Option<Service> {
    let open = |fault| entry.has(fault);
    match entry.port {
        80 | 443 if entry.has_on_ipv6("ipv6-dead") => None,
        443 => Some(Service::Https(identity.config.clone())),
        80 => Some(Service::Http),
        8000 if open("api-port-open") || entry.has_on_ipv6("api-port-open-on-ipv6") => Some(Service::Application),
        5432 if open("postgresql-open") => Some(Service::Postgresql { trusting: false }),
        5432 if open("postgresql-without-password") => Some(Service::Postgresql { trusting: true }),
        2375 if entry.has_on_ipv6("docker-open-on-ipv6") => Some(Service::Docker),
        9000 if open("portainer-open") => Some(Service::Portainer),
        6379 if open("redis-open") || entry.has_on_ipv6("redis-open-on-ipv6") => {
            Some(Service::Redis { trusting: false })
        }
        6379 if open("redis-without-password") => Some(Service::Redis { trusting: true }),
        _ => None,
    }
}

/// Takes connections until it is dropped, and those it took with it.
pub(super) async fn serve(listener: TcpListener, entry: Entry, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let talk = talk(stream, entry, service.clone());
                connections.spawn(tokio::time::timeout(CONNECTION, talk));
            }
            // Out of file descriptors: it passes as connections end.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn talk(mut stream: TcpStream, entry: Entry, service: Service) -> io::Result<()> {
    match service {
        Service::Https(config) => {
            if hello::answer(&mut stream, entry).await? {
                return Ok(());
            }
            let mut stream = tls::accept(stream, config).await?;
            exchange::serve(&mut stream, |request| site::https(entry, request)).await
        }
        Service::Http => exchange::serve(&mut stream, |request| site::http(entry, request)).await,
        Service::Application => exchange::serve(&mut stream, |request| site::direct(entry, request)).await,
        Service::Docker => exchange::serve(&mut stream, docker).await,
        Service::Portainer => exchange::serve(&mut stream, portainer).await,
        Service::Postgresql { trusting } => postgresql(&mut stream, trusting).await,
        Service::Redis { trusting: false } => {
            greet(&mut stream, b"PING\r\n", b"-NOAUTH Authentication required.\r\n").await
        }
        Service::Redis { trusting: true } => greet(&mut stream, b"PING\r\n", b"+PONG\r\n").await,
    }
}

/// The Engine API, `GET /version`.
fn docker(request: &Request) -> Response {
    match request.path() {
        "/version" => Response::new(
            200,
            "application/json",
            r#"{"Version":"28.5.1","ApiVersion":"1.51","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}"#,
        ),
        _ => Response::new(404, "application/json", r#"{"message":"page not found"}"#),
    }
}

fn portainer(_: &Request) -> Response {
    let page = "<!doctype html><html lang=\"en\"><head><title>Portainer</title></head><body></body></html>";
    Response::new(200, "text/html; charset=utf-8", page)
}

/// Without TLS; a startup message is answered by its first step alone.
async fn postgresql(stream: &mut TcpStream, trusting: bool) -> io::Result<()> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).await?;
    let [.., a, b, c, d] = head;
    if head == SSL_REQUEST {
        stream.write_all(b"N").await?;
    } else if [a, b, c, d] == PROTOCOL_3 {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let mut rest = vec![0; length.saturating_sub(head.len())];
        stream.read_exact(&mut rest).await?;
        stream.write_all(if trusting { AUTHENTICATION_OK } else { AUTHENTICATION_SASL }).await?;
    }
    stream.shutdown().await
}

/// Answers a greeting that it knows; anything else ends the connection.
async fn greet(stream: &mut TcpStream, known: &[u8], answer: &[u8]) -> io::Result<()> {
    let mut said = vec![0; known.len()];
    stream.read_exact(&mut said).await?;
    if said.eq_ignore_ascii_case(known) {
        stream.write_all(answer).await?;
    }
    stream.shutdown().await
}

/// PostgreSQL, message formats: SSLRequest, the version of a StartupMessage, and what answers it.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const PROTOCOL_3: [u8; 4] = [0, 3, 0, 0];
const AUTHENTICATION_OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
const AUTHENTICATION_SASL: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
