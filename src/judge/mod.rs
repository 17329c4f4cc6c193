//! What the answers mean. Pure: sees a promise and a complete plan of answers, never a socket, file or clock.

mod answered;
mod certificate;
mod cookies;
mod cors;
mod exposure;
mod headers;
mod hosts;
mod https;
mod ports;
mod secrets;
mod smoke;
mod tls;
mod vantage;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use crate::catalogue::Page;
use crate::finding::{Finding, Item, Status, Subject, Verdict};
use crate::observation::{Http, Knock, Observation, Question, Seen};
use crate::spec::Spec;

/// A page and the function that decides.
pub struct Check {
    /// `family/id`: the page's folder and file stem.
    place: &'static str,
    page: &'static str,
    judge: fn(&Spec, &Seen) -> Vec<Verdict>,
}

macro_rules! check {
    ($place:literal, $judge:expr) => {
        $crate::judge::Check {
            place: $place,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/checks/", $place, ".md")),
            judge: $judge,
        }
    };
}
use check;

const TABLES: &[&[Check]] = &[
    vantage::CHECKS,
    ports::CHECKS,
    https::CHECKS,
    certificate::CHECKS,
    tls::CHECKS,
    headers::CHECKS,
    hosts::CHECKS,
    cookies::CHECKS,
    cors::CHECKS,
    exposure::CHECKS,
    secrets::CHECKS,
    smoke::CHECKS,
];

/// Every page, in the order of the tables: by family, as the gate asks.
pub fn pages() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let read = |check: &Check| {
            Page::parse(check.place, check.page).unwrap_or_else(|e| panic!("checks/{}.md: {e}", check.place))
        };
        TABLES.iter().flat_map(|table| table.iter()).map(read).collect()
    });
    &PAGES
}

/// What the judges say.
pub struct Judged {
    pub findings: Vec<Finding>,
    /// A judge failed in itself; its check is Unknown.
    pub panicked: bool,
}

/// Asks every judge that is in scope. Id, family, severity and gate come from the page.
pub fn judge(spec: &Spec, seen: &Seen) -> Judged {
    let repeats = seen.observations().repeats();
    let checks = TABLES.iter().flat_map(|table| table.iter()).zip(pages());
    let mut judged = Judged { findings: vec![], panicked: false };
    for (check, page) in checks.filter(|(_, page)| spec.scope.asks(page.family, page.id)) {
        let verdicts = catch_unwind(AssertUnwindSafe(|| {
            let verdicts = (check.judge)(spec, seen).into_iter();
            verdicts.map(|verdict| vantage::unless_intercepted(spec, seen, page, verdict)).collect::<Vec<_>>()
        }));
        judged.panicked |= verdicts.is_err();
        let mut verdicts = verdicts.unwrap_or_else(|_| {
            vec![Verdict::new(Subject::Site, Status::Unknown, "golive failed in this check; please report it")]
        });
        if verdicts.is_empty() {
            verdicts.push(nothing_said(seen));
        }
        judged.findings.extend(verdicts.into_iter().map(|verdict| {
            let repeat = verdict.evidence.iter().filter_map(|id| repeats.get(id)).flatten().cloned().collect();
            finding(spec, page, verdict, repeat)
        }));
    }
    judged
}

/// Nothing said is nothing seen: never a Skip, which would let the gate pass.
fn nothing_said(seen: &Seen) -> Verdict {
    let unasked = seen.asked::<Knock>().next().is_none() && seen.asked::<Http>().next().is_none();
    match seen.observations().first_unanswered() {
        Some((id, error)) => Verdict::new(Subject::Site, Status::Unknown, error.to_string()).resting_on([id]),
        None if unasked => Verdict::new(Subject::Site, Status::Unknown, "no address of the site was asked"),
        None => Verdict::new(Subject::Site, Status::Unknown, "nothing was asked that would show it"),
    }
}

fn finding(spec: &Spec, page: &Page, verdict: Verdict, repeat: Vec<String>) -> Finding {
    let required =
        spec.gate.require.iter().any(|id| id == page.id) && verdict.status == Status::Skip && verdict.unseen;
    Finding {
        check: page.id.into(),
        family: page.family.into(),
        severity: page.severity,
        gate: item(spec, page, &verdict),
        subject: verdict.subject.to_string(),
        status: if required { Status::Unknown } else { verdict.status },
        message: verdict.message,
        expected: verdict.expected,
        line: page.key.as_deref().and_then(|key| spec.lines.get(key)).copied(),
        unseen: verdict.unseen && !required,
        declared: verdict.declared,
        evidence: verdict.evidence,
        repeat,
        waived: None,
    }
}

/// The item a verdict counts in: the page's, unless the owner or the verdict says otherwise.
fn item(spec: &Spec, page: &Page, verdict: &Verdict) -> Item {
    let named = |list: &[String]| list.iter().any(|id| id == page.id);
    let promoted = spec.gate.strict || named(&spec.gate.promote);
    if named(&spec.gate.demote) {
        Item::Advice
    } else if promoted && (page.gate == Item::Advice || verdict.advice) {
        family_item(page.family)
    } else if verdict.advice {
        Item::Advice
    } else {
        page.gate
    }
}

/// The item at the head of a family.
fn family_item(family: &str) -> Item {
    match family {
        "vantage" | "ports" => Item::OnlyProxyReachable,
        "https" | "certificate" | "tls" => Item::HttpsOnly,
        "exposure" | "secrets" | "env" => Item::SecretsUnexposed,
        "smoke" => Item::SmokePasses,
        _ => Item::PolicyRestricted,
    }
}

/// Status and message of a verdict that `given` completes.
type Word = (Status, String);

/// The one way from an observation to a verdict: no answer is Unknown, with its reason.
fn given<Q: Question>(o: &Observation<Q>, subject: Subject, word: impl FnOnce(&Q::Answer) -> Word) -> Verdict {
    let (status, message) = match &o.outcome {
        Ok(answer) => word(answer),
        Err(error) => unknown(error.to_string()),
    };
    Verdict::new(subject, status, message).resting_on([o.id()])
}

/// The worst of several words on one subject, and how many more are as bad.
fn worst(subject: Subject, words: Vec<(Word, String)>) -> Verdict {
    let status = words.iter().map(|((status, _), _)| *status).max().unwrap_or(Status::Unknown);
    let alike: Vec<(Word, String)> = words.into_iter().filter(|((held, _), _)| *held == status).collect();
    let message = match &alike[..] {
        [] => "nothing was asked".to_string(),
        [((_, message), _)] => message.clone(),
        [((_, message), _), _] if status == Status::Fail => format!("{message}; and 1 more form"),
        [((_, message), _), rest @ ..] if status == Status::Fail => {
            format!("{message}; and {} more forms", rest.len())
        }
        [((_, message), _), ..] => message.clone(),
    };
    Verdict::new(subject, status, message).resting_on(alike.into_iter().map(|(_, id)| id))
}

fn pass(message: impl Into<String>) -> Word {
    (Status::Pass, message.into())
}

fn fail(message: impl Into<String>) -> Word {
    (Status::Fail, message.into())
}

fn unknown(message: impl Into<String>) -> Word {
    (Status::Unknown, message.into())
}

fn skip(message: impl Into<String>) -> Word {
    (Status::Skip, message.into())
}

#[cfg(test)]
mod tests;
