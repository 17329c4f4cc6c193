//! Problems, one block a check; what is unknown, one block a cause; notes and passes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anstyle::Style;

use super::super::Report;
use super::super::text::counted;
use super::layout::{DIM, GREEN, LABEL, Lines, PLAIN, RED, YELLOW};
use crate::catalogue::Page;
use crate::finding::{Finding, Status};
use crate::gate::{Note, Outcome, unsupported};

/// What failed, by severity.
pub(super) fn failures(lines: &mut Lines, report: &Report, pages: &[Page], all: bool) {
    for block in by_check(report.findings.iter().filter(|f| f.is_problem() && f.status == Status::Fail)) {
        head(lines, RED, "FAIL", block[0]);
        details(lines, report, pages, &block, all);
    }
}

/// What is unknown: each cause once, with what would prove it.
pub(super) fn unknowns(lines: &mut Lines, report: &Report, pages: &[Page], all: bool) {
    let unknown = report.findings.iter().filter(|f| f.is_problem() && f.status == Status::Unknown);
    let mut causes: Vec<Vec<&Finding>> = vec![];
    for finding in unknown {
        match causes.iter_mut().find(|cause| cause[0].message == finding.message) {
            Some(cause) => cause.push(finding),
            None => causes.push(vec![finding]),
        }
    }
    causes.sort_by_key(|cause| cause.iter().map(|f| f.severity).min());
    for cause in causes {
        unknown_cause(lines, pages, &cause, all);
    }
    unsupported_items(lines, report, pages);
}

/// Advice that failed or is unknown, and waivers that match nothing.
pub(super) fn notes(lines: &mut Lines, report: &Report, pages: &[Page], notes: &[Note]) {
    for note in notes {
        match note {
            Note::Advice(list) => {
                head(lines, PLAIN, "note", list[0]);
                details(lines, report, pages, list, true);
            }
            Note::Unmatched(waiver) => {
                lines.gap();
                lines.hang(&[(PLAIN, "note  "), (PLAIN, "waiver")], "", PLAIN);
                lines.fact(&format!("{} {}", waiver.check, waiver.subject), "matches nothing");
                lines.label("owner", LABEL, &format!("{}, until {}", waiver.owner, waiver.until));
            }
        }
    }
}

/// What passed, was skipped or was waived, by check in the order of the judges.
pub(super) fn passes(lines: &mut Lines, report: &Report) {
    let mut checks: Vec<&str> = vec![];
    for finding in &report.findings {
        if !checks.contains(&finding.check.as_str()) {
            checks.push(&finding.check);
        }
    }
    lines.gap();
    for check in checks {
        let quiet = |f: &&Finding| matches!(f.status, Status::Pass | Status::Skip) || f.waived.is_some();
        let own: Vec<_> = report.findings.iter().filter(|f| f.check == check).filter(quiet).collect();
        for (style, word, list) in [
            (GREEN, "ok    ", own.iter().filter(|f| f.status == Status::Pass).collect::<Vec<_>>()),
            (GREEN, "ok*   ", own.iter().filter(|f| f.waived.is_some()).collect()),
            (DIM, "skip  ", own.iter().filter(|f| f.status == Status::Skip).collect()),
        ] {
            if !list.is_empty() {
                lines.hang(&[(style, word)], check, PLAIN);
                list.into_iter().for_each(|f| lines.fact(&f.subject, &f.message));
            }
        }
    }
}

fn head(lines: &mut Lines, style: Style, word: &str, finding: &Finding) {
    lines.gap();
    let word = format!("{word}  ");
    let severity = format!("{}  ", finding.severity);
    lines.hang(&[(style, &word), (PLAIN, &severity)], &finding.check, PLAIN);
}

/// Findings of one check, worst check first, then in the order of the judges.
fn by_check<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Vec<&'a Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = vec![];
    for finding in findings {
        match blocks.iter_mut().find(|block| block[0].check == finding.check) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    blocks.sort_by_key(|block| block.iter().map(|f| f.severity).min());
    blocks
}

