//! What is known of each port so far, and which are to be asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::observation::{Rejections, Swept};
use crate::target::PortSet;

/// Senders of rejections that are told apart: whoever rejects can be anyone on the way.
const MOST_OFFENDERS: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Asked or not, nothing was heard.
    #[default]
    Silent,
    Open,
    Refused,
    /// By the offender of that index.
    Rejected(u8),
    /// What was heard says nothing of the port.
    Unclear,
}

#[derive(Clone, Copy, Default)]
struct Port {
    state: State,
    /// How often, in rounds that count.
    asked: u8,
}

pub struct Ports {
    asked_for: PortSet,
    /// By number.
    all: Vec<Port>,
    offenders: Vec<IpAddr>,
    /// Ports that were asked since the last canary, and those whose canary has no answer yet.
    batch: Vec<u16>,
    pending: BTreeMap<u32, Vec<u16>>,
    number: u32,
    voided: BTreeSet<u32>,
}

impl Ports {
    pub fn new(asked_for: &PortSet) -> Self {
        Self {
            asked_for: asked_for.clone(),
            all: vec![Port::default(); 65_536],
            offenders: vec![],
            batch: vec![],
            pending: BTreeMap::new(),
            number: 0,
            voided: BTreeSet::new(),
        }
    }

    /// Those that gave no word in fewer than so many rounds.
    pub fn owed(&self, rounds: u8) -> Vec<u16> {
        self.asked_for.iter().filter(|port| self.is_owed(*port, rounds)).collect()
    }

    pub fn is_owed(&self, port: u16, rounds: u8) -> bool {
        let Port { state, asked } = self.all[usize::from(port)];
        matches!(state, State::Silent | State::Unclear) && asked < rounds
    }

    /// A port cannot be asked.
    pub fn give_up(&mut self, port: u16) {
        self.all[usize::from(port)] = Port { state: State::Unclear, asked: u8::MAX };
    }

    /// A port was asked. Returns the number of its batch.
    pub fn ask(&mut self, port: u16) -> u32 {
        let asked = &mut self.all[usize::from(port)].asked;
        *asked = asked.saturating_add(1);
        self.batch.push(port);
        self.number
    }

    /// Ports that were asked since the last canary.
    pub fn in_batch(&self) -> usize {
        self.batch.len()
    }

    /// A canary was sent: what was asked before it hangs on it.
    pub fn close_batch(&mut self) -> u32 {
        let number = self.number;
        self.pending.insert(number, std::mem::take(&mut self.batch));
        self.number += 1;
        number
    }

