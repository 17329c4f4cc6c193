//! The loop of a sweep: sends what is owed as the pace allows, hears what comes, and knows when to stop.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;
use super::ports::{Ports, State};
use super::wire::{Answer, Begun, Token, Wire};
use super::{SHORT, SHORT_ROUNDS};
use crate::observation::{ErrorKind, ProbeError, Stage, Sweep, Swept};
use crate::observe::dial::Failure;
use crate::observe::net::Net;
use crate::observe::port;
use crate::target::Host;

/// So many open ports of the first so many that were asked: something answers for the host.
const MOST_OPEN: u32 = 64;
const FIRST: u32 = 512;

/// Errors of this machine in a row that end the sweep.
const MOST_LOCAL: u32 = 32;

/// Sent before answers are looked for.
const BURST: usize = 256;

/// No socket to be had: how long to wait for one, and how often.
const BREATH: Duration = Duration::from_millis(50);
const MOST_BREATHS: u32 = 60;

/// Between two canaries: of a sweep that is slow, and of one that hears none.
const SLOW: Duration = Duration::from_secs(1);
const ANXIOUS: Duration = Duration::from_millis(250);

/// # Errors
/// This machine cannot ask.
pub fn run(
    net: &Net,
    host: Option<&Host>,
    question: &Sweep,
    window: usize,
    halt: &AtomicBool,
) -> Result<Swept, ProbeError> {
    let wire = Wire::new().map_err(|errno| {
        ProbeError::new(Stage::Connect, ErrorKind::Local, format!("this machine cannot sweep ({errno:?})"))
    })?;
    let mut engine = Engine::new(net, host, question, wire, window);
    let stopped = engine.sweep(halt);
    Ok(engine.swept(stopped))
}

/// What a socket is for.
enum Asked {
    Port { port: u16, batch: u32, number: u32 },
    Canary { batch: u32, sent: Instant },
}

struct Engine<'a> {
    net: &'a Net,
    host: Option<&'a Host>,
    question: &'a Sweep,
    wire: Wire<Asked>,
    window: usize,
    ports: Ports,
    pace: Pace,
    is_short: bool,
    /// To be asked in this round.
    queue: VecDeque<u16>,
    /// In the order in which they are given up.
    due: VecDeque<(Instant, Token)>,
    due_canaries: VecDeque<(Instant, Token)>,
    round: u8,
    round_begun: Instant,
    last_probe: Instant,
    last_canary: Option<Instant>,
    /// How the port beside answers, once it has: it refuses, or it takes connections.
    refuses: Option<bool>,
    not_before: Instant,
    breaths: u32,
    probes: u32,
    voided: usize,
    early: u32,
    locals: u32,
    /// Why something is unclear.
    unclear: Option<String>,
    is_done: bool,
    dice: u64,
}

impl<'a> Engine<'a> {
    fn new(net: &'a Net, host: Option<&'a Host>, question: &'a Sweep, wire: Wire<Asked>, window: usize) -> Self {
        let now = Instant::now();
        let mut ports = Ports::new(&question.ports);
        let leads = |port: u16| net.door(host, (question.at, port).into()).is_some();
        let nowhere: Vec<u16> = question.ports.iter().filter(|port| !leads(*port)).collect();
        nowhere.iter().for_each(|port| ports.give_up(*port));
        Self {
            net,
            host,
            question,
            wire,
            window,
            ports,
            pace: Pace::new(net.limits().sweep_rate, net.round_trip(question.at), now),
            is_short: question.ports.len() <= SHORT,
            queue: VecDeque::new(),
            due: VecDeque::new(),
            due_canaries: VecDeque::new(),
            round: 0,
            round_begun: now,
            last_probe: now,
            last_canary: None,
            refuses: None,
            not_before: now,
            breaths: 0,
            probes: 0,
            voided: 0,
            early: 0,
            locals: 0,
            unclear: (!nowhere.is_empty()).then(|| "no way from here leads there".into()),
            is_done: false,
            // Any number will do.
            dice: getrandom::u64().unwrap_or_default() | 1,
        }
    }

    /// Returns why it ended before its end.
    fn sweep(&mut self, halt: &AtomicBool) -> Option<String> {
        let mut answers = vec![];
        loop {
            let now = Instant::now();
            if halt.load(Ordering::Relaxed) {
                return Some("the run was stopped".into());
            }
            self.expire(now);
            if let Some(why) = self.stops(now) {
                return Some(why);
            }
            self.turn(now);
            if self.is_done {
                return None;
            }
            self.send(now);
            self.wire.wait(self.idle(), &mut answers);
            let now = Instant::now();
            for (asked, answer) in answers.drain(..) {
                self.hear(asked, answer, now);
            }
        }
    }

