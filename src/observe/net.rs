//! The way out: every connection of a run goes through here. Pinned names, doors led elsewhere, places, limits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use tokio::net::TcpStream;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout};

use super::descriptors;
use super::dial::{Failure, dial};
use super::places::{ENOUGH, Place, Places};
use crate::observation::{ErrorKind, ProbeError, Stage, Vantage};
use crate::spec::{Limits, Network, Private, Spec};
use crate::target::{Family, Host, reserved};

/// Where a run may go, as the command line says it.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Addresses given by hand for a name (`--resolve`).
    pub pins: BTreeMap<String, Vec<IpAddr>>,
    /// `None`: those of this machine.
    pub resolvers: Option<Vec<SocketAddr>>,
    pub doors: Vec<Door>,
    /// No other door and no other name exists: nothing leaves this machine.
    pub closed: bool,
}

/// A connection led elsewhere (`--connect-to`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Any host when there is none.
    pub host: Option<Host>,
    pub port: Option<u16>,
    pub to: SocketAddr,
}

/// This machine allows fewer connections at a time than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// That may be open.
    pub files: usize,
    pub connections: usize,
}

pub struct Net {
    pub(super) way: Way,
    /// What requests hold and nobody else may know.
    pub(super) private: Private,
    limits: Limits,
    own: BTreeSet<IpAddr>,
    own_networks: Vec<Network>,
    /// The networks that this machine's interfaces are on.
    links: Vec<Network>,
    places: Places,
    files: usize,
    /// One a family.
    paces: [tokio::sync::Mutex<()>; 2],
    memory: Mutex<Memory>,
    started: Instant,
    /// Sockets that sweeps may have open, all together.
    sockets: Semaphore,
    most_sockets: usize,
}

/// What a run has learned of its way.
#[derive(Default)]
struct Memory {
    /// The least time a connection took.
    round_trip: HashMap<IpAddr, Duration>,
    shut: HashMap<Entry, (u8, ProbeError)>,
    sources: BTreeSet<IpAddr>,
}

/// What may be found shut.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    Port(SocketAddr),
    /// TLS on that port, with that name in the hello.
    Hello(SocketAddr, Option<String>),
}

/// Until a descriptor may be free again.
pub const STARVED: Duration = Duration::from_millis(50);

/// After this many failures in a row a door is not tried again.
const SHUT_AFTER: u8 = 2;

impl Net {
    pub fn new(way: Way, spec: &Spec) -> Self {
        let files = descriptors::raise(ENOUGH + MOST_SWEPT);
        // A demonstration holds both ends of each connection.
        let ends = if way.closed { 2 } else { 1 };
        let most_sockets = sockets_for_sweeps(files);
        Self {
            way,
            private: Private::default(),
            limits: spec.limits.clone(),
            own: interfaces().map(|(address, _)| address).collect(),
            own_networks: spec.vantage.own_networks.clone(),
            links: interfaces().filter_map(|(prefix, mask)| link(prefix, mask?)).collect(),
            places: Places::new(spec.limits.parallel, files / ends),
            files,
            paces: Default::default(),
            memory: Mutex::default(),
            started: now(),
            sockets: Semaphore::new(most_sockets),
            most_sockets,
        }
    }

    /// The same with the values that the promise needs.
    pub fn knowing(mut self, private: Private) -> Self {
        self.private = private;
        self
    }

    /// What is known of this machine before anything is sent.
    pub fn vantage(&self) -> Vantage {
        let own = self.own.iter().filter(|ip| reserved(**ip).is_none()).copied().collect();
        // A closed way is a demonstration: its doors are the deployment itself.
        let doors = if self.way.closed { &[][..] } else { &self.way.doors[..] };
        Vantage {
            own: if self.way.closed { vec![] } else { own },
            doors: doors.iter().map(ToString::to_string).collect(),
            behind_doors: doors.iter().map(|door| door.to.ip()).collect(),
            ..Vantage::default()
        }
    }

    /// The addresses that connections were made from, so far.
    pub fn sources(&self) -> (Vec<IpAddr>, Vec<Family>) {
        let sources = self.memory().sources.clone();
        let families: BTreeSet<Family> = sources.iter().map(|ip| Family::of(*ip)).collect();
        let public = sources.into_iter().filter(|ip| reserved(*ip).is_none()).collect();
        (public, families.into_iter().collect())
    }