    /// Whether a batch waits for its canary.
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.batch.is_empty()
    }

    /// The canary of a batch is back: what was asked before it counts.
    pub fn confirm(&mut self, batch: u32) {
        self.pending.remove(&batch);
    }

    /// The canary of a batch is lost: all that was asked before it is to be asked anew.
    pub fn void(&mut self, batch: u32) -> Vec<u16> {
        let ports = self.pending.remove(&batch).unwrap_or_default();
        self.voided.insert(batch);
        for port in &ports {
            let held = &mut self.all[usize::from(*port)];
            if held.state != State::Open {
                *held = Port { state: State::Silent, asked: held.asked.saturating_sub(1) };
            }
        }
        ports
    }

    /// The sweep ends early: what no canary has confirmed is not known.
    pub fn void_all(&mut self) {
        self.close_batch();
        for batch in self.pending.keys().copied().collect::<Vec<_>>() {
            self.void(batch);
        }
    }

    /// The port asked last was not asked after all.
    pub fn unask(&mut self, port: u16) {
        let asked = &mut self.all[usize::from(port)].asked;
        *asked = asked.saturating_sub(1);
        self.batch.pop();
    }

    /// An answer to what was asked in that batch, and whether it is news. Open is open in any case.
    pub fn heard(&mut self, port: u16, batch: u32, state: State) -> bool {
        let held = &mut self.all[usize::from(port)].state;
        let counts = state == State::Open || !self.voided.contains(&batch);
        let is_news =
            counts && *held != state && (matches!(held, State::Silent | State::Unclear) || state == State::Open);
        if is_news {
            *held = state;
        }
        is_news
    }

    pub fn rejected_by(&mut self, offender: IpAddr) -> State {
        if let Some(index) = self.offenders.iter().position(|held| *held == offender) {
            return State::Rejected(index as u8);
        }
        if self.offenders.len() == MOST_OFFENDERS {
            return State::Unclear;
        }
        self.offenders.push(offender);
        State::Rejected(self.offenders.len() as u8 - 1)
    }

    /// Every port in its set. Silence counts after so many rounds.
    pub fn swept(&self, rounds: u8) -> Swept {
        let of = |wanted: &dyn Fn(u16, Port) -> bool| -> PortSet {
            self.asked_for.iter().filter(|port| wanted(*port, self.all[usize::from(*port)])).collect()
        };
        let by = |index: usize| of(&|_, held| held.state == State::Rejected(index as u8));
        let rejections = self.offenders.iter().enumerate();
        let rejections = rejections.map(|(index, offender)| Rejections { offender: *offender, ports: by(index) });
        Swept {
            open: of(&|_, held| held.state == State::Open),
            refused: of(&|_, held| held.state == State::Refused),
            rejected: rejections.filter(|rejections| !rejections.ports.is_empty()).collect(),
            silent: of(&|_, held| held.state == State::Silent && held.asked >= rounds),
            unknown: of(&|_, held| {
                held.state == State::Unclear || held.state == State::Silent && held.asked < rounds
            }),
            ..Swept::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Ports {
        Ports::new(&[21, 23, 25, 2375].into_iter().collect())
    }

    #[test]
    fn what_no_canary_confirmed_is_not_known_when_a_sweep_ends_early() {
        let mut ports = Ports::new(&(1..=4).collect());
        for _ in 0..3 {
            ports.ask(1);
        }
        let first = ports.close_batch();
        ports.confirm(first);
        for port in [2, 3, 4] {
            for _ in 0..3 {
                ports.ask(port);
            }
            ports.close_batch();
        }
        ports.heard(3, 2, State::Open);
        ports.ask(4);
        ports.void_all();
        let swept = ports.swept(3);
        let said = [swept.open, swept.silent, swept.unknown].map(|ports| ports.to_string());
        assert_eq!(said, ["3", "1", "2,4"]);
    }

    #[test]
    fn every_port_stands_in_one_set() {
        let mut ports = ports();
        for _ in 0..3 {
            for port in [21, 23, 25] {
                ports.ask(port);
            }
        }
        let offender = "203.0.113.1".parse().unwrap();
        let rejected = ports.rejected_by(offender);
        for (port, state, news) in [(21, rejected, true), (21, State::Refused, false), (25, State::Open, true)] {
            assert_eq!(ports.heard(port, 0, state), news, "{port}");
        }
        let swept = ports.swept(3);
        let text = |set: &PortSet| set.to_string();
        assert_eq!(
            [&swept.open, &swept.refused, &swept.silent, &swept.unknown].map(text),
            ["25", "", "23", "2375"]
        );
        assert_eq!(swept.rejected, [Rejections { offender, ports: [21].into_iter().collect() }]);
        assert_eq!(ports.owed(4), [23, 2375]);
    }

    #[test]
    fn what_was_asked_before_a_lost_canary_is_asked_anew() {
        let mut ports = ports();
        let first = ports.ask(21);
        ports.close_batch();
        let second = [23, 25, 2375].map(|port| ports.ask(port))[0];
        let lost = ports.close_batch();
        assert_eq!((first, second, lost), (0, 1, 1));
        ports.heard(23, second, State::Refused);
        ports.heard(25, second, State::Open);
        assert_eq!(ports.void(lost), [23, 25, 2375]);
        assert!(!ports.is_settled());
        ports.confirm(first);
        assert!(ports.is_settled());
        assert_eq!(ports.owed(1), [23, 2375]);
        // A late refusal of that time does not count, an open port does.
        ports.heard(23, second, State::Refused);
        ports.heard(2375, second, State::Open);
        assert_eq!(ports.owed(1), [23]);
    }

    #[test]
    fn rejections_of_very_many_senders_are_unclear() {
        let mut ports = ports();
        let states: Vec<State> = (0..=16).map(|last| ports.rejected_by([192, 0, 2, last].into())).collect();
        assert_eq!((states[15], states[16]), (State::Rejected(15), State::Unclear));
    }
}
