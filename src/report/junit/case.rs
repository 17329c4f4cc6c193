//! One verdict as a case: what it is called, what it says, and all that stands behind it.

use std::collections::BTreeMap;

use super::super::evidence::Evidence;
use super::{LINE, NAME, clipped, plain};
use crate::catalogue::Page;
use crate::finding::{Finding, Status, Waiver};

pub(super) struct Case {
    pub name: String,
    pub elapsed_ms: u64,
    pub verdict: Word,
    /// One line.
    pub message: String,
    pub kind: String,
    pub text: String,
}

/// Ordered from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    Skipped,
    Passed,
    Error,
    Failure,
}

pub(super) fn case(finding: &Finding, pages: &[Page], evidence: &BTreeMap<String, Evidence>) -> Case {
    let advice = |told: &str| (Word::Skipped, format!("advice: {told}"));
    let told = told(finding);
    let (verdict, message) = match (finding.status, &finding.waived, finding.decides()) {
        (Status::Pass, ..) => (Word::Passed, told),
        (Status::Skip, ..) => (Word::Skipped, finding.message.clone()),
        (Status::Fail, Some(waiver), _) => (Word::Skipped, format!("{}: {told}", waived(waiver))),
        (Status::Fail | Status::Unknown, _, false) => advice(&told),
        (Status::Fail, None, true) => (Word::Failure, told),
        (Status::Unknown, _, true) => (Word::Error, told),
    };
    let elapsed = finding.evidence.iter().filter_map(|id| evidence.get(id)).map(|e| e.elapsed_ms);
    let message = clipped(&message, LINE);
    Case {
        name: clipped(&format!("{}: {}", finding.check, finding.subject), NAME),
        elapsed_ms: elapsed.max().unwrap_or(0),
        verdict,
        kind: plain(&finding.check),
        text: body(&message, finding, pages, evidence),
        message,
    }
}

/// One line: the subject, and what is against what was expected.
fn told(finding: &Finding) -> String {
    let Finding { subject, message, expected, .. } = finding;
    match expected {
        Some(expected) => format!("{subject}: {message}; expected {expected}"),
        None => format!("{subject}: {message}"),
    }
}

fn waived(waiver: &Waiver) -> String {
    format!("waived until {} by {}: {}", waiver.until, waiver.owner, waiver.reason)
}

/// The message again (some readers show the text alone), evidence, how to repeat it, the fix, the page.
fn body(message: &str, finding: &Finding, pages: &[Page], evidence: &BTreeMap<String, Evidence>) -> String {
    let mut lines = vec![message.to_string()];
    let seen = finding.evidence.iter().take(LINES).map(|id| match evidence.get(id) {
        Some(e) => format!("evidence: {id} {}", e.says),
        None => format!("evidence: {id}"),
    });
    lines.extend(seen.map(|line| clipped(&line, LINE)));
    lines.extend(finding.repeat.iter().take(LINES).map(|line| clipped(&format!("repeat: {line}"), LINE)));
    let more = finding.evidence.len().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("and {more} more in the JSON report"));
    }
    // What was skipped needs no fix.
    let page = pages.iter().find(|page| page.id == finding.check && finding.status != Status::Skip);
    if let Some(fix) = page.map(Page::fix).filter(|fix| !fix.is_empty()) {
        lines.push(clipped(&format!("fix: {fix}"), LINE));
    }
    lines.push(format!("page: golive explain {}", plain(&finding.check)));
    lines.join("\n")
}

pub(super) fn passed(finding: &Finding, evidence: &BTreeMap<String, Evidence>) -> String {
    let says = finding.evidence.iter().find_map(|id| evidence.get(id)).map(|e| format!(" ({})", e.says));
    let Finding { check, subject, message, .. } = finding;
    format!("{check}: {subject}: {message}{}", says.unwrap_or_default())
}

/// Lines of evidence, and of how to repeat it, in one case.
const LINES: usize = 8;