fn details(lines: &mut Lines, report: &Report, pages: &[Page], block: &[&Finding], all: bool) {
    if all {
        for finding in block {
            lines.fact(&finding.subject, &finding.message);
            expected(lines, report, finding);
        }
    } else {
        let facts = alike(block);
        for same in facts.iter().take(FACTS) {
            lines.fact(&same[0].subject, &same[0].message);
            folded(lines, same);
        }
        more(lines, facts.get(FACTS..).unwrap_or_default());
        expected(lines, report, block[0]);
    }
    if let Some(fix) = fix(pages, &block[0].check) {
        lines.label("fix", LABEL, &fix);
    }
}

/// Facts of a check that are shown; the rest is counted.
const FACTS: usize = 3;
/// Commands of a fact that are shown.
const COMMANDS: usize = 2;
/// A longer one, such as a sweep of two hundred ports, stands in the other reports.
const TYPED: usize = 600;

/// Findings that say the same of the same thing at several addresses, together.
fn alike<'a>(block: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = vec![];
    for finding in block {
        let key = (parted(&finding.subject).0, &finding.message);
        match groups.iter_mut().find(|g| (parted(&g[0].subject).0, &g[0].message) == key) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn folded(lines: &mut Lines, same: &[&Finding]) {
    let places: Vec<_> =
        same[1..].iter().map(|f| parted(&f.subject).1).filter(|place| !place.is_empty()).collect();
    let list = places[..places.len().min(FACTS)].join(", ");
    let rest = if places.len() > FACTS { ", …" } else { "" };
    let text = match (same.len() - 1, places.first()) {
        (0, _) => return,
        (more, None) => format!("and {more} more (-v)"),
        (more, Some(first)) if first.starts_with('[') => format!("and {more} more: the same on {list}{rest} (-v)"),
        (more, Some(_)) => format!("and {more} more: {list}{rest} (-v)"),
    };
    lines.hang(&[(PLAIN, "  ")], &text, PLAIN);
}

fn more(lines: &mut Lines, groups: &[Vec<&Finding>]) {
    match groups.iter().map(Vec::len).sum::<usize>() {
        0 => {}
        more => lines.hang(&[(PLAIN, "  ")], &format!("and {more} more (-v)"), PLAIN),
    }
}

/// A subject without the address at its end, and that address as it is written there.
fn parted(subject: &str) -> (&str, &str) {
    let (what, place) = subject.rsplit_once(' ').unwrap_or(("", subject));
    if place.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() { (what, place) } else { (subject, "") }
}

fn expected(lines: &mut Lines, report: &Report, finding: &Finding) {
    if let Some(expected) = &finding.expected {
        let written = match (finding.line, &report.policy.file) {
            (Some(line), Some(file)) if !expected.contains(&format!("({file}:")) => format!(" ({file}:{line})"),
            _ => String::new(),
        };
        lines.label("expected", LABEL, &format!("{expected}{written}"));
    }
    let typed = finding.repeat.iter().filter(|command| command.len() <= TYPED);
    typed.take(COMMANDS).for_each(|command| lines.command("repeat", command));
}

fn fix(pages: &[Page], check: &str) -> Option<String> {
    pages.iter().find(|page| page.id == check).map(Page::fix).filter(|fix| !fix.is_empty())
}

fn unknown_cause(lines: &mut Lines, pages: &[Page], cause: &[&Finding], all: bool) {
    let lead = cause[0];
    head(lines, YELLOW, "unknown", lead);
    // The labels stand under a short subject: cause and cure are one column.
    let short = lead.subject.chars().count();
    let column = if short <= SHORT { short.max("to prove".len()) + 2 } else { LABEL };
    if short <= SHORT {
        lines.label(&lead.subject, column, &lead.message);
    } else {
        lines.fact(&lead.subject, &lead.message);
    }
    let own: Vec<_> = cause.iter().copied().filter(|f| f.check == lead.check).collect();
    if all {
        own[1..].iter().for_each(|f| lines.fact(&f.subject, &f.message));
    } else {
        let groups = alike(&own);
        folded(lines, &groups[0]);
        more(lines, &groups[1..]);
    }
    let others: BTreeSet<&str> =
        cause.iter().filter(|f| f.check != lead.check).map(|f| f.check.as_str()).collect();
    if !others.is_empty() {
        let bare = |f: &Finding| parted(&f.subject).1.trim_matches(['[', ']']).to_string();
        let place = bare(lead);
        let one_address = !place.is_empty() && cause.iter().all(|f| bare(f) == place);
        let what = if one_address { "about this address" } else { "for the same reason" };
        let know = if others.len() == 1 { "knows" } else { "know" };
        lines.label("so", column, &format!("{} {know} nothing {what}", counted(others.len(), "more check")));
    }
    lines.label("to prove", column, &proof(pages, lead));
}

/// Columns of a subject that labels may stand under.
const SHORT: usize = 24;

/// What would turn an unknown into an answer, by words of its cause.
const PROOFS: [(&str, &str); 7] = [
    ("no IPv6 route", "run from a host with IPv6, or ask less: golive scan -4"),
    ("no IPv4 route", "run from a host with IPv4, or ask less: golive scan -6"),
    ("says nothing about the internet", "scan from the internet; for a lab, set vantage.allow_private"),
    (
        "nothing proves that our packets",
        "golive scan --control ADDR, an address of yours that listens, or --assume-egress, your word",
    ),
    ("not in this recording", "scan again with this policy"),
    ("no address of the site was asked", "give the site an address that may be asked from here"),
    ("was not asked from here", "give the site an address that may be asked from here"),
];

fn proof(pages: &[Page], lead: &Finding) -> String {
    let known = |text: &str| PROOFS.iter().find(|(cause, _)| text.contains(cause)).map(|(_, proof)| *proof);
    // What fixes a vantage is what proves; elsewhere a fix mends a failure that was not seen.
    let vantage = || fix(pages, &lead.check).filter(|_| lead.family == "vantage");
    let found = known(&lead.message).or_else(|| known(&lead.check)).map(String::from);
    found.or_else(vantage).unwrap_or_else(|| format!("golive explain {}", lead.check))
}

/// Items that nothing speaks against, and nothing for.
fn unsupported_items(lines: &mut Lines, report: &Report, pages: &[Page]) {
    let open = report.gate.items.iter().filter(|i| i.result == Outcome::Unproven && i.unknown == 0);
    let mut explained = false;
    for item in open.clone() {
        for page in unsupported(&report.policy, pages, &report.findings, item.id) {
            explained = true;
            lines.gap();
            let severity = format!("{}  ", page.severity);
            lines.hang(&[(YELLOW, "unknown  "), (PLAIN, &severity)], page.id, PLAIN);
            let own: Vec<_> = report.findings.iter().filter(|f| f.check == page.id).collect();
            let groups = alike(&own);
            groups.iter().take(FACTS).for_each(|same| lines.fact(&same[0].subject, &same[0].message));
            if own.is_empty() {
                lines.fact("site", "nothing was said of it");
            }
            lines.label("so", LABEL, &format!("nothing shows that {}", item.id.words()));
            lines.label("to prove", LABEL, &format!("golive explain {}", page.id));
        }
    }
    let problems = report.findings.iter().any(Finding::is_problem);
    if report.gate.result == Outcome::Unproven && !explained && !problems {
        lines.gap();
        lines.hang(&[(YELLOW, "unknown  ")], "nothing of what was asked has passed", PLAIN);
        if let Some(scope) = &report.gate.scope {
            lines.label("scope", LABEL, scope);
        }
        for item in open {
            lines.fact(item.id.words(), "no check that it rests on passed");
        }
        lines.label("to prove", LABEL, "ask more: the same without --only, --skip or gate.demote");
    }
}