    fn swept(mut self, stopped: Option<String>) -> Swept {
        if stopped.is_some() {
            self.ports.void_all();
        }
        let mut swept = self.ports.swept(self.rounds());
        swept.stopped = stopped.or(self.unclear).filter(|_| !swept.unknown.is_empty());
        (swept.rounds, swept.probes) = (self.round, self.probes);
        (swept.canaries, swept.canaries_lost) = (self.pace.canaries, self.pace.lost);
        swept
    }

    fn stops(&self, now: Instant) -> Option<String> {
        let beside = self.question.beside;
        if self.early > MOST_OPEN {
            let tried = self.probes.min(FIRST);
            Some(format!(
                "more than {MOST_OPEN} of the first {tried} ports are open: something answers for the host"
            ))
        } else if self.pace.is_gone(now) {
            Some(format!("port {beside} stopped answering"))
        } else if now >= self.net.ends() {
            Some("the time ran out".into())
        } else if self.locals >= MOST_LOCAL {
            Some(self.unclear.clone().unwrap_or_else(|| format!("no way from here leads to port {beside}")))
        } else if self.breaths > MOST_BREATHS {
            Some("this machine has no socket left".into())
        } else if self.voided > 4 * self.question.ports.len() + FIRST as usize {
            Some(format!("port {beside} answers too rarely"))
        } else {
            None
        }
    }

    /// How many rounds make a silent port silent.
    fn rounds(&self) -> u8 {
        if self.is_short { SHORT_ROUNDS } else { self.pace.rounds() }
    }

    /// How long a socket is kept.
    fn kept(&self) -> Duration {
        let most = self.question.ports.len() * usize::from(SHORT_ROUNDS);
        match self.is_short {
            // A late answer to an early socket counts, where all may stay open.
            true if most < self.window => self.spacing() * u32::from(SHORT_ROUNDS) + self.patience(),
            _ => self.patience(),
        }
    }

    /// How long an answer may take.
    fn patience(&self) -> Duration {
        match self.net.limits().connect_ms {
            None if !self.is_short => self.pace.patience(),
            _ => port::last_wait(self.net, self.question.at),
        }
    }

    /// Between two sockets to one port.
    fn spacing(&self) -> Duration {
        port::spacing(self.net, self.question.at)
    }

    fn expire(&mut self, now: Instant) {
        while let Some((_, token)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            self.wire.close(token);
        }
        while let Some((_, token)) = self.due_canaries.pop_front_if(|(due, _)| *due <= now) {
            if let Some(Asked::Canary { batch, sent }) = self.wire.close(token) {
                self.lose(batch, sent, now);
            }
        }
    }

    /// Begins the next round when it is time for it, and ends the sweep when nothing is owed.
    fn turn(&mut self, now: Instant) {
        if !self.queue.is_empty() {
            return;
        }
        let is_settled = self.ports.is_settled();
        if self.is_short && self.ports.owed(u8::MAX).is_empty() {
            self.is_done = is_settled;
            return;
        }
        let is_time = match self.is_short {
            true => self.round == 0 || now >= self.round_begun + self.spacing(),
            false => self.wire.open() == 0 && is_settled,
        };
        if !is_time {
            return;
        }
        let owed = self.ports.owed(self.rounds());
        if owed.is_empty() {
            let quiet = if self.is_short { self.patience() } else { Duration::ZERO };
            self.is_done = is_settled && now >= self.last_probe + quiet;
            return;
        }
        self.queue = owed.into();
        self.shuffle();
        (self.round, self.round_begun) = (self.round.saturating_add(1), now);
    }

    fn send(&mut self, now: Instant) {
        if now < self.not_before {
            return;
        }
        for _ in 0..BURST {
            if self.is_canary_due(now) {
                if !self.send_canary(now) {
                    return;
                }
                continue;
            }
            let Some(port) = self.queue.front().copied() else { return };
            if !self.ports.is_owed(port, u8::MAX) {
                self.queue.pop_front();
                continue;
            }
            // One place is the canary's.
            if self.pace.is_held() || self.wire.open() + 1 >= self.window.max(2) || !self.pace.take(now) {
                return;
            }
            if !self.send_probe(port, now) {
                return;
            }
            self.queue.pop_front();
        }
    }

    fn is_canary_due(&self, now: Instant) -> bool {
        let every = if self.is_short { 16 } else { 256 };
        let waiting = self.ports.in_batch();
        match self.last_canary {
            None => true,
            Some(last) if self.pace.is_troubled() => now >= last + ANXIOUS,
            Some(last) => waiting >= every || waiting > 0 && (self.queue.is_empty() || now >= last + SLOW),
        }
    }

    fn send_canary(&mut self, now: Instant) -> bool {
        let Some(to) = self.net.door(self.host, (self.question.at, self.question.beside).into()) else {
            self.locals = MOST_LOCAL;
            return false;
        };
        let batch = self.ports.close_batch();
        self.last_canary = Some(now);
        match self.wire.begin(to, Asked::Canary { batch, sent: now }) {
            Begun::Pending(token) => self.due_canaries.push_back((now + self.patience(), token)),
            Begun::Answered(answer) => self.hear(Asked::Canary { batch, sent: now }, answer, now),
            Begun::Full => {
                self.breathe(now);
                self.queue.extend(self.ports.void(batch));
                return false;
            }
        }
        self.pace.sent();
        true
    }

