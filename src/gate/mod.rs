//! Findings to the five items, to GO, PASS, NO-GO or UNPROVEN, to an exit code.

mod tally;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalogue::Page;
use crate::finding::{Finding, Item, Status, Waiver};
use crate::observation::{Observations, Timestamp};
use crate::spec::{Files, Spec};

use tally::weight;
pub use tally::{Note, Tally, notes, thousands};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Outcome {
    #[serde(rename = "GO")]
    Go,
    /// GO of a question that was narrowed by hand.
    #[serde(rename = "PASS")]
    Pass,
    #[serde(rename = "NO-GO")]
    NoGo,
    #[serde(rename = "UNPROVEN")]
    Unproven,
    /// Of an item alone: it was left out by hand.
    #[serde(rename = "SKIP")]
    Skip,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub result: Outcome,
    /// The verdict's own: 0, 1 or 3.
    pub exit_code: u8,
    /// How the question was narrowed.
    pub scope: Option<String>,
    /// What rests on the owner's word.
    pub given: Vec<String>,
    pub not_seen: Vec<String>,
    pub items: Vec<ItemResult>,
}

/// Counts are of findings that decide; a waived Fail counts among the skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ItemResult {
    pub id: Item,
    pub result: Outcome,
    pub fail: usize,
    pub unknown: usize,
    pub pass: usize,
    pub skip: usize,
}

/// Applies the waivers that hold at the start of the run to the findings, then decides.
pub fn decide(spec: &Spec, pages: &[Page], seen: &Observations, findings: &mut [Finding]) -> Gate {
    for finding in findings.iter_mut().filter(|f| f.status == Status::Fail) {
        waive(&spec.waive, seen.started_at, finding);
    }
    let items: Vec<ItemResult> = Item::GATE.map(|item| weigh(spec, pages, findings, item)).into();
    let result = outcome(spec.scope.is_narrowed(), &items);
    Gate {
        result,
        exit_code: result.exit_code(),
        scope: spec.scope.is_narrowed().then(|| spec.scope.to_string()),
        given: distinct(findings.iter().filter_map(|f| f.declared.clone())),
        not_seen: not_seen(spec, seen, findings),
        items,
    }
}

/// The carrying checks of an item that leave it unproven: asked, and without a Pass or a waived Fail.
pub fn unsupported<'a>(spec: &Spec, pages: &'a [Page], findings: &[Finding], item: Item) -> Vec<&'a Page> {
    let carrying = carrying(spec, pages, item);
    let of = |page: &Page| -> Vec<&Finding> {
        findings.iter().filter(|f| f.check == page.id && f.gate == item).collect()
    };
    let passed = |page: &Page| of(page).iter().any(|f| f.status == Status::Pass || f.waived.is_some());
    let another_passed = carrying.iter().any(|page| passed(page));
    let left_out = |page: &Page| {
        let own = of(page);
        !own.is_empty() && own.iter().all(|f| written_off(f)) && another_passed
    };
    carrying.into_iter().filter(|page| !passed(page) && !left_out(page)).collect()
}

impl Outcome {
    /// The verdict's own exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Go | Self::Pass | Self::Skip => 0,
            Self::NoGo => 1,
            Self::Unproven => 3,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Go => "GO",
            Self::Pass => "PASS",
            Self::NoGo => "NO-GO",
            Self::Unproven => "UNPROVEN",
            Self::Skip => "SKIP",
        })
    }
}

fn waive(waivers: &[Waiver], started_at: Timestamp, finding: &mut Finding) {
    let matching = || waivers.iter().filter(|w| w.matches(&finding.check, &finding.subject));
    let holds = |w: &&Waiver| Timestamp::end_of_day(&w.until).is_some_and(|end| started_at <= end);
    match (matching().find(holds).cloned(), matching().map(|w| w.until.clone()).max()) {
        (Some(waiver), _) => finding.waived = Some(waiver),
        (None, Some(until)) => finding.message += &format!(" (waiver expired {until})"),
        (None, None) => {}
    }
}

