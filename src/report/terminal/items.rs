//! The five items, each with the facts that stand behind it, and what was not seen.

use std::collections::BTreeSet;

use anstyle::Style;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use unicode_width::UnicodeWidthStr;
use x509_parser::parse_x509_certificate;

use super::super::Report;
use super::super::text::counted;
use super::layout::{DIM, GREEN, Lines, PLAIN, RED, YELLOW};
use crate::finding::{Finding, Item, Status};
use crate::gate::{ItemResult, Outcome, Tally, thousands};
use crate::observation::{Ask, Handshake, Offered, PortState, Timestamp};

/// Writes the items, their waivers and what was not seen.
pub(super) fn items(lines: &mut Lines, report: &Report) {
    let words: Vec<_> = report.gate.items.iter().map(|item| word(report, item)).collect();
    // Where all is well the words are short; a problem stands out by its column too.
    let problem = words.iter().any(|(_, word)| matches!(*word, "FAIL" | "unknown"));
    let column = if problem { "unknown".len() } else { words.iter().map(|(_, w)| w.len()).max().unwrap_or(0) };
    for (item, (style, word)) in report.gate.items.iter().zip(words) {
        let word = format!("{word:column$}  ");
        let name = item.id.words();
        if lines.width() < NARROW {
            lines.hang(&[(PLAIN, "  "), (style, &word)], name, PLAIN);
            lines.hang(&[(PLAIN, &" ".repeat(column + 4))], &facts(report, item).remove(0), PLAIN);
        } else {
            let name = format!("{name:NAMES$}  ");
            let room = lines.width().saturating_sub(4 + column + name.len());
            let mut facts = facts(report, item);
            let fitting = facts.iter().position(|fact| fact.width() <= room).unwrap_or(facts.len() - 1);
            lines.hang(&[(PLAIN, "  "), (style, &word), (PLAIN, &name)], &facts.swap_remove(fitting), PLAIN);
        }
        for waiver in waivers(report, item.id) {
            lines.hang(&[(PLAIN, &" ".repeat(column + 4))], &waiver, PLAIN);
        }
    }
    lines.hang(&[(PLAIN, "  not seen from here  ")], &report.gate.not_seen.join(", "), PLAIN);
}

/// Columns of the longest name of an item.
const NAMES: usize = 27;
/// Below this many columns a name stands above its facts.
const NARROW: usize = 60;

fn word(report: &Report, item: &ItemResult) -> (Style, &'static str) {
    match item.result {
        Outcome::Go | Outcome::Pass if waivers(report, item.id).is_empty() => (GREEN, "ok"),
        Outcome::Go | Outcome::Pass => (GREEN, "ok*"),
        Outcome::NoGo => (RED, "FAIL"),
        Outcome::Unproven => (YELLOW, "unknown"),
        Outcome::Skip => (DIM, "skip"),
    }
}

/// One line a waiver.
fn waivers(report: &Report, item: Item) -> BTreeSet<String> {
    let waived = report.findings.iter().filter(|f| f.gate == item).filter_map(|f| f.waived.as_ref());
    waived.map(|w| format!("waived until {} by {}: {}", w.until, w.owner, w.reason)).collect()
}

/// What stands behind an item, in one line; the first that fits is shown, at least one.
fn facts(report: &Report, item: &ItemResult) -> Vec<String> {
    let own: Vec<&Finding> = report.findings.iter().filter(|f| f.gate == item.id).collect();
    let tally = Tally::of(own.iter().copied());
    let said = match item.result {
        Outcome::Skip if own.is_empty() => vec!["not asked".into()],
        Outcome::Skip => vec!["nothing of the kind was shown".into()],
        Outcome::Unproven if item.unknown == 0 => vec!["no check that it rests on passed".into()],
        Outcome::Unproven => vec![format!("{} of {} unknown", tally.unknown, counted(tally.checks(), "check"))],
        Outcome::NoGo => match open_ports(&own) {
            0 => vec![format!("{} of {}", tally.fail, counted(tally.checks(), "check"))],
            1 => vec!["1 port open".into()],
            several => vec![format!("{several} ports open")],
        },
        Outcome::Go | Outcome::Pass => match item.id {
            Item::OnlyProxyReachable => closed(report),
            Item::HttpsOnly => https(report),
            Item::PolicyRestricted => policy(report, &own),
            Item::SecretsUnexposed => exposure(report),
            Item::SmokePasses => smoke(report),
            Item::Advice => vec![],
        },
    };
    // Nothing of the kind was looked at, as under `--only`: the checks are left to count.
    if said.is_empty() {
        vec![format!("{} of {} passed", tally.pass, counted(tally.checks(), "check"))]
    } else {
        said
    }
}

/// Different ports among what failed, when ports are all that failed.
fn open_ports(own: &[&Finding]) -> usize {
    let failed = own.iter().filter(|f| f.status == Status::Fail && f.waived.is_none());
    let ports: Option<BTreeSet<&str>> = failed.map(|f| Some(f.subject.split_once("/tcp ")?.0)).collect();
    ports.map_or(0, |ports| ports.len())
}

