//! One TCP connection attempt, and exactly what came of it: the errno alone is ambiguous, so the socket's error queue
//! is read as well, which names who sent an ICMP error (Linux, no privilege needed).

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream as StdStream};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, connect, setsockopt, socket, sockopt};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Why a connection did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// RST to the SYN.
    Refused,
    /// The handshake was completed and reset before anything was read.
    Reset,
    /// An ICMP error that filters send on purpose.
    Rejected { offender: IpAddr },
    /// An ICMP error of routing, from elsewhere.
    Unreachable { offender: IpAddr, what: &'static str },
    /// The SYN crossed as many routers as it was allowed to: with the usual TTL, a routing loop.
    Expired { offender: IpAddr },
    /// This machine could not send: no route, no descriptor.
    Local { errno: Errno },
}

impl Failure {
    /// There was no descriptor for it, and soon there may be.
    pub fn is_starved(&self) -> bool {
        matches!(self, Self::Local { errno: Errno::EMFILE | Errno::ENFILE })
    }
}

/// Connects. Ends only by an answer: whoever calls sets the time.
///
/// # Errors
/// Everything that is an answer, but not a connection.
pub async fn dial(to: SocketAddr) -> Result<TcpStream, Failure> {
    join(open(to), to).await
}

/// The same with packets that cross `ttl` routers less one, and no more (RFC 791 §3.2, RFC 8200 §3). Silence must be
/// given up within a second: the kernel would send the SYN again.
///
/// # Errors
/// As above, and where the system cannot limit it.
pub async fn dial_within(to: SocketAddr, ttl: u8) -> Result<TcpStream, Failure> {
    let limited = open(to).and_then(|socket| queue::limit(&socket, to, ttl).map(|()| socket));
    join(limited, to).await
}

async fn join(socket: Result<StdStream, Errno>, to: SocketAddr) -> Result<TcpStream, Failure> {
    let local = |errno| Failure::Local { errno };
    let socket = socket.map_err(local)?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(to)) {
        Ok(()) | Err(Errno::EINPROGRESS) => {}
        // Loopback answers inside the call.
        Err(Errno::ECONNREFUSED) => return Err(Failure::Refused),
        Err(errno) => return Err(local(errno)),
    }
    let stream = TcpStream::from_std(socket).map_err(|e| local(errno_of(&e)))?;
    stream.ready(Interest::WRITABLE | Interest::ERROR).await.map_err(|e| local(errno_of(&e)))?;
    // The queue first: reading SO_ERROR clears what is pending.
    if let Some(icmp) = queue::read(&stream) {
        return Err(icmp);
    }
    match stream.take_error() {
        // Open is never believed without a peer.
        Ok(None) => stream.peer_addr().map_err(|e| local(errno_of(&e))).map(|_| stream),
        Ok(Some(e)) | Err(e) => Err(match errno_of(&e) {
            Errno::ECONNREFUSED => Failure::Refused,
            Errno::ECONNRESET => Failure::Reset,
            // The kernel has given up, which is no answer: whoever calls gives up as well, or has other sockets.
            Errno::ETIMEDOUT => return std::future::pending().await,
            errno => local(errno),
        }),
    }
}

/// Not every system takes a flag here.
#[cfg(target_os = "linux")]
pub(super) const FLAGS: SockFlag = SockFlag::SOCK_CLOEXEC;
#[cfg(not(target_os = "linux"))]
pub(super) const FLAGS: SockFlag = SockFlag::empty();

fn open(to: SocketAddr) -> Result<StdStream, Errno> {
    let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd = socket(family, SockType::Stream, FLAGS, None)?;
    queue::switch_on(&fd, to)?;
    setsockopt(&fd, sockopt::TcpNoDelay, &true)?;
    let socket = StdStream::from(fd);
    socket.set_nonblocking(true).map_err(|e| errno_of(&e))?;
    Ok(socket)
}

pub(super) fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

