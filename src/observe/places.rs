//! Places to work: so many exchanges at a time with one address, and so many in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Exchanges at a time, whatever the number of addresses: a process often has 1,024 descriptors.
const MOST_EXCHANGES: usize = 256;

/// Knocks at a time; each may hold five sockets and one for its reference.
const MOST_KNOCKS: usize = 64;

/// Sockets of a knock.
const KNOCK_SOCKETS: usize = 6;

/// The terminal, the runtime, resolvers, report files.
const SPARE: usize = 24;

/// With so many descriptors nobody waits for one.
pub const ENOUGH: usize = MOST_EXCHANGES + KNOCK_SOCKETS * MOST_KNOCKS + 64;

pub struct Places {
    narrowed: Option<usize>,
    /// At one address, to begin with.
    each: usize,
    exchanges: Arc<Semaphore>,
    knocks: Semaphore,
    rooms: Mutex<HashMap<IpAddr, Arc<Room>>>,
}

/// The places at one address.
struct Room {
    free: Arc<Semaphore>,
    count: Mutex<Count>,
}

#[derive(Clone, Copy)]
struct Count {
    /// How many there are, once the owed ones are given up.
    size: usize,
    /// To be given up by whoever leaves next.
    owed: usize,
    /// The address asked us to slow down.
    slowed: bool,
}

/// One of the places; it is free again when this is dropped.
pub struct Place {
    room: Arc<Room>,
    permit: Option<OwnedSemaphorePermit>,
    /// The size of the room when the place was taken.
    size: usize,
    _exchange: OwnedSemaphorePermit,
}

impl Places {
    /// `files`: how many may be open at a time.
    pub fn new(each: usize, files: usize) -> Self {
        let (exchanges, knocks) = shares(files);
        // Two addresses at their full pace, and the ports that are closed by default.
        let is_usual = exchanges >= 2 * each && knocks >= 8;
        Self {
            narrowed: (!is_usual).then_some(exchanges + knocks),
            each,
            exchanges: Arc::new(Semaphore::new(exchanges)),
            knocks: Semaphore::new(knocks),
            rooms: Mutex::default(),
        }
    }

    /// How many connections there are at a time, where the descriptors allow fewer than usual.
    pub fn narrowed(&self) -> Option<usize> {
        self.narrowed
    }

    /// The addresses that asked us to slow down, in order.
    pub fn slowed(&self) -> Vec<IpAddr> {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut slowed: Vec<IpAddr> =
            rooms.iter().filter(|(_, room)| room.count().slowed).map(|(ip, _)| *ip).collect();
        slowed.sort_unstable();
        slowed
    }

    pub async fn take(&self, ip: IpAddr) -> Place {
        let room = {
            let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            rooms.entry(ip).or_insert_with(|| Arc::new(Room::new(self.each))).clone()
        };
        let permit = free(&room.free).await;
        let exchange = free(&self.exchanges).await;
        let size = room.count().size;
        Place { room, permit: Some(permit), size, _exchange: exchange }
    }

    /// A knock's turn.
    pub async fn knock(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.knocks.acquire().await.expect("semaphores of a run are never closed")
    }
}

/// Exchanges and knocks at a time. Of few descriptors each has three eighths; the rest is for paths and sweeps.
fn shares(files: usize) -> (usize, usize) {
    if files >= ENOUGH {
        return (MOST_EXCHANGES, MOST_KNOCKS);
    }
    let share = files.saturating_sub(SPARE) * 3 / 8;
    (share.clamp(1, MOST_EXCHANGES), (share / KNOCK_SOCKETS).clamp(1, MOST_KNOCKS))
}

async fn free(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.clone().acquire_owned().await.expect("semaphores of a run are never closed")
}

impl Room {
    fn new(size: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(size)), count: Mutex::new(Count { size, owed: 0, slowed: false }) }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Told to slow down: half of the places are given up for the rest of the run, one stays. Whoever asked at the
    /// former pace and is told as well is not told anew.
    pub fn slow_down(&self) {
        let mut count = self.room.count();
        count.slowed = true;
        if count.size == self.size {
            let less = (count.size / 2).max(1);
            count.owed += count.size - less;
            count.size = less;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.room.count();
        if count.owed > 0 {
            count.owed -= 1;
            self.permit.take().into_iter().for_each(OwnedSemaphorePermit::forget);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Duration, timeout};

    const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn told_to_slow_down_by_all_at_once_is_told_once() {
        let places = Places::new(4, ENOUGH);
        let mut held = vec![];
        for _ in 0..4 {
            held.push(places.take(IP).await);
        }
        held.iter().for_each(Place::slow_down);
        held.clear();
        for (taken, free) in [(0, true), (1, true), (2, false)] {
            let place = timeout(Duration::from_millis(20), places.take(IP)).await;
            assert_eq!(place.is_ok(), free, "{taken} taken");
            held.extend(place);
        }
        held.iter().for_each(Place::slow_down);
        held.clear();
        assert_eq!(places.slowed(), [IP]);
        let last = places.take(IP).await;
        last.slow_down();
        drop(last);
        assert!(timeout(Duration::from_secs(1), places.take(IP)).await.is_ok(), "one place stays");
    }

    #[test]
    fn few_descriptors_are_shared() {
        for (files, want) in [
            (1_048_576, (256, 64)),
            (ENOUGH, (256, 64)),
            (ENOUGH - 1, (254, 42)),
            (256, (87, 14)),
            (64, (15, 2)),
            (20, (1, 1)),
        ] {
            assert_eq!(shares(files), want, "{files}");
            let (exchanges, knocks) = want;
            assert!(files < SPARE || exchanges + KNOCK_SOCKETS * knocks + SPARE <= files, "{files}");
            let narrowed = (files <= 64).then_some(exchanges + knocks);
            assert_eq!(Places::new(32, files).narrowed(), narrowed, "{files}");
        }
    }
}