fn closed(report: &Report) -> Vec<String> {
    let is_closed = |port: u16| {
        let mut knocks = report.observations.ports.iter().filter(|o| o.question.at.port() == port).peekable();
        let open = |state: &PortState| matches!(state, PortState::Open { .. });
        knocks.peek().is_some() && knocks.all(|o| o.outcome.as_ref().is_ok_and(|state| !open(state)))
    };
    let ports = report.policy.ports.closed.iter().map(|closed| closed.port).filter(|port| is_closed(*port));
    let ports: Vec<_> = ports.map(|port| port.to_string()).collect();
    let swept =
        report.observations.sweeps.iter().filter(|o| o.outcome.is_ok()).map(|o| o.question.ports.len()).max();
    let closed = (!ports.is_empty()).then(|| format!("{} closed", ports.join(" ")));
    let swept = swept.map(|count| format!("{} swept", thousands(count as u64)));
    let facts: Vec<String> = [closed, swept].into_iter().flatten().collect();
    // On a narrow screen the first of them will do.
    (1..=facts.len()).rev().map(|count| facts[..count].join(", ")).collect()
}

fn https(report: &Report) -> Vec<String> {
    let sessions = || report.observations.sessions.iter().filter(|o| report.policy.is_own(&o.question.at.host));
    let answered = || sessions().filter_map(|o| o.outcome.as_ref().ok());
    // Libraries write `TLSv1_3`, people `TLS 1.3`.
    let number = |h: &Handshake| h.version.trim_start_matches(['T', 'L', 'S', 'v', ' ']).replace('_', ".");
    let hellos = report.observations.hellos.iter().filter(|o| report.policy.is_own(&o.question.at.host));
    let taken = hellos.filter_map(|o| match &o.outcome {
        Ok(Offered::Taken(taken)) => Some(taken.version.to_string().trim_start_matches("TLS ").to_string()),
        _ => None,
    });
    let versions: BTreeSet<String> = answered().map(number).chain(taken).collect();
    if versions.is_empty() {
        return vec![];
    }
    let tls = format!("TLS {}", versions.into_iter().collect::<Vec<_>>().join(" "));
    match answered().filter_map(|h| days(h, report.started_at)).min() {
        Some((left, of)) => {
            vec![
                format!("{tls}, certificate {left} of {of} days left"),
                format!("{tls}, {left} of {of} days left"),
            ]
        }
        None => vec![tls],
    }
}

/// Whole days that the leaf is still valid, and the days of its life.
fn days(handshake: &Handshake, now: Timestamp) -> Option<(i64, i64)> {
    const DAY: i64 = 86_400;
    let der = BASE64_STANDARD.decode(handshake.chain.first()?).ok()?;
    let (_, certificate) = parse_x509_certificate(&der).ok()?;
    let (from, until) = (certificate.validity.not_before.timestamp(), certificate.validity.not_after.timestamp());
    // RFC 5280 §4.1.2.5: the last second is inside, so 90 days end a second early.
    Some((until.saturating_sub(now.0).div_euclid(DAY), until.saturating_sub(from).saturating_add(DAY / 2) / DAY))
}

fn policy(report: &Report, own: &[&Finding]) -> Vec<String> {
    let passed = |family: &str| own.iter().any(|f| f.family == family && f.status == Status::Pass);
    let families = [("headers", "headers"), ("hosts", "hosts"), ("cookies", "cookies"), ("cors", "CORS")];
    let words: Vec<_> = families.into_iter().filter(|(family, _)| passed(family)).map(|(_, word)| word).collect();
    let paths = counted(report.policy.paths.len(), "path");
    if words.is_empty() { vec![] } else { vec![format!("{} on {paths}", words.join(" "))] }
}

fn exposure(report: &Report) -> Vec<String> {
    let is_tried = |ask: &Ask| matches!(ask, Ask::File | Ask::Debug | Ask::Folder | Ask::Document);
    let asked = report.observations.http.iter().filter(|o| is_tried(&o.question.ask));
    let places = asked.filter(|o| o.outcome.is_ok());
    let searches = report.observations.searches.iter().filter_map(|o| o.outcome.as_ref().ok());
    let read = searches.flat_map(|searched| &searched.read).filter(|read| read.outcome.is_ok());
    match places.count() + read.count() {
        0 => vec![],
        tried => vec![format!("{} tried, nothing shown", counted(tried, "place"))],
    }
}

fn smoke(report: &Report) -> Vec<String> {
    let walked = report.observations.smoke.iter().filter_map(|o| o.outcome.as_ref().ok());
    let steps = walked.flat_map(|walked| &walked.steps).filter(|walk| walk.outcome.is_ok());
    if let Some(slowest) = steps.map(|walk| walk.took_ms).max() {
        let count = report.policy.smoke.len();
        return vec![format!("{}, slowest {} ms", counted(count, "step"), thousands(slowest))];
    }
    let visits = || report.observations.http.iter().filter(|o| o.question.ask == Ask::Visit && o.outcome.is_ok());
    let paths: BTreeSet<String> = visits().map(|o| o.question.at.url(&o.question.path)).collect();
    match visits().map(|o| o.elapsed_ms).max() {
        Some(slowest) => {
            vec![format!("{}, slowest {} ms", counted(paths.len(), "path"), thousands(slowest))]
        }
        None => vec![],
    }
}
