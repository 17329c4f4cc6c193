//! A small deployment inside this process, to scan without a server: sound, or with one named fault.
//! It listens on 127.0.0.1 alone; its names and addresses exist only in the maps it gives out.

mod account;
mod api;
mod exchange;
mod faults;
mod hello;
mod page;
mod ports;
mod session;
mod site;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use crate::observe::{Door, Way};
use crate::target::Host;

pub use faults::{FAULTS, Fault, fault};

/// A running deployment; it ends when this is dropped.
pub struct Deployment {
    /// Every name that exists, and its addresses.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// Where each address and port of the deployment is found on this machine.
    pub doors: BTreeMap<SocketAddr, SocketAddr>,
    /// Where every other port of those addresses is found: it refuses.
    pub elsewhere: SocketAddr,
    /// DER of the roots that its certificates are to be verified with.
    pub roots: Vec<Vec<u8>>,
    /// The golive.toml that it promises to keep.
    pub config: &'static str,
    /// The environment that it needs.
    pub variables: BTreeMap<String, String>,
    /// Bound and not listening: connections to it are refused, and nobody else gets the port.
    _shut: TcpSocket,
    _services: JoinSet<()>,
}

/// Starts the deployment, sound or with one fault.
///
/// # Errors
/// When the loopback interface gives no port, or no certificate can be made.
pub async fn start(fault: Option<&'static Fault>) -> io::Result<Deployment> {
    let identity = tls::identity(fault, jiff::Timestamp::now())?;
    let shut = TcpSocket::new_v4()?;
    shut.bind(LOOPBACK)?;
    let elsewhere = shut.local_addr()?;
    let mut services = JoinSet::new();
    let mut doors = BTreeMap::new();
    for ip in ADDRESSES {
        for port in ports::PORTS {
            let entry = Entry { ip, port, fault };
            let inside = match ports::service(entry, &identity) {
                None => elsewhere,
                Some(service) => {
                    let listener = TcpListener::bind(LOOPBACK).await?;
                    let inside = listener.local_addr()?;
                    services.spawn(ports::serve(listener, entry, service));
                    inside
                }
            };
            doors.insert((ip, port).into(), inside);
        }
    }
    Ok(Deployment {
        names: names(fault),
        doors,
        elsewhere,
        roots: identity.roots,
        config: include_str!("golive.toml"),
        variables: account::variables(),
        _shut: shut,
        _services: services,
    })
}

impl Deployment {
    /// Every name and every door of the deployment, and no other.
    pub fn way(&self) -> Way {
        let door = |ip, port, to| Door { host: Some(Host::Address(ip)), port, to };
        let doors = self.doors.iter().map(|(from, to)| door(from.ip(), Some(from.port()), *to));
        // The first that fits counts.
        let others = ADDRESSES.map(|ip| door(ip, None, self.elsewhere));
        Way { pins: self.names.clone(), resolvers: None, doors: doors.chain(others).collect(), closed: true }
    }
}

fn names(fault: Option<&Fault>) -> BTreeMap<String, Vec<IpAddr>> {
    let absent = fault.filter(|f| f.name == "alias-missing").map(|_| ALIAS);
    let present = [SITE, ALIAS].into_iter().filter(|name| Some(*name) != absent);
    present.map(|name| (name.into(), ADDRESSES.into())).collect()
}

/// Where a connection came in, and what is wrong there.
#[derive(Clone, Copy)]
struct Entry {
    ip: IpAddr,
    port: u16,
    fault: Option<&'static Fault>,
}

impl Entry {
    fn has(self, fault: &str) -> bool {
        self.fault.is_some_and(|f| f.name == fault)
    }

    fn has_on_ipv6(self, fault: &str) -> bool {
        self.ip.is_ipv6() && self.has(fault)
    }
}

/// 128 random bits in hexadecimal digits.
fn random() -> String {
    let half = || getrandom::u64().unwrap_or_default();
    format!("{:016x}{:016x}", half(), half())
}

const SITE: &str = "app.example.com";
const ALIAS: &str = "www.example.com";

/// Documentation addresses (RFC 5737, RFC 3849).
const ADDRESSES: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))];

/// Any free port: also the addresses of IPv6 are here, so that a machine without it will do.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// For one connection, from accepting it to closing it.
const CONNECTION: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