#[cfg(target_os = "linux")]
mod queue {
    use std::io::IoSliceMut;
    use std::net::{IpAddr, SocketAddr, TcpStream as StdStream};
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::errno::Errno;
    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };

    use tokio::net::TcpStream;

    use super::Failure;

    /// Must happen before connecting: an IPv6 error would stay soft without it.
    pub fn switch_on(fd: &OwnedFd, to: SocketAddr) -> Result<(), Errno> {
        if to.is_ipv4() {
            setsockopt(fd, sockopt::Ipv4RecvErr, &true)
        } else {
            setsockopt(fd, sockopt::Ipv6RecvErr, &true)
        }
    }

    pub fn limit(socket: &StdStream, to: SocketAddr, ttl: u8) -> Result<(), Errno> {
        if to.is_ipv4() {
            setsockopt(socket, sockopt::Ipv4Ttl, &ttl.into())
        } else {
            setsockopt(socket, sockopt::Ipv6Ttl, &ttl.into())
        }
    }

    /// The ICMP error that waits in the queue.
    pub fn read(socket: &TcpStream) -> Option<Failure> {
        let mut byte = [0; 64];
        let mut parts = [IoSliceMut::new(&mut byte)];
        let mut control = vec![0; 512];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags).ok()?;
        message.cmsgs().ok()?.find_map(|part| match part {
            ControlMessageOwned::Ipv4RecvErr(error, Some(offender)) => {
                let offender = IpAddr::V4(SockaddrIn::from(offender).ip());
                Some(meaning_v4(error.ee_type, error.ee_code, offender))
            }
            ControlMessageOwned::Ipv6RecvErr(error, Some(offender)) => {
                let offender = IpAddr::V6(SockaddrIn6::from(offender).ip());
                Some(meaning_v6(error.ee_type, error.ee_code, offender))
            }
            _ => None,
        })
    }

    /// RFC 792 and its registry: type 3 is "destination unreachable".
    fn meaning_v4(kind: u8, code: u8, offender: IpAddr) -> Failure {
        match (kind, code) {
            (3, 2 | 3 | 9 | 10 | 13) => Failure::Rejected { offender },
            (3, 0) => Failure::Unreachable { offender, what: "no route" },
            (3, _) => Failure::Unreachable { offender, what: "host unreachable" },
            (11, 0) => Failure::Expired { offender },
            _ => Failure::Unreachable { offender, what: "an ICMP error" },
        }
    }

    /// RFC 4443 §3: type 1 is "destination unreachable".
    fn meaning_v6(kind: u8, code: u8, offender: IpAddr) -> Failure {
        match (kind, code) {
            (1, 1 | 4 | 5 | 6) => Failure::Rejected { offender },
            (1, 0) => Failure::Unreachable { offender, what: "no route" },
            (1, _) => Failure::Unreachable { offender, what: "address unreachable" },
            (3, 0) => Failure::Expired { offender },
            _ => Failure::Unreachable { offender, what: "an ICMPv6 error" },
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// The rows of a table that was measured: type, code, and what they mean.
        #[test]
        fn an_icmp_error_is_a_refusal_or_no_answer() {
            let offender = "203.0.113.1".parse().unwrap();
            let rejected = Failure::Rejected { offender };
            for (code, refuses) in [(0, false), (1, false), (3, true), (9, true), (10, true), (13, true)] {
                assert_eq!(meaning_v4(3, code, offender) == rejected, refuses, "ICMP 3/{code}");
            }
            for (code, refuses) in [(0, false), (1, true), (3, false), (4, true), (5, true), (6, true)] {
                assert_eq!(meaning_v6(1, code, offender) == rejected, refuses, "ICMPv6 1/{code}");
            }
            // Time exceeded in transit; code 1 is of fragments.
            let expired = Failure::Expired { offender };
            for (code, is_hop) in [(0, true), (1, false)] {
                assert_eq!(meaning_v4(11, code, offender) == expired, is_hop, "ICMP 11/{code}");
                assert_eq!(meaning_v6(3, code, offender) == expired, is_hop, "ICMPv6 3/{code}");
            }
        }
    }
}

/// Elsewhere the errno is all there is; a filter's word then reads as no answer, never as "closed".
#[cfg(not(target_os = "linux"))]
mod queue {
    use std::net::{SocketAddr, TcpStream as StdStream};
    use std::os::fd::OwnedFd;

    use nix::errno::Errno;

    pub fn switch_on(_: &OwnedFd, _: SocketAddr) -> Result<(), Errno> {
        Ok(())
    }

    /// Who answers would not be known.
    pub fn limit(_: &StdStream, _: SocketAddr, _: u8) -> Result<(), Errno> {
        Err(Errno::EOPNOTSUPP)
    }

    pub fn read(_: &tokio::net::TcpStream) -> Option<super::Failure> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_open_port_connects_and_a_closed_one_refuses() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert!(dial(open.local_addr().unwrap()).await.is_ok());
        let shut = tokio::net::TcpSocket::new_v4().unwrap();
        shut.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_eq!(dial(shut.local_addr().unwrap()).await.unwrap_err(), Failure::Refused);
    }
}
