//! The other end of a control: ports that take connections and say nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockType, SockaddrStorage, bind, listen, setsockopt, socket, sockopt,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::descriptors;
use super::dial::{FLAGS, errno_of};
use crate::target::PortSet;

/// Descriptors that are kept for the connections themselves.
const SPARE: usize = 32;

/// What was opened, and what was not.
pub struct Listening {
    listeners: Vec<TcpListener>,
    pub open: BTreeMap<IpAddr, PortSet>,
    /// By address and reason.
    pub shut: BTreeMap<(IpAddr, String), PortSet>,
}

impl Listening {
    /// Opens each port at each address, the first ones first. Must be called inside the runtime.
    pub fn open(addresses: &[IpAddr], ports: &[u16]) -> Self {
        let mut listeners = vec![];
        let (mut open, mut shut) = (BTreeMap::<IpAddr, Vec<u16>>::new(), BTreeMap::<_, Vec<u16>>::new());
        let files = descriptors::raise(addresses.len() * ports.len() + SPARE);
        let room = files.saturating_sub(SPARE);
        let mut tried = BTreeSet::new();
        // One port after the other: with few descriptors each port that is open is open at every address.
        for (port, ip) in ports.iter().flat_map(|port| addresses.iter().map(move |ip| (*port, *ip))) {
            if !tried.insert((port, ip)) {
                continue;
            }
            let opened = if listeners.len() < room {
                listener((ip, port).into()).map_err(words)
            } else {
                Err(format!("this machine allows {files} open files"))
            };
            match opened {
                Ok(listener) => {
                    listeners.push(listener);
                    open.entry(ip).or_default().push(port);
                }
                Err(why) => shut.entry((ip, why)).or_default().push(port),
            }
        }
        Self {
            listeners,
            open: open.into_iter().map(|(ip, ports)| (ip, ports.into_iter().collect())).collect(),
            shut: shut.into_iter().map(|(key, ports)| (key, ports.into_iter().collect())).collect(),
        }
    }

    /// Takes every connection and closes it at once. Never ends.
    pub async fn accept(self) {
        let mut tasks = JoinSet::new();
        for listener in self.listeners {
            tasks.spawn(async move {
                loop {
                    // Dropped at once; where there is no descriptor for it, the next one waits a little.
                    if listener.accept().await.is_err() {
                        sleep(PAUSE).await;
                    }
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    }
}

const PAUSE: Duration = Duration::from_millis(50);

fn listener(at: SocketAddr) -> Result<TcpListener, Errno> {
    let family = if at.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd = socket(family, SockType::Stream, FLAGS, None)?;
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    if at.is_ipv6() {
        // `::` and `0.0.0.0` are opened apart: what one lacks, the other still has.
        setsockopt(&fd, sockopt::Ipv6V6Only, &true)?;
    }
    bind(fd.as_raw_fd(), &SockaddrStorage::from(at))?;
    listen(&fd, Backlog::new(1024)?)?;
    let listener = StdListener::from(fd);
    listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)).map_err(|e| errno_of(&e))
}

fn words(errno: Errno) -> String {
    match errno {
        Errno::EADDRINUSE => "in use".into(),
        Errno::EACCES | Errno::EPERM => "needs privilege".into(),
        Errno::EAFNOSUPPORT => "this machine does not speak that protocol".into(),
        Errno::EADDRNOTAVAIL => "no address of this machine".into(),
        Errno::EMFILE | Errno::ENFILE => "this machine has no file descriptor left".into(),
        errno => format!("{errno:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn connections_are_taken_and_closed_and_ports_in_use_are_said() {
        let used = TcpListener::bind((HERE, 0)).await.unwrap();
        let free = TcpListener::bind((HERE, 0)).await.unwrap();
        let [used_port, free_port] = [&used, &free].map(|listener| listener.local_addr().unwrap().port());
        drop(free);
        let listening = Listening::open(&[HERE], &[free_port, used_port, free_port]);
        assert_eq!(listening.open, BTreeMap::from([(HERE, [free_port].into_iter().collect())]));
        assert_eq!(listening.shut, BTreeMap::from([((HERE, "in use".into()), [used_port].into_iter().collect())]));
        let accepting = tokio::spawn(listening.accept());
        for _ in 0..3 {
            let mut stream = TcpStream::connect((HERE, free_port)).await.unwrap();
            assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        }
        accepting.abort();
    }
}