    fn send_probe(&mut self, port: u16, now: Instant) -> bool {
        let Some(to) = self.net.door(self.host, (self.question.at, port).into()) else { return true };
        let batch = self.ports.ask(port);
        let asked = Asked::Port { port, batch, number: self.probes };
        match self.wire.begin(to, asked) {
            Begun::Pending(token) => {
                let due = now + self.kept();
                // They are given up in order, also where patience changes.
                let due = self.due.back().map_or(due, |(last, _)| due.max(*last));
                self.due.push_back((due, token));
            }
            Begun::Answered(answer) => {
                self.hear(Asked::Port { port, batch, number: self.probes }, answer, now);
            }
            Begun::Full => {
                self.breathe(now);
                self.ports.unask(port);
                return false;
            }
        }
        self.probes = self.probes.saturating_add(1);
        (self.last_probe, self.breaths) = (now, 0);
        true
    }

    /// Sockets of ours that end make place; where there are none, others' must.
    fn breathe(&mut self, now: Instant) {
        self.not_before = now + BREATH;
        self.breaths += if self.wire.open() == 0 { 1 } else { 0 };
    }

    fn hear(&mut self, asked: Asked, answer: Answer, now: Instant) {
        match (asked, answer) {
            (Asked::Canary { batch, sent }, answer) => {
                let is_refused = answer == Err(Failure::Refused);
                let is_answer = is_refused || matches!(answer, Ok(()) | Err(Failure::Reset));
                // A port that refuses from the beginning answers as well as one that is open; one that begins to does
                // so to shut us out.
                match is_answer && *self.refuses.get_or_insert(is_refused) == is_refused {
                    true => {
                        self.pace.good(now.duration_since(sent), now);
                        self.ports.confirm(batch);
                    }
                    false => self.lose(batch, sent, now),
                }
            }
            (Asked::Port { port, batch, number }, answer) => {
                let state = self.state(port, answer);
                let is_new = self.ports.heard(port, batch, state);
                self.early += u32::from(is_new && state == State::Open && number < FIRST);
            }
        }
    }

    fn lose(&mut self, batch: u32, sent: Instant, now: Instant) {
        self.pace.lose(sent, now);
        let ports = self.ports.void(batch);
        self.voided += ports.len();
        // In a short sweep the next round asks them.
        if !self.is_short {
            self.queue.extend(ports);
        }
    }

    fn state(&mut self, port: u16, answer: Answer) -> State {
        let failure = match answer {
            Ok(()) | Err(Failure::Reset) => return self.told(State::Open),
            Err(Failure::Refused) => return self.told(State::Refused),
            Err(Failure::Rejected { offender }) if !self.net.is_own(offender) => {
                let state = self.ports.rejected_by(offender);
                return self.told(state);
            }
            Err(failure) => failure,
        };
        self.locals += u32::from(matches!(failure, Failure::Local { .. }));
        let at = (self.question.at, port).into();
        self.unclear.get_or_insert_with(|| self.net.error(at, &failure).detail);
        State::Unclear
    }

    fn told(&mut self, state: State) -> State {
        self.locals = 0;
        state
    }

    /// Until something is to be done, if nothing is heard.
    fn idle(&self) -> Duration {
        let now = Instant::now();
        let most = Duration::from_millis(100);
        let is_full = self.wire.open() + 1 >= self.window.max(2);
        let may_send = !self.queue.is_empty() && !self.pace.is_held() && !is_full;
        let next = if may_send { Some(now + self.pace.pause()) } else { None };
        let round = (self.is_short && self.queue.is_empty()).then(|| self.round_begun + self.spacing());
        let over = self.is_short.then(|| self.last_probe + self.patience());
        let first = |list: &VecDeque<(Instant, Token)>| list.front().map(|(due, _)| *due);
        let next = next.map(|next| next.max(self.not_before));
        let later = [round, over].into_iter().flatten().filter(|at| *at > now);
        let soonest = [next, first(&self.due), first(&self.due_canaries)].into_iter().flatten().chain(later).min();
        let wait = soonest.map_or(most, |at| at.saturating_duration_since(now)).min(most);
        // The kernel counts whole milliseconds: rounded down it would be asked again and again.
        if wait.is_zero() { wait } else { Duration::from_millis(wait.as_micros().div_ceil(1_000) as u64) }
    }

    /// Fisher and Yates, with xorshift64: any order will do, but the next port's should not be foreseen.
    fn shuffle(&mut self) {
        for last in (1..self.queue.len()).rev() {
            self.dice ^= self.dice << 13;
            self.dice ^= self.dice >> 7;
            self.dice ^= self.dice << 17;
            self.queue.swap(last, (self.dice % (last as u64 + 1)) as usize);
        }
    }
}