fn weigh(spec: &Spec, pages: &[Page], findings: &[Finding], item: Item) -> ItemResult {
    let mut count = Tally::default();
    for finding in findings.iter().filter(|f| f.gate == item) {
        count.add(weight(finding));
    }
    let proven = findings.iter().any(|f| f.gate == item && (f.status == Status::Pass || f.waived.is_some()));
    let narrowed = spec.scope.is_narrowed();
    let result = if count.fail > 0 {
        Outcome::NoGo
    } else if count.unknown > 0 || !unsupported(spec, pages, findings, item).is_empty() {
        Outcome::Unproven
    } else if proven {
        if narrowed { Outcome::Pass } else { Outcome::Go }
    } else if narrowed {
        Outcome::Skip
    } else {
        // Five items of Skips are not a GO, also where every carrying check was demoted.
        Outcome::Unproven
    };
    let Tally { fail, unknown, pass, skip } = count;
    ItemResult { id: item, result, fail, unknown, pass, skip }
}

/// Of a narrowed question, something must have passed.
fn outcome(narrowed: bool, items: &[ItemResult]) -> Outcome {
    let any = |outcome| items.iter().any(|i| i.result == outcome);
    if any(Outcome::NoGo) {
        Outcome::NoGo
    } else if any(Outcome::Unproven) || (narrowed && !any(Outcome::Pass)) {
        Outcome::Unproven
    } else if narrowed {
        Outcome::Pass
    } else {
        Outcome::Go
    }
}

/// The checks that an item rests on: asked, and not made advice by the owner.
fn carrying<'a>(spec: &Spec, pages: &'a [Page], item: Item) -> Vec<&'a Page> {
    let asked = |page: &&Page| spec.scope.asks(page.family, page.id);
    let demoted = |page: &&Page| spec.gate.demote.iter().any(|id| id == page.id);
    pages.iter().filter(|p| p.carries && p.gate == item).filter(asked).filter(|p| !demoted(p)).collect()
}

/// A Skip for what the owner wrote rests on no observation.
fn written_off(finding: &Finding) -> bool {
    finding.status == Status::Skip && !finding.unseen && finding.evidence.is_empty()
}

fn not_seen(spec: &Spec, seen: &Observations, findings: &[Finding]) -> Vec<String> {
    let of_the_site = |ip| !spec.vantage.control.contains(&ip);
    let answered = seen.ports.iter().filter(|o| o.outcome.is_ok() && of_the_site(o.question.at.ip()));
    let mut known: BTreeSet<u16> = answered.map(|o| o.question.at.port()).collect();
    for o in &seen.sweeps {
        let unknown = o.outcome.as_ref().map_or(&o.question.ports, |swept| &swept.unknown);
        known.extend(o.question.ports.without(unknown).iter());
    }
    let left = 65_535 - known.len() as u64;
    let ports = (left > 0).then(|| format!("{} ports", thousands(left)));
    let files = spec.scope.asks_any("env") && spec.files == Files::default();
    let files = files.then(|| "files not read".into());
    let unseen = findings.iter().filter(|f| f.unseen).map(|f| f.message.clone());
    if seen.are_of_files_alone() {
        return distinct(["the site".into()].into_iter().chain(unseen));
    }
    distinct(ports.into_iter().chain(["UDP".into()]).chain(files).chain(unseen))
}

