//! The screen. Samples in the design are its specification.

mod blocks;
mod circumstances;
mod items;
mod layout;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anstyle::{AnsiColor, Style};

use super::Report;
use super::evidence::by_id;
use super::text::{clipped, counted, plain};
use crate::catalogue::Page;
use crate::finding::{Finding, Status};
use crate::gate::{self, Outcome, Tally, thousands};
use layout::{DIM, Lines, PLAIN, painted};

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-qq`
    Nothing,
    /// `-q`: the last line only.
    Verdict,
    #[default]
    Normal,
    /// `-v`: passes and notes.
    Passes,
    /// `-vv`: every exchange, redacted.
    Exchanges,
}

/// What the screen can show.
#[derive(Clone, Copy, Debug)]
pub struct Screen<'a> {
    /// Columns to wrap at: the terminal's, 80 when there is none. Never more than 100 are used.
    pub width: usize,
    pub verbosity: Verbosity,
    /// A line above all others.
    pub heading: Option<&'a str>,
}

/// The report as text with ANSI styles; who writes it to something without colours strips them.
/// `pages` say how a check is fixed.
pub fn render(report: &Report, pages: &[Page], screen: Screen) -> String {
    match screen.verbosity {
        Verbosity::Nothing => String::new(),
        Verbosity::Verdict => verdict_line(report) + "\n",
        Verbosity::Normal | Verbosity::Passes | Verbosity::Exchanges => whole(report, pages, screen),
    }
}

/// The last line: the result, what it was asked of and rests on, the counts. Styled, without a newline.
pub fn verdict_line(report: &Report) -> String {
    verdict(report, false)
}

/// `all`: notes are shown above, and need no flag to be seen.
fn verdict(report: &Report, all: bool) -> String {
    let gate = &report.gate;
    let scope = gate.scope.as_ref().map_or_else(String::new, |scope| format!(" ({scope})"));
    let given = if gate.given.is_empty() { String::new() } else { format!(", given: {}", gate.given.join(", ")) };
    let color = match gate.result {
        Outcome::Go | Outcome::Pass | Outcome::Skip => AnsiColor::Green,
        Outcome::NoGo => AnsiColor::Red,
        Outcome::Unproven => AnsiColor::Yellow,
    };
    let on_its_color = Style::new().fg_color(Some(AnsiColor::Black.into())).bg_color(Some(color.into())).bold();
    let word = painted(on_its_color, &gate.result.to_string());
    format!("{word}{}  {}", plain(&format!("{scope}{given}")), counts(report, all))
}

fn whole(report: &Report, pages: &[Page], screen: Screen) -> String {
    let mut lines = Lines::new(screen.width.clamp(20, 100));
    let all = screen.verbosity >= Verbosity::Passes;
    heading(&mut lines, report, screen.heading);
    blocks::failures(&mut lines, report, pages, all);
    blocks::unknowns(&mut lines, report, pages, all);
    if all {
        blocks::notes(&mut lines, report, pages, &gate::notes(&report.policy.waive, &report.findings));
        blocks::passes(&mut lines, report);
    }
    if screen.verbosity == Verbosity::Exchanges {
        exchanges(&mut lines, report);
    }
    lines.gap();
    items::items(&mut lines, report);
    lines.gap();
    if let Some(hint) = hint(report, pages) {
        lines.hang(&[], &hint, PLAIN);
    }
    lines.end(&verdict(report, all));
    lines.into_text()
}

fn heading(lines: &mut Lines, report: &Report, first: Option<&str>) {
    if let Some(first) = first {
        lines.hang(&[], first, PLAIN);
    }
    let tool = format!("{} {}  ", report.tool.name, report.tool.version);
    let labels: String = report.labels.iter().map(|(name, value)| format!("  {name} {value}")).collect();
    let files: Vec<&str> = report.observations.files.iter().map(|o| o.question.name.as_str()).collect();
    let what = if report.observations.are_of_files_alone() { files.join("  ") } else { report.site.clone() };
    lines.hang(&[(PLAIN, &tool)], &format!("{what}{labels}"), PLAIN);
    let to = addresses(report);
    if !to.is_empty() {
        lines.hang(&[(DIM, "  to    ")], &to.join("  "), DIM);
    }
    let mut from: Vec<_> = report.observations.vantage.from.iter().map(ToString::to_string).collect();
    if from.is_empty() {
        from.push("this machine".into());
    }
    from.push(report.started_at.readable());
    from.extend(circumstances::waited(report));
    lines.hang(&[(DIM, "  from  ")], &from.join("  "), DIM);
    for said in circumstances::circumstances(report) {
        lines.hang(&[(DIM, "  note  ")], &said, PLAIN);
    }
}

/// The addresses of the site that were found.
fn addresses(report: &Report) -> Vec<String> {
    if report.observations.are_of_files_alone() {
        return vec![];
    }
    let is_own = |name: &str| report.policy.origins().any(|origin| origin.host.name() == Some(name));
    let own = report.observations.lookups.iter().filter(|o| is_own(&o.question.name));
    let found = own.filter_map(|o| o.outcome.as_ref().ok());
    let found: BTreeSet<IpAddr> = found.flat_map(|answer| answer.addresses.iter().copied()).collect();
    let written = report.policy.origins().map(|origin| &origin.host).filter(|host| host.name().is_none());
    written.map(ToString::to_string).chain(found.iter().map(ToString::to_string)).collect()
}

fn counts(report: &Report, all: bool) -> String {
    let tally = Tally::of(&report.findings);
    let some = |number: usize, word: &str| (number > 0).then(|| format!("{} {word}", thousands(number as u64)));
    let checks = counted(tally.checks(), "check");
    let mut parts = match report.gate.result {
        Outcome::NoGo => {
            let failed = format!("{} of {checks} failed", thousands(tally.fail as u64));
            vec![
                [Some(failed), some(tally.unknown, "unknown")]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(", "),
            ]
        }
        Outcome::Go | Outcome::Pass | Outcome::Unproven | Outcome::Skip => {
            let passed = Some(format!("{} passed", thousands(tally.pass as u64)));
            let list = [passed, some(tally.unknown, "unknown"), some(tally.skip, "skipped")];
            vec![format!("{checks}: {}", list.into_iter().flatten().collect::<Vec<_>>().join(", "))]
        }
    };
    let notes = gate::notes(&report.policy.waive, &report.findings).len();
    if notes > 0 && report.gate.exit_code == 0 {
        parts.push(format!("{}{}", counted(notes, "note"), if all { "" } else { " (-v)" }));
    }
    let answers = match report.observations.answered() {
        (answered, asked) if answered == asked => counted(asked, "answer"),
        (answered, asked) => format!("{} of {}", thousands(answered as u64), counted(asked, "answer")),
    };
    let tenths = report.elapsed_ms.saturating_add(50) / 100;
    parts.push(match report.gate.result {
        Outcome::Unproven => answers,
        _ => format!("{answers} in {}.{} s", tenths / 10, tenths % 10),
    });
    // An interrupted run has an exit code of its own.
    match (report.interrupted, report.gate.exit_code) {
        (true, _) => parts.push("interrupted".into()),
        (false, 0) => {}
        (false, code) => parts.push(format!("exit {code}")),
    }
    parts.join(". ")
}

/// Where the worst problem is explained.
fn hint(report: &Report, pages: &[Page]) -> Option<String> {
    let failed = report.findings.iter().filter(|f| f.is_problem() && f.status == Status::Fail);
    let worst: &Finding = failed.min_by_key(|f| f.severity)?;
    let stacks = pages.iter().find(|page| page.id == worst.check).map(Page::stacks).unwrap_or_default();
    Some(match &stacks[..] {
        [] => format!("golive explain {} shows how to fix it", worst.check),
        stacks => format!("golive explain {} shows the fix for {}", worst.check, stacks.join(", ")),
    })
}

/// Every observation; of a dialogue, what went each way. Values are redacted where they were recorded.
fn exchanges(lines: &mut Lines, report: &Report) {
    lines.gap();
    let evidence = by_id(&report.observations);
    let mut hops = BTreeMap::new();
    for o in &report.observations.http {
        if let Ok(exchange) = &o.outcome {
            hops.insert(o.id(), &exchange.hops);
        }
    }
    for (id, evidence) in evidence {
        lines.fact(&id, &evidence.says);
        for hop in hops.get(&id).into_iter().copied().flatten() {
            let request = &hop.request;
            let mut way = vec![format!("> {} {}", request.method, request.url())];
            way.extend(request.fields.iter().map(|(name, value)| format!("> {name}: {value}")));
            way.push(format!("< {}", hop.response.status));
            way.extend(hop.response.fields.iter().map(|(name, value)| format!("< {name}: {value}")));
            way.iter().for_each(|line| lines.end(&format!("    {}", clipped(line, 256))));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample;
    use super::*;

    fn shown(report: &Report, width: usize, verbosity: Verbosity) -> String {
        let text = render(report, &sample::pages(), Screen { width, verbosity, heading: None });
        anstream::adapter::strip_str(&text).to_string()
    }

    fn normal(report: &Report) -> String {
        shown(report, 80, Verbosity::Normal)
    }

    /// Compares with `tests/snapshots/NAME.snap`.
    fn same(name: &str, screen: String) {
        insta::with_settings!({snapshot_path => "../../../tests/snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name, screen);
        });
    }

    #[test]
    fn the_screens_are_those_of_the_design() {
        same("screen_go", normal(&sample::go()));
        same("screen_pass", normal(&sample::pass()));
        same("screen_no_go", normal(&sample::no_go()));
        same("screen_unproven", normal(&sample::unproven()));
        same("screen_passes_and_notes", shown(&sample::go(), 80, Verbosity::Passes));
        same("screen_narrow", shown(&sample::no_go(), 50, Verbosity::Normal));
    }

    #[test]
    fn every_exchange() {
        let mut report = sample::go();
        report.findings.retain(|f| f.check == "site-answers" && f.subject.contains("/ [203"));
        report.observations.http.truncate(1);
        report.observations.ports.truncate(1);
        same("screen_every_exchange", shown(&report, 80, Verbosity::Exchanges));
    }

    #[test]
    fn waived_and_given() {
        let mut spec = sample::spec();
        spec.waive = vec![sample::waiver("site-answers"), sample::waiver("secret-file-hidden")];
        spec.waive[1].subject = "elsewhere".into();
        let mut findings = sample::findings();
        sample::change(&mut findings, "site-answers", |f| f.status = Status::Fail);
        sample::change(&mut findings, "datastore-port-closed", |f| f.declared = Some("egress assumed".into()));
        same("screen_waived_and_given", normal(&sample::report(spec, findings)));
    }

    #[test]
    fn much_of_the_same_is_counted() {
        let mut findings = sample::findings();
        let open = findings.iter().find(|f| f.check == "app-port-closed").cloned().unwrap();
        for port in [9000, 9001, 9002, 9003] {
            let subject = format!("{port}/tcp 203.0.113.7");
            let (status, message) = (Status::Fail, "takes connections".into());
            findings.push(Finding { subject, status, message, ..open.clone() });
        }
        sample::change(&mut findings, "http-redirects-to-https", |f| {
            f.status = Status::Unknown;
            f.message = "the answer did not come within 5 s".into();
        });
        sample::change(&mut findings, "secret-file-hidden", |f| {
            f.status = Status::Unknown;
            f.message = "the answer did not come within 5 s".into();
        });
        same("screen_many", normal(&sample::report(sample::spec(), findings)));
    }

    /// Skips that were earned, and nothing that passed: no finding is a problem, and the screen still says why.
    #[test]
    fn unproven_without_a_problem() {
        let mut findings = sample::findings();
        sample::change(&mut findings, "content-type-options", |f| {
            f.status = Status::Skip;
            f.message = "leads off the site".into();
        });
        same("screen_unproven_without_a_problem", normal(&sample::report(sample::spec(), findings)));
    }

    #[test]
    fn little_is_shown_when_little_is_asked() {
        let report = sample::no_go();
        assert_eq!(shown(&report, 80, Verbosity::Nothing), "");
        let last = "NO-GO  2 of 9 checks failed. 26 answers in 4.1 s. exit 1\n";
        assert_eq!(shown(&report, 80, Verbosity::Verdict), last);
        assert_eq!(anstream::adapter::strip_str(&(verdict_line(&report) + "\n")).to_string(), last);
    }

    #[test]
    fn an_interrupted_run_says_so_and_leaves_the_exit_code_to_the_signal() {
        let mut report = sample::unproven();
        report.interrupted = true;
        assert!(normal(&report).ends_with("20 of 26 answers. interrupted\n"));
    }

    #[test]
    fn a_demo_says_so_first() {
        let heading = Some("demo deployment in this process; nothing left this machine");
        let screen = Screen { width: 80, verbosity: Verbosity::Normal, heading };
        assert!(render(&sample::go(), &[], screen).starts_with("demo deployment in this process; nothing left"));
    }

    #[test]
    fn words_are_coloured_and_nothing_else() {
        let text =
            render(&sample::no_go(), &[], Screen { width: 80, verbosity: Verbosity::Normal, heading: None });
        for want in [
            "\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m  critical  datastore",
            "\u{1b}[32mok\u{1b}[0m       HTTPS is",
            "\u{1b}[2m  to\u{1b}[0m    \u{1b}[2m203.0.113.7  2001:db8::7\u{1b}[0m\n",
            "\u{1b}[1m\u{1b}[30m\u{1b}[41mNO-GO\u{1b}[0m  2 of",
        ] {
            assert!(text.contains(want), "{want:?} in {text:?}");
        }
    }

    fn any_status() -> impl Strategy<Value = Status> {
        prop_oneof![Just(Status::Skip), Just(Status::Pass), Just(Status::Unknown), Just(Status::Fail)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_exit_that_is_not_zero_is_explained(
            statuses in proptest::collection::vec(any_status(), 34),
            only in proptest::option::of(Just("ports".to_string())),
        ) {
            let mut spec = sample::spec();
            spec.scope.only = only.into_iter().collect();
            let mut findings = sample::findings();
            for (finding, status) in findings.iter_mut().zip(statuses) {
                finding.status = status;
            }
            findings.retain(|f| spec.scope.asks(&f.family, &f.check));
            let report = sample::report(spec, findings);
            let text = normal(&report);
            let blocks = text.lines().filter(|l| l.starts_with("FAIL  ") || l.starts_with("unknown  ")).count();
            prop_assert_eq!(report.gate.exit_code == 0, blocks == 0, "{}", text);
        }

        #[test]
        fn text_of_the_target_changes_nothing_but_itself(text in any::<String>(), width in 0usize..200) {
            let mut report = sample::no_go();
            for f in &mut report.findings {
                f.message = text.clone();
                f.subject += &text;
                f.expected = Some(text.clone());
                f.evidence = vec![text.clone()];
                f.repeat = vec![text.clone()];
            }
            for o in &mut report.observations.http {
                if let Ok(exchange) = &mut o.outcome {
                    exchange.hops[0].response.fields = vec![("Server".into(), text.clone())];
                }
            }
            let shown = shown(&report, width, Verbosity::Exchanges);
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
            let ours = ["golive ", "FAIL ", "note ", "ok ", "skip ", "NO-GO "];
            let foreign = shown.lines().find(|l| {
                !l.is_empty() && !l.starts_with("  ") && !ours.iter().any(|word| l.starts_with(word))
            });
            prop_assert!(foreign.is_none() || width < 80, "{foreign:?}");
        }
    }
}
