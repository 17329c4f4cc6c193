//! How fast, how patient and how often: learned from an open port that is asked again and again, the canary. What is
//! lost there is lost elsewhere too, whether on the way or in an overflowing table of our own side.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Probes a second to begin with: a home router's table holds some thousand connections.
const START: f64 = 5_000.0;

/// Of so many canaries, two lost ones halve the rate.
const RECENT: usize = 20;
const TOO_MANY: usize = 2;

/// After so many in a row nothing but canaries is sent.
const HOLD: u32 = 3;

/// After so long without an answer the port is gone, and with it the ground for believing silence.
const GONE: Duration = Duration::from_secs(3);

/// What a port may be missed with.
const MISS: f64 = 1e-4;

pub struct Pace {
    rate: f64,
    least: f64,
    most: f64,
    allowance: f64,
    refilled: Instant,
    /// RFC 6298 §2: the smoothed round trip and its variation, in seconds.
    smoothed: Option<(f64, f64)>,
    recent: VecDeque<bool>,
    calm_since: Instant,
    /// When the first of the canaries lost in a row was sent.
    lost_since: Option<Instant>,
    in_a_row: u32,
    pub canaries: u32,
    pub lost: u32,
}

impl Pace {
    pub fn new(most: u32, round_trip: Option<Duration>, now: Instant) -> Self {
        let most = f64::from(most);
        let start = START.min(most);
        let smoothed = round_trip.map(|took| (took.as_secs_f64(), took.as_secs_f64() / 2.0));
        Self {
            rate: start,
            // What is lost at random is lost at any rate.
            least: (start / 4.0).max(1.0),
            most,
            allowance: 1.0,
            refilled: now,
            smoothed,
            recent: VecDeque::new(),
            calm_since: now,
            lost_since: None,
            in_a_row: 0,
            canaries: 0,
            lost: 0,
        }
    }

