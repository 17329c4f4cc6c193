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

/// Each socket carries what it is for. All of one wire lead to addresses of one family.
pub struct Wire<T> {
    epoll: Epoll,
    slots: Vec<Slot<T>>,
    /// Slots without a socket.
    free: Vec<u32>,
    /// Slots whose socket was refused: it connects again, from another port, at half the cost of a new one.
    spare: Vec<u32>,
    events: Vec<EpollEvent>,
}

struct Slot<T> {
    /// How often it was used.
    generation: u32,
    socket: Option<OwnedFd>,
    to: Option<SocketAddr>,
    /// What the attempt that is under way is for.
    carried: Option<T>,
}

impl<T> Wire<T> {
    pub fn new() -> Result<Self, Errno> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self { epoll, slots: vec![], free: vec![], spare: vec![], events: vec![EpollEvent::empty(); 512] })
    }

    pub fn open(&self) -> usize {
        self.slots.len() - self.free.len() - self.spare.len()
    }

    /// Sends one SYN.
    pub fn begin(&mut self, to: SocketAddr, carried: T) -> Begun {
        if let Some(slot) = self.spare.pop() {
            let asked = self.slots[slot as usize].socket.as_ref().map(|socket| dial(socket, to));
            if asked == Some(Err(Errno::EINPROGRESS)) {
                return Begun::Pending(self.carry(slot, to, carried));
            }
            // Whatever it is, a fresh socket will tell.
            self.empty(slot);
        }
        let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = match socket(family, SockType::Stream, flags, None) {
            Ok(fd) => fd,
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => return Begun::Full,
            Err(errno) => return Begun::Answered(Err(Failure::Local { errno })),
        };
        match queue::switch_on(&fd, to).and_then(|()| dial(&fd, to)) {
            Err(Errno::EINPROGRESS) => self.hold(fd, to, carried),
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

    fn hold(&mut self, fd: OwnedFd, to: SocketAddr, carried: T) -> Begun {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, socket: None, to: None, carried: None });
            self.slots.len() as u32 - 1
        });
        let event = EpollEvent::new(EpollFlags::EPOLLOUT | EpollFlags::EPOLLET, u64::from(slot));
        match self.epoll.add(&fd, event) {
            Ok(()) => {
                self.slots[slot as usize].socket = Some(fd);
                Begun::Pending(self.carry(slot, to, carried))
            }
            Err(_) => {
                self.free.push(slot);
                Begun::Full
            }
        }
    }

    fn carry(&mut self, slot: u32, to: SocketAddr, carried: T) -> Token {
        let held = &mut self.slots[slot as usize];
        held.generation = held.generation.wrapping_add(1);
        (held.to, held.carried) = (Some(to), Some(carried));
        Token { slot, generation: held.generation }
    }

    /// Closes a socket whose attempt is still under way.
    pub fn close(&mut self, token: Token) -> Option<T> {
        let slot = self.slots.get_mut(token.slot as usize).filter(|slot| slot.generation == token.generation)?;
        let carried = slot.carried.take()?;
        self.empty(token.slot);
        Some(carried)
    }

    fn empty(&mut self, slot: u32) {
        self.slots[slot as usize].socket = None;
        self.free.push(slot);
    }

    /// Waits for answers, at most so long and at most some hundred; their sockets are closed, or kept for another use.
    pub fn wait(&mut self, most: Duration, answers: &mut Vec<(T, Answer)>) {
        let timeout = EpollTimeout::from(u16::try_from(most.as_millis()).unwrap_or(u16::MAX));
        // Interrupted is as good as nothing heard.
        let count = self.epoll.wait(&mut self.events, timeout).unwrap_or(0);
        for index in 0..count {
            let (slot, flags) = (self.events[index].data() as u32, self.events[index].events());
            let held = &mut self.slots[slot as usize];
            let (Some(socket), Some(carried)) = (&held.socket, held.carried.take()) else { continue };
            let Some(answer) = answer(socket, flags) else {
                held.carried = Some(carried);
                continue;
            };
            let is_spare = answer == Err(Failure::Refused) && held.to.is_some_and(|to| is_ready_again(socket, to));
            match is_spare {
                true => self.spare.push(slot),
                false => self.empty(slot),
            }
            answers.push((carried, answer));
        }
    }
}

fn dial(socket: &OwnedFd, to: SocketAddr) -> Result<(), Errno> {
    connect(socket.as_raw_fd(), &SockaddrStorage::from(to))
}

/// A refused socket tells of its end once more when it is to connect, and is as new afterwards (Linux,
/// `__inet_stream_connect`: nothing is sent).
fn is_ready_again(socket: &OwnedFd, to: SocketAddr) -> bool {
    dial(socket, to) == Err(Errno::ECONNABORTED)
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