/// In the order of their first occurrence.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut met = BTreeSet::new();
    texts.filter(|text| met.insert(text.clone())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::finding::Severity;
    use crate::observation::{Greet, Knock, Nonce, Observation, PortState, Vantage};

    const NOON: Timestamp = Timestamp(1_772_460_307);

    fn page(family: &'static str, id: &'static str, gate: Item, carries: bool) -> Page {
        let (title, severity) = (id.into(), Severity::High);
        Page { family, id, title, severity, gate, carries, key: None, references: vec![], body: "" }
    }

    fn pages() -> Vec<Page> {
        vec![
            page("ports", "datastore", Item::OnlyProxyReachable, true),
            page("ports", "app", Item::OnlyProxyReachable, true),
            page("https", "redirects", Item::HttpsOnly, true),
            page("headers", "nosniff", Item::PolicyRestricted, true),
            page("exposure", "hidden", Item::SecretsUnexposed, true),
            page("smoke", "answers", Item::SmokePasses, true),
            page("cookies", "secure", Item::PolicyRestricted, false),
        ]
    }

    fn finding(check: &str, gate: Item, status: Status) -> Finding {
        Finding {
            check: check.into(),
            family: "ports".into(),
            severity: Severity::High,
            gate,
            subject: "site".into(),
            status,
            message: format!("{check} is seen"),
            expected: None,
            line: None,
            unseen: false,
            declared: None,
            evidence: vec![],
            repeat: vec![],
            waived: None,
        }
    }

    fn sound() -> Vec<Finding> {
        pages().iter().map(|p| finding(p.id, p.gate, Status::Pass)).collect()
    }

    fn spec() -> Spec {
        Spec::of("app.example.com".parse().unwrap())
    }

    fn seen() -> Observations {
        Observations::begin("app.example.com".parse().unwrap(), NOON, Nonce(1), Vantage::default())
    }

    fn waiver(until: &str) -> Waiver {
        let text = |t: &str| t.to_string();
        let (check, subject, owner) = (text("app"), text("*"), text("ops@example.com"));
        Waiver { check, subject, owner, reason: text("a lab"), until: until.into() }
    }

    fn result(spec: &Spec, mut findings: Vec<Finding>) -> Outcome {
        decide(spec, &pages(), &seen(), &mut findings).result
    }

    #[test]
    fn one_verdict_turns_the_gate() {
        type Change = fn(&mut Vec<Finding>);
        let cases: [(&str, Change, Outcome); 11] = [
            ("all pass", |_| {}, Outcome::Go),
            ("a fail", |f| f[6].status = Status::Fail, Outcome::NoGo),
            ("an unknown", |f| f[6].status = Status::Unknown, Outcome::Unproven),
            ("a fail of advice", |f| f.push(finding("x", Item::Advice, Status::Fail)), Outcome::Go),
            ("an unknown of advice", |f| f.push(finding("x", Item::Advice, Status::Unknown)), Outcome::Go),
            ("an earned skip", |f| f[6].status = Status::Skip, Outcome::Go),
            ("the owner named no datastore", |f| f[0].status = Status::Skip, Outcome::Go),
            (
                "the owner named no port at all",
                |f| f.iter_mut().take(2).for_each(|f| f.status = Status::Skip),
                Outcome::Unproven,
            ),
            (
                "a skip for what was seen",
                |f| {
                    f[0].status = Status::Skip;
                    f[0].evidence = vec!["port:203.0.113.7:5432".into()];
                },
                Outcome::Unproven,
            ),
            (
                "nothing of the kind was shown",
                |f| {
                    f[0].status = Status::Skip;
                    f[0].unseen = true;
                },
                Outcome::Unproven,
            ),
            ("nothing was said", |f| drop(f.remove(3)), Outcome::Unproven),
        ];
        for (name, change, want) in cases {
            let mut findings = sound();
            change(&mut findings);
            assert_eq!(result(&spec(), findings), want, "{name}");
        }
    }

    #[test]
    fn a_narrowed_question_never_says_go() {
        let mut spec = spec();
        spec.scope.only = vec!["cookies".into()];
        let only = |status| vec![finding("secure", Item::PolicyRestricted, status)];
        let mut findings = only(Status::Pass);
        let gate = decide(&spec, &pages(), &seen(), &mut findings);
        assert_eq!((gate.result, gate.exit_code, gate.scope.as_deref()), (Outcome::Pass, 0, Some("only cookies")));
        let results: Vec<_> = gate.items.iter().map(|i| i.result).collect();
        use Outcome::{Pass, Skip};
        assert_eq!(results, [Skip, Skip, Pass, Skip, Skip]);
        assert_eq!(result(&spec, only(Status::Skip)), Outcome::Unproven);
        assert_eq!(result(&spec, only(Status::Fail)), Outcome::NoGo);
        assert_eq!(result(&spec, vec![]), Outcome::Unproven);
    }

    #[test]
    fn demoting_all_that_carries_an_item_does_not_make_it_go() {
        let mut spec = spec();
        spec.gate.demote = vec!["answers".into()];
        let mut findings = sound();
        findings[5].gate = Item::Advice;
        assert_eq!(result(&spec, findings), Outcome::Unproven);
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        for (until, waived, message) in [
            ("2026-03-02", true, "app is seen"),
            ("2026-12-31", true, "app is seen"),
            ("2026-03-01", false, "app is seen (waiver expired 2026-03-01)"),
            ("2026-01-01", false, "app is seen (waiver expired 2026-01-01)"),
        ] {
            let mut spec = spec();
            spec.waive = vec![waiver(until)];
            let mut findings = sound();
            findings[1].status = Status::Fail;
            let gate = decide(&spec, &pages(), &seen(), &mut findings);
            assert_eq!(gate.result == Outcome::Go, waived, "{until}");
            assert_eq!(findings[1].waived.is_some(), waived, "{until}");
            assert_eq!(findings[1].message, message);
        }
    }

    #[test]
    fn a_waiver_never_accepts_an_unknown() {
        let mut spec = spec();
        spec.waive = vec![waiver("2026-12-31")];
        let mut findings = sound();
        findings[1].status = Status::Unknown;
        assert_eq!(decide(&spec, &pages(), &seen(), &mut findings).result, Outcome::Unproven);
        assert_eq!(findings[1].waived, None);
    }

    #[test]
    fn what_was_not_seen_stands_beside_the_verdict() {
        let mut spec = spec();
        spec.vantage.control = vec!["203.0.113.250".parse().unwrap()];
        let mut seen = seen();
        for at in ["203.0.113.7:80", "203.0.113.7:443", "[2001:db8::7]:443", "203.0.113.250:6379"] {
            let question = Knock { at: at.parse().unwrap(), greet: Greet::Nothing, beside: None };
            let outcome = Ok(PortState::Refused);
            seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
        }
        let mut findings = sound();
        for f in &mut findings[5..] {
            f.unseen = true;
            f.message = "no cookie was set".into();
            f.declared = Some("egress assumed".into());
        }
        let gate = decide(&spec, &pages(), &seen, &mut findings);
        assert_eq!(gate.not_seen, ["65,533 ports", "UDP", "files not read", "no cookie was set"]);
        assert_eq!(gate.given, ["egress assumed"]);
    }

    fn any_status() -> impl Strategy<Value = Status> {
        prop_oneof![Just(Status::Skip), Just(Status::Pass), Just(Status::Unknown), Just(Status::Fail)]
    }

    proptest! {
        /// The counts add up, and GO means: no Fail, no Unknown, and a Pass in each item.
        #[test]
        fn go_is_never_said_of_a_problem(statuses in proptest::collection::vec(any_status(), 7)) {
            let mut findings = sound();
            for (finding, status) in findings.iter_mut().zip(statuses) {
                finding.status = status;
            }
            let gate = decide(&spec(), &pages(), &seen(), &mut findings);
            let tally = Tally::of(&findings);
            prop_assert_eq!(tally.checks(), findings.len());
            prop_assert_eq!(tally.fail > 0, gate.result == Outcome::NoGo);
            if gate.result == Outcome::Go {
                prop_assert!(gate.items.iter().all(|i| i.pass > 0 && i.fail + i.unknown == 0));
            }
        }
    }
}
