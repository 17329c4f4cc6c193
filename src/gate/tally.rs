//! Counts and notes: what is said beside a verdict.

use std::collections::BTreeMap;

use crate::finding::{Finding, Status, Waiver};

/// Checks that decide, each counted once by its worst verdict; a waived Fail counts as skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub fail: usize,
    pub unknown: usize,
    pub pass: usize,
    pub skip: usize,
}

/// What is worth reading and decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Note<'a> {
    /// One check's advice that failed or is unknown; at least one finding.
    Advice(Vec<&'a Finding>),
    /// A waiver that no finding of its check matches.
    Unmatched(&'a Waiver),
}

/// Advice that failed or is unknown, one note a check, then waivers that match nothing.
/// A waiver of a check that was not asked is no note.
pub fn notes<'a>(waivers: &'a [Waiver], findings: &'a [Finding]) -> Vec<Note<'a>> {
    let told =
        |f: &&Finding| !f.decides() && f.waived.is_none() && matches!(f.status, Status::Fail | Status::Unknown);
    let mut advice: Vec<(&str, Vec<&Finding>)> = vec![];
    for finding in findings.iter().filter(told) {
        match advice.iter_mut().find(|(check, _)| *check == finding.check) {
            Some((_, list)) => list.push(finding),
            None => advice.push((&finding.check, vec![finding])),
        }
    }
    let asked = |w: &&Waiver| findings.iter().any(|f| f.check == w.check);
    let unmatched = |w: &&Waiver| !findings.iter().any(|f| w.matches(&f.check, &f.subject));
    let waivers = waivers.iter().filter(asked).filter(unmatched).map(Note::Unmatched);
    advice.into_iter().map(|(_, list)| Note::Advice(list)).chain(waivers).collect()
}

impl Tally {
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut worst: BTreeMap<&str, Status> = BTreeMap::new();
        for finding in findings.into_iter().filter(|f| f.decides()) {
            let status = weight(finding);
            worst.entry(&finding.check).and_modify(|held| *held = status.max(*held)).or_insert(status);
        }
        let mut tally = Self::default();
        for status in worst.into_values() {
            tally.add(status);
        }
        tally
    }

    pub fn checks(&self) -> usize {
        self.fail + self.unknown + self.pass + self.skip
    }

    pub(super) fn add(&mut self, status: Status) {
        *match status {
            Status::Fail => &mut self.fail,
            Status::Unknown => &mut self.unknown,
            Status::Pass => &mut self.pass,
            Status::Skip => &mut self.skip,
        } += 1;
    }
}

/// What a finding counts as: a waived Fail as skipped.
pub(super) fn weight(finding: &Finding) -> Status {
    if finding.waived.is_some() { Status::Skip } else { finding.status }
}

/// `65,529`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|group| group.iter().map(|b| char::from(*b)).collect());
    let head = (first > 0).then(|| digits[..first].to_string());
    head.into_iter().chain(groups).collect::<Vec<String>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Item, Severity};

    fn finding(check: &str, gate: Item, status: Status) -> Finding {
        Finding {
            check: check.into(),
            family: "ports".into(),
            severity: Severity::High,
            gate,
            subject: "site".into(),
            status,
            message: "seen".into(),
            expected: None,
            line: None,
            unseen: false,
            declared: None,
            evidence: vec![],
            repeat: vec![],
            waived: None,
        }
    }

    fn waiver(check: &str, subject: &str) -> Waiver {
        let (owner, reason, until) = ("ops@example.com".into(), "a lab".into(), "2026-12-31".into());
        Waiver { check: check.into(), subject: subject.into(), owner, reason, until }
    }

    #[test]
    fn a_check_counts_once_by_its_worst_verdict() {
        let gate = Item::HttpsOnly;
        let mut waived = finding("d", gate, Status::Fail);
        waived.waived = Some(waiver("d", "*"));
        let findings = [
            finding("a", gate, Status::Pass),
            finding("a", gate, Status::Fail),
            finding("b", gate, Status::Unknown),
            finding("b", gate, Status::Skip),
            finding("c", gate, Status::Skip),
            finding("c", gate, Status::Pass),
            waived,
            finding("e", Item::Advice, Status::Fail),
        ];
        let tally = Tally::of(&findings);
        assert_eq!(tally, Tally { fail: 1, unknown: 1, pass: 1, skip: 1 });
        assert_eq!(tally.checks(), 4);
    }

    #[test]
    fn notes_are_advice_and_waivers_that_match_nothing() {
        let waivers = [waiver("app", "*"), waiver("app", "another"), waiver("elsewhere", "*")];
        let findings = [
            finding("app", Item::HttpsOnly, Status::Pass),
            finding("version", Item::Advice, Status::Fail),
            finding("version", Item::Advice, Status::Unknown),
            finding("quiet", Item::Advice, Status::Pass),
        ];
        let said = notes(&waivers, &findings);
        assert_eq!(said, [Note::Advice(vec![&findings[1], &findings[2]]), Note::Unmatched(&waivers[1])]);
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, want) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (65_529, "65,529"), (1_234_567, "1,234,567")]
        {
            assert_eq!(thousands(number), want);
        }
    }
}