    /// Takes the turn of one probe, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.refilled).as_secs_f64();
        self.refilled = now;
        // What could not be sent for a while is not sent all at once.
        self.allowance = (self.allowance + passed * self.rate).min((self.rate / 50.0).max(1.0));
        let may = self.allowance >= 1.0;
        self.allowance -= if may { 1.0 } else { 0.0 };
        may
    }

    /// Until the next turn.
    pub fn pause(&self) -> Duration {
        Duration::from_secs_f64(((1.0 - self.allowance) / self.rate).max(0.0))
    }

    /// How long an answer may take; below a second one socket sends exactly one SYN. Under load answers come late.
    pub fn patience(&self) -> Duration {
        let (least, most) = (0.2, 0.9);
        let seconds = self.smoothed.map_or(most, |(srtt, var)| (srtt + 4.0 * var).max(2.0 * srtt + least));
        Duration::from_secs_f64(seconds.clamp(least, most))
    }

    pub fn sent(&mut self) {
        self.canaries += 1;
    }

    /// A canary came back.
    pub fn good(&mut self, took: Duration, now: Instant) {
        let took = took.as_secs_f64();
        let (srtt, var) = self.smoothed.unwrap_or((took, took / 2.0));
        self.smoothed = Some((srtt + (took - srtt) / 8.0, var + ((srtt - took).abs() - var) / 4.0));
        (self.lost_since, self.in_a_row) = (None, 0);
        self.remember(false);
        let calm = Duration::from_secs_f64(srtt.max(0.05));
        if now.duration_since(self.calm_since) >= calm {
            self.rate = (self.rate * 2.0).min(self.most);
            self.calm_since = now;
        }
    }

    /// A canary did not come back.
    pub fn lose(&mut self, sent: Instant, now: Instant) {
        self.lost += 1;
        self.in_a_row += 1;
        self.lost_since.get_or_insert(sent);
        self.calm_since = now;
        self.remember(true);
        if self.recent.iter().filter(|lost| **lost).count() >= TOO_MANY {
            self.rate = (self.rate / 2.0).max(self.least);
            // The same losses do not count twice.
            self.recent.clear();
        }
    }

    fn remember(&mut self, lost: bool) {
        self.recent.push_back(lost);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    pub fn is_troubled(&self) -> bool {
        self.in_a_row > 0
    }

    pub fn is_held(&self) -> bool {
        self.in_a_row >= HOLD
    }

    pub fn is_gone(&self, now: Instant) -> bool {
        self.is_held() && self.lost_since.is_some_and(|since| now.duration_since(since) >= GONE)
    }

    /// How many rounds make a silent port silent.
    pub fn rounds(&self) -> u8 {
        let rounds = (MISS.ln() / self.loss_at_most().ln()).ceil();
        rounds.clamp(3.0, 6.0) as u8
    }

    /// What share is lost, with some certainty at most (Wilson 1927, one side of 95 %).
    fn loss_at_most(&self) -> f64 {
        let (count, lost) = (f64::from(self.canaries.max(1)), f64::from(self.lost));
        let (z, share) = (1.645, lost / count);
        let spread = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
        ((share + z * z / (2.0 * count) + spread) / (1.0 + z * z / count)).clamp(1e-6, 0.999_999)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_rate_doubles_in_calm_and_halves_with_the_second_loss() {
        let begun = Instant::now();
        let mut pace = Pace::new(200_000, Some(ms(1)), begun);
        let mut rates = vec![pace.rate];
        for step in 1..=6 {
            pace.good(ms(1), begun + ms(50 * step));
            rates.push(pace.rate);
        }
        assert_eq!(rates, [5e3, 1e4, 2e4, 4e4, 8e4, 16e4, 20e4]);
        pace.lose(begun, begun + ms(310));
        assert_eq!(pace.rate, 20e4);
        pace.good(ms(1), begun + ms(320));
        pace.lose(begun, begun + ms(330));
        assert_eq!(pace.rate, 10e4);
        for _ in 0..40 {
            pace.lose(begun, begun + ms(340));
        }
        assert_eq!(pace.rate, 1_250.0);
        assert_eq!(Pace::new(100, None, begun).rate, 100.0);
    }

    #[test]
    fn turns_come_at_the_rate() {
        let begun = Instant::now();
        let mut pace = Pace::new(1_000, None, begun);
        let mut sent = 0;
        for step in 0..1_000 {
            while pace.take(begun + ms(step)) {
                sent += 1;
            }
        }
        assert!((990..=1_001).contains(&sent), "{sent}");
        // After a break there are twenty milliseconds' worth at most.
        let burst = std::iter::repeat_with(|| pace.take(begun + ms(9_000))).take_while(|may| *may).count();
        assert_eq!(burst, 20);
    }

    #[test]
    fn patience_follows_the_round_trip_and_stays_below_a_second() {
        for (round_trip, want) in
            [(Some(0), 200), (Some(20), 240), (Some(50), 300), (Some(200), 600), (Some(800), 900), (None, 900)]
        {
            let pace = Pace::new(5_000, round_trip.map(ms), Instant::now());
            assert_eq!(pace.patience(), ms(want), "{round_trip:?}");
        }
    }

    #[test]
    fn more_loss_takes_more_rounds() {
        for (canaries, lost, want) in
            [(255, 0, 3), (255, 5, 3), (255, 26, 5), (255, 51, 6), (3, 0, 6), (60, 0, 3), (0, 0, 6), (9, 9, 6)]
        {
            let mut pace = Pace::new(5_000, None, Instant::now());
            (pace.canaries, pace.lost) = (canaries, lost);
            assert_eq!(pace.rounds(), want, "{lost} of {canaries}");
        }
    }

    #[test]
    fn a_port_is_gone_after_three_seconds_of_lost_canaries() {
        let begun = Instant::now();
        let mut pace = Pace::new(5_000, Some(ms(1)), begun);
        for (lost, held, gone) in [(1, false, false), (2, false, false), (3, true, true)] {
            pace.lose(begun, begun + ms(200 * lost));
            let later = begun + ms(3_000);
            assert_eq!((pace.is_held(), pace.is_gone(later)), (held, gone), "{lost}");
        }
        assert!(!pace.is_gone(begun + ms(2_999)));
        pace.good(ms(1), begun + ms(3_000));
        assert!(!pace.is_troubled() && !pace.is_gone(begun + ms(9_000)));
    }
}