    /// The addresses that asked us to slow down, so far.
    pub fn slowed(&self) -> Vec<IpAddr> {
        self.places.slowed()
    }

    /// Set when this machine allows too few open files for the usual pace.
    pub fn narrowed(&self) -> Option<Narrowed> {
        self.places.narrowed().map(|connections| Narrowed { files: self.files, connections })
    }

    /// Whatever was found shut may be open by now.
    pub fn forget_shut(&self) {
        self.memory().shut.clear();
    }

    /// When the run began.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Milliseconds since the run began.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A place to work with an address; at most `limits.parallel` are held at a time.
    pub async fn place(&self, ip: IpAddr) -> Place {
        self.places.take(ip).await
    }

    /// A knock's turn.
    pub async fn turn(&self) -> SemaphorePermit<'_> {
        self.places.knock().await
    }

    /// Sockets for a sweep, so many or as many as there are. Who asks later waits until others are done.
    pub async fn sockets(&self, wanted: usize) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.sockets.acquire_many(wanted.min(self.most_sockets) as u32).await
    }

    /// When a dialogue that lasts must end: what follows from its answer needs time too.
    pub fn ends(&self) -> Instant {
        self.started + self.limits.total() * 9 / 10
    }

    /// The least time that a connection to an address took.
    pub fn round_trip(&self, ip: IpAddr) -> Option<Duration> {
        self.memory().round_trip.get(&ip).copied()
    }

    /// A connection for an exchange, or the reason why there is none. A door that was found shut is not tried again.
    pub async fn connect(&self, host: Option<&Host>, at: SocketAddr) -> Result<TcpStream, ProbeError> {
        let entry = Entry::Port(self.door(host, at).unwrap_or(at));
        self.known_open(&entry)?;
        let limit = self.limits.connect();
        let begin = now();
        let result = loop {
            match timeout(limit, self.attempt(host, at)).await {
                Ok(Err(failure)) if failure.is_starved() && begin.elapsed() < limit => sleep(STARVED).await,
                Ok(result) => break result.map_err(|failure| self.error(at, &failure)),
                Err(_) => {
                    let detail = format!("no answer from {at} in {} ms", limit.as_millis());
                    break Err(ProbeError::new(Stage::Connect, ErrorKind::Timeout, detail));
                }
            }
        };
        match &result {
            // What this machine cannot do tells nothing about the door, and cost no time.
            Err(error) if error.kind == ErrorKind::Local => {}
            result => self.remember(entry, result.as_ref().err()),
        }
        result
    }

    /// Whether an entry may be tried.
    ///
    /// # Errors
    /// It was found shut so often that it is not.
    pub fn known_open(&self, entry: &Entry) -> Result<(), ProbeError> {
        match self.memory().shut.get(entry) {
            Some((count, error)) if *count >= SHUT_AFTER => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Remembers how an entry was found.
    pub fn remember(&self, entry: Entry, shut: Option<&ProbeError>) {
        let shuts = &mut self.memory().shut;
        match shut {
            None => {
                shuts.remove(&entry);
            }
            Some(error) => {
                let (count, _) = shuts.entry(entry).or_insert((0, error.clone()));
                *count = count.saturating_add(1);
            }
        }
    }

    /// One attempt without a limit of time.
    pub async fn attempt(&self, host: Option<&Host>, at: SocketAddr) -> Result<TcpStream, Failure> {
        let Some(to) = self.door(host, at) else { return Err(Failure::Local { errno: Errno::ENETUNREACH }) };
        let begin = now();
        let stream = dial(to).await?;
        let took = begin.elapsed();
        let mut memory = self.memory();
        let least = memory.round_trip.entry(at.ip()).or_insert(took);
        *least = took.min(*least);
        if let Ok(local) = stream.local_addr() {
            memory.sources.insert(local.ip());
        }
        Ok(stream)
    }

    /// Where a connection leads; `None` where there is no way.
    pub(super) fn door(&self, host: Option<&Host>, at: SocketAddr) -> Option<SocketAddr> {
        let leads = |door: &&Door| {
            let host_fits = match &door.host {
                None => true,
                Some(Host::Address(ip)) => *ip == at.ip(),
                Some(name) => host == Some(name),
            };
            host_fits && door.port.is_none_or(|port| port == at.port())
        };
        match self.way.doors.iter().find(leads) {
            Some(door) => Some(door.to),
            None if self.way.closed => None,
            None => Some(at),
        }
    }

    pub fn is_this_machine(&self, ip: IpAddr) -> bool {
        self.own.contains(&ip)
    }

    /// Whether an address lies on a network of this machine: no router is between.
    pub fn is_on_link(&self, ip: IpAddr) -> bool {
        self.links.iter().any(|link| link.contains(ip))
    }

    /// Whether a connection would go anywhere else than to its address: then it has no path.
    pub fn is_led_elsewhere(&self, host: Option<&Host>, at: SocketAddr) -> bool {
        self.door(host, at) != Some(at)
    }

    /// Routers limit how often they answer one asker: who asks them again waits for the others.
    pub async fn pace(&self, family: Family) -> tokio::sync::MutexGuard<'_, ()> {
        self.paces[usize::from(family == Family::V6)].lock().await
    }

    /// Who a failure is laid to: an ICMP error of our own side says nothing about the target.
    pub fn is_own(&self, offender: IpAddr) -> bool {
        self.is_this_machine(offender) || self.own_networks.iter().any(|network| network.contains(offender))
    }

    /// A failed connection as the reason why a question has no answer.
    pub fn error(&self, at: SocketAddr, failure: &Failure) -> ProbeError {
        let (kind, detail) = match failure {
            Failure::Refused => (ErrorKind::Refused, format!("{at} refused the connection")),
            Failure::Reset => (ErrorKind::Reset, format!("{at} reset the connection at once")),
            Failure::Rejected { offender } if self.is_own(*offender) => {
                (ErrorKind::Local, format!("our own side ({offender}) rejected the connection to {at}"))
            }
            Failure::Rejected { offender } => {
                (ErrorKind::Refused, format!("{offender} rejected the connection to {at}"))
            }
            Failure::Unreachable { offender, what } => self.unreachable(at, *offender, what),
            Failure::Expired { offender } => self.unreachable(at, *offender, "a routing loop"),
            Failure::Local { errno } => (ErrorKind::Local, local_words(at, *errno)),
        };
        ProbeError::new(Stage::Connect, kind, detail)
    }

    /// A private sender speaks for no address of the internet.
    fn unreachable(&self, at: SocketAddr, offender: IpAddr, what: &str) -> (ErrorKind, String) {
        let is_private = reserved(offender).is_some() && reserved(at.ip()).is_none();
        match is_private || self.is_own(offender) {
            true => (ErrorKind::Local, format!("our own side ({offender}) has no way to {at}: {what}")),
            false => (ErrorKind::Unreachable, format!("{offender} says of {at}: {what}")),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sockets that sweeps may have open.
const MOST_SWEPT: usize = 16_384;

/// What is left of so many descriptors beside those of exchanges and knocks; some in any case.
fn sockets_for_sweeps(files: usize) -> usize {
    files.saturating_sub(ENOUGH).clamp((files / 4).clamp(2, MOST_SWEPT), MOST_SWEPT)
}

fn local_words(at: SocketAddr, errno: Errno) -> String {
    let family = Family::of(at.ip());
    match errno {
        // The last two: routes of the types `prohibit` and `blackhole`.
        Errno::ENETUNREACH | Errno::EADDRNOTAVAIL | Errno::EHOSTUNREACH | Errno::EACCES | Errno::EINVAL => {
            format!("no {family} route from this machine ({errno:?})")
        }
        Errno::EMFILE | Errno::ENFILE => format!("this machine has no file descriptor left ({errno:?})"),
        Errno::EPERM => format!("this machine forbids connections to {at} ({errno:?})"),
        errno => format!("this machine could not connect to {at} ({errno:?})"),
    }
}

/// The addresses of this machine's own interfaces that the internet may reach.
pub fn public_addresses() -> Vec<IpAddr> {
    let mut own: Vec<IpAddr> = interfaces().map(|(ip, _)| ip).filter(|ip| reserved(*ip).is_none()).collect();
    own.sort_unstable();
    own.dedup();
    own
}

/// The addresses of this machine, with their masks.
fn interfaces() -> impl Iterator<Item = (IpAddr, Option<IpAddr>)> {
    let ip = |address: nix::sys::socket::SockaddrStorage| {
        let v4 = address.as_sockaddr_in().map(|a| IpAddr::V4(a.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|a| IpAddr::V6(a.ip())))
    };
    let interfaces = nix::ifaddrs::getifaddrs().into_iter().flatten();
    interfaces.filter_map(move |interface| Some((ip(interface.address?)?, interface.netmask.and_then(ip))))
}

fn link(prefix: IpAddr, mask: IpAddr) -> Option<Network> {
    let length = match mask {
        IpAddr::V4(mask) => mask.to_bits().leading_ones(),
        IpAddr::V6(mask) => mask.to_bits().leading_ones(),
    };
    u8::try_from(length).ok().map(|length| Network { prefix, length })
}

fn now() -> Instant {
    Instant::now()
}

impl std::fmt::Display for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let host = self.host.as_ref().map(ToString::to_string).unwrap_or_default();
        let port = self.port.map(|port| port.to_string()).unwrap_or_default();
        write!(f, "{host}:{port} at {}", self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whose word a failure is: only a router of others says that there is no way to the target.
    #[test]
    fn our_own_side_says_nothing_about_the_target() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.vantage.own_networks = vec![String::from("198.51.100.0/24").try_into().unwrap()];
        let net = Net::new(Way::default(), &spec);
        let at: SocketAddr = "203.0.113.7:443".parse().unwrap();
        let by = |offender: &str| offender.parse().unwrap();
        for (failure, kind) in [
            (Failure::Refused, ErrorKind::Refused),
            (Failure::Reset, ErrorKind::Reset),
            (Failure::Rejected { offender: by("192.0.2.1") }, ErrorKind::Refused),
            (Failure::Rejected { offender: by("198.51.100.1") }, ErrorKind::Local),
            (Failure::Rejected { offender: by("127.0.0.1") }, ErrorKind::Local),
            (Failure::Unreachable { offender: by("192.0.2.1"), what: "no route" }, ErrorKind::Unreachable),
            (Failure::Unreachable { offender: by("198.51.100.1"), what: "no route" }, ErrorKind::Local),
            (Failure::Unreachable { offender: by("192.168.1.1"), what: "no route" }, ErrorKind::Local),
            (Failure::Unreachable { offender: by("127.0.0.1"), what: "host unreachable" }, ErrorKind::Local),
            (Failure::Expired { offender: by("192.0.2.1") }, ErrorKind::Unreachable),
            (Failure::Local { errno: Errno::EMFILE }, ErrorKind::Local),
        ] {
            assert_eq!(net.error(at, &failure).kind, kind, "{failure:?}");
        }
    }

    #[test]
    fn a_family_without_a_route_is_said_so() {
        let at: SocketAddr = "[2001:db8::7]:443".parse().unwrap();
        for errno in [Errno::ENETUNREACH, Errno::EADDRNOTAVAIL, Errno::EHOSTUNREACH, Errno::EACCES, Errno::EINVAL]
        {
            assert_eq!(local_words(at, errno), format!("no IPv6 route from this machine ({errno:?})"));
        }
        assert!(!local_words(at, Errno::EPERM).contains("route"));
    }

    #[test]
    fn a_link_is_the_network_of_an_interface() {
        for (prefix, mask, ip, on_link) in [
            ("192.0.2.9", "255.255.255.0", "192.0.2.77", true),
            ("192.0.2.9", "255.255.255.0", "192.0.3.77", false),
            ("192.0.2.9", "255.255.255.255", "192.0.2.10", false),
            ("2001:db8::9", "ffff:ffff:ffff:ffff::", "2001:db8::7", true),
            ("2001:db8::9", "ffff:ffff:ffff:ffff::", "2001:db8:1::7", false),
        ] {
            let link = link(prefix.parse().unwrap(), mask.parse().unwrap()).unwrap();
            assert_eq!(link.contains(ip.parse().unwrap()), on_link, "{prefix} {ip}");
        }
    }
}
