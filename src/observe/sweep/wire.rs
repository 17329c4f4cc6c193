//! Sockets that connect, and what comes of them: non-blocking, one epoll, no time of its own.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::linger;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getpeername, getsockopt, setsockopt, socket,
    sockopt,
};

use crate::observe::dial::{Failure, queue};

/// A connection came about, or why not.
pub type Answer = Result<(), Failure>;

/// A socket that may be gone by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    slot: u32,
    generation: u32,
}

/// What became of an attempt at once.
pub enum Begun {
    Pending(Token),
    Answered(Answer),
    /// No descriptor, no port, no memory: it was not asked.
    Full,
}

/// Each socket carries what it is for.
pub struct Wire<T> {
    epoll: Epoll,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    events: Vec<EpollEvent>,
}

struct Slot<T> {
    generation: u32,
    held: Option<(OwnedFd, T)>,
}

impl<T> Wire<T> {
    pub fn new() -> Result<Self, Errno> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self { epoll, slots: vec![], free: vec![], events: vec![EpollEvent::empty(); 512] })
    }

    pub fn open(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Sends one SYN.
    pub fn begin(&mut self, to: SocketAddr, carried: T) -> Begun {
        let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = match socket(family, SockType::Stream, flags, None) {
            Ok(fd) => fd,
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => return Begun::Full,
            Err(errno) => return Begun::Answered(Err(Failure::Local { errno })),
        };
        let asked = queue::switch_on(&fd, to).and_then(|()| connect(fd.as_raw_fd(), &SockaddrStorage::from(to)));
        match asked {
            Err(Errno::EINPROGRESS) => self.hold(fd, carried),
            Ok(()) => {
                hang_up(&fd);
                Begun::Answered(Ok(()))
            }
            // Loopback answers inside the call.
            Err(Errno::ECONNREFUSED) => Begun::Answered(Err(queue::read(&fd).unwrap_or(Failure::Refused))),
            Err(Errno::EADDRNOTAVAIL | Errno::EAGAIN | Errno::ENOBUFS | Errno::ENOMEM) if self.open() > 0 => {
                Begun::Full
            }
            Err(errno) => Begun::Answered(Err(Failure::Local { errno })),
        }
    }

    fn hold(&mut self, fd: OwnedFd, carried: T) -> Begun {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, held: None });
            self.slots.len() as u32 - 1
        });
        let token = Token { slot, generation: self.slots[slot as usize].generation };
        let event = EpollEvent::new(EpollFlags::EPOLLOUT | EpollFlags::EPOLLET, token.into());
        match self.epoll.add(&fd, event) {
            Ok(()) => {
                self.slots[slot as usize].held = Some((fd, carried));
                Begun::Pending(token)
            }
            Err(_) => {
                self.free.push(slot);
                Begun::Full
            }
        }
    }

    /// Closes a socket, if it is still there.
    pub fn close(&mut self, token: Token) -> Option<T> {
        let slot = self.slots.get_mut(token.slot as usize).filter(|slot| slot.generation == token.generation)?;
        let (_, carried) = slot.held.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(token.slot);
        Some(carried)
    }

    /// Waits for answers, at most so long and at most some hundred; their sockets are closed.
    pub fn wait(&mut self, most: Duration, answers: &mut Vec<(T, Answer)>) {
        let timeout = EpollTimeout::from(u16::try_from(most.as_millis()).unwrap_or(u16::MAX));
        // Interrupted is as good as nothing heard.
        let count = self.epoll.wait(&mut self.events, timeout).unwrap_or(0);
        for index in 0..count {
            let (token, flags) = (Token::from(self.events[index].data()), self.events[index].events());
            let slot = self.slots.get(token.slot as usize).filter(|slot| slot.generation == token.generation);
            let Some(answer) = slot.and_then(|slot| slot.held.as_ref()).and_then(|(fd, _)| answer(fd, flags))
            else {
                continue;
            };
            if let Some(carried) = self.close(token) {
                answers.push((carried, answer));
            }
        }
    }
}

/// `None` where the kernel has given up, which is no answer, or where nothing has happened.
fn answer(fd: &OwnedFd, flags: EpollFlags) -> Option<Answer> {
    // The queue first: reading SO_ERROR clears what is pending.
    if flags.contains(EpollFlags::EPOLLERR)
        && let Some(icmp) = queue::read(fd)
    {
        return Some(Err(icmp));
    }
    match Errno::from_raw(getsockopt(fd, sockopt::SocketError).unwrap_or(Errno::EIO as i32)) {
        Errno::UnknownErrno => {
            // Open is never believed without a peer.
            getpeername::<SockaddrStorage>(fd.as_raw_fd()).ok()?;
            hang_up(fd);
            Some(Ok(()))
        }
        Errno::ETIMEDOUT => None,
        Errno::ECONNREFUSED => Some(Err(Failure::Refused)),
        Errno::ECONNRESET => Some(Err(Failure::Reset)),
        errno => Some(Err(Failure::Local { errno })),
    }
}

/// A reset instead of a state that lingers: thousands of those would take all local ports.
fn hang_up(fd: &OwnedFd) {
    // Where that fails, the connection ends in the usual way.
    let _ = setsockopt(fd, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 });
}

impl From<Token> for u64 {
    fn from(token: Token) -> Self {
        Self::from(token.generation) << 32 | Self::from(token.slot)
    }
}

impl From<u64> for Token {
    fn from(bits: u64) -> Self {
        Self { slot: bits as u32, generation: (bits >> 32) as u32 }
    }
}
