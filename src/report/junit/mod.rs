//! JUnit XML that every known reader shows right: one document for the schemas of Jenkins and of Windy Road (Ant).
//! Green exactly when the result is GO or PASS.

mod case;
mod write;

use super::Report;
use super::evidence::by_id;
use super::text::{clipped, plain};
use crate::catalogue::Page;
use crate::gate::{Gate, Outcome};
use case::{Case, Word, case, passed};

pub(super) fn render(report: &Report, pages: &[Page]) -> String {
    write::document(report, &suites(report, pages))
}

struct Suite {
    family: String,
    properties: Vec<(String, String)>,
    cases: Vec<Case>,
    /// Lines: the evidence of what passed.
    out: String,
}

fn suites(report: &Report, pages: &[Page]) -> Vec<Suite> {
    let evidence = by_id(&report.observations);
    let mut suites: Vec<Suite> = vec![];
    for finding in &report.findings {
        let case = case(finding, pages, &evidence);
        let at = suites.iter().position(|s| s.family == finding.family).unwrap_or_else(|| {
            suites.push(Suite::new(&finding.family));
            suites.len() - 1
        });
        if case.verdict == Word::Passed {
            suites[at].say(&passed(finding, &evidence));
        }
        suites[at].hold(case);
    }
    suites.push(gate(report));
    for suite in &mut suites {
        suite.properties = vec![("site".into(), report.site.clone())];
    }
    suites[0].properties = properties(report);
    suites
}

/// A reader who looks at counts alone is not misled: the verdict is a case too.
fn gate(report: &Report) -> Suite {
    let Gate { result, scope, given, not_seen, .. } = &report.gate;
    let verdict = match result {
        Outcome::Go | Outcome::Pass | Outcome::Skip => Word::Passed,
        Outcome::NoGo => Word::Failure,
        Outcome::Unproven => Word::Error,
    };
    let mut suite = Suite::new("gate");
    suite.say(&format!("result: {result}"));
    suite.say(&format!("scope: {}", scope.as_deref().unwrap_or("the whole question")));
    suite.say(&format!("given: {}", listed(given)));
    suite.say(&format!("not seen from here: {}", listed(not_seen)));
    let items: Vec<_> = report.gate.items.iter().map(|i| format!("{}: {}", i.id.id(), i.result)).collect();
    let message = format!("{result}: {}", items.join(", "));
    suite.cases.push(Case {
        name: "verdict".into(),
        elapsed_ms: report.elapsed_ms,
        verdict,
        message: plain(&message),
        kind: "verdict".into(),
        text: plain(&message),
    });
    suite
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let Report { gate, observations, .. } = report;
    let from: Vec<_> = observations.vantage.from.iter().map(ToString::to_string).collect();
    let mut all = vec![
        ("site".into(), report.site.clone()),
        ("golive".into(), report.tool.version.clone()),
        ("spec.sha256".into(), report.spec_sha256.clone()),
        ("vantage".into(), from.join(" ")),
        ("started".into(), report.started_at.rfc3339()),
        ("elapsed".into(), seconds(report.elapsed_ms)),
        ("interrupted".into(), report.interrupted.to_string()),
        ("gate".into(), gate.result.to_string()),
        ("scope".into(), gate.scope.clone().unwrap_or_default()),
        ("given".into(), gate.given.join(", ")),
        ("not seen".into(), gate.not_seen.join(", ")),
    ];
    all.extend(gate.items.iter().map(|item| (format!("item.{}", item.id.id()), item.result.to_string())));
    all.extend(report.labels.iter().map(|(name, value)| (format!("label.{name}"), value.clone())));
    all
}

impl Suite {
    fn new(family: &str) -> Self {
        Self { family: family.into(), properties: vec![], cases: vec![], out: String::new() }
    }

    /// One line, as long as there is room for it and for the word that there is not.
    fn say(&mut self, line: &str) {
        const FULL: &str = "more stands in the JSON report\n";
        if self.out.len() + 4 * LINE + FULL.len() < SYSTEM_OUT {
            self.out += &clipped(line, LINE);
            self.out.push('\n');
        } else if !self.out.ends_with(FULL) {
            self.out += FULL;
        }
    }

    /// Readers keep one case of a name: two that would share it become the worse one, with both texts.
    fn hold(&mut self, case: Case) {
        match self.cases.iter_mut().find(|held| held.name == case.name) {
            None => self.cases.push(case),
            Some(held) => {
                let mut other = case;
                if other.verdict > held.verdict {
                    std::mem::swap(held, &mut other);
                }
                held.elapsed_ms = held.elapsed_ms.max(other.elapsed_ms);
                if held.text.len() + other.text.len() < CASE_TEXT {
                    held.text += &format!("\n{}", other.text);
                }
            }
        }
    }

    fn count(&self, word: Word) -> String {
        self.cases.iter().filter(|case| case.verdict == word).count().to_string()
    }
}

/// A decimal with three places and no exponent (SUREFIRE_TIME).
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn listed(texts: &[String]) -> String {
    if texts.is_empty() { "nothing".into() } else { texts.join(", ") }
}

/// Characters of one line.
const LINE: usize = 600;
/// Characters of a case's name; Azure DevOps takes 512.
const NAME: usize = 500;
/// Bytes that readers show of a failing case (Jenkins).
const CASE_TEXT: usize = 50_000;
/// Bytes of a suite's `system-out`.
const SYSTEM_OUT: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::super::sample;
    use super::*;
    use crate::finding::{Item, Status, Waiver};

    /// What xmllint has against a document under a schema; empty when it is valid.
    fn lint(schema: &str, text: &str) -> String {
        let schema = format!("{}/tests/schemas/{schema}", env!("CARGO_MANIFEST_DIR"));
        let child = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema", &schema, "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("xmllint is needed for this test: install libxml2-utils");
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Every element with its attributes, and every text, as another reader understands them.
    fn read(text: &str) -> Vec<String> {
        let mut reader = Reader::from_str(text);
        let mut seen = vec![];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(e) | Event::Empty(e) => {
                    let attributes = e.attributes().map(|a| {
                        let a = a.unwrap();
                        let value = quick_xml::escape::unescape(&a.value).unwrap().into_owned();
                        format!(" {}={value}", a.key.0)
                    });
                    seen.push(format!("<{}{}", e.name().0, attributes.collect::<String>()));
                }
                Event::Eof => return seen,
                _ => {}
            }
        }
    }

    fn reports() -> Vec<Report> {
        let mut waived = sample::spec();
        waived.waive = vec![sample::waiver("site-answers")];
        let mut findings = sample::findings();
        sample::change(&mut findings, "site-answers", |f| f.status = Status::Fail);
        vec![
            sample::go(),
            sample::pass(),
            sample::no_go(),
            sample::unproven(),
            sample::report(waived, findings),
            sample::report(sample::spec(), vec![]),
        ]
    }

    #[test]
    fn both_strict_schemas_are_satisfied() {
        for report in reports() {
            let text = render(&report, &sample::pages());
            for schema in ["jenkins-junit-10.xsd", "junit-windyroad.xsd"] {
                assert_eq!(lint(schema, &text), "", "{schema}");
            }
        }
    }

    #[test]
    fn the_file_is_green_exactly_when_the_result_is_go_or_pass() {
        for report in reports() {
            let red = render(&report, &sample::pages()).matches("<failure").count()
                + render(&report, &sample::pages()).matches("<error").count();
            let good = matches!(report.gate.result, Outcome::Go | Outcome::Pass);
            assert_eq!(red == 0, good, "{}", report.gate.result);
        }
    }

    #[test]
    fn a_run_that_saw_nothing_is_one_error() {
        let text = render(&sample::report(sample::spec(), vec![]), &[]);
        assert!(text.contains(r#"tests="1" failures="0" errors="1""#), "{text}");
        assert!(text.contains(r#"<property name="gate" value="UNPROVEN"/>"#), "{text}");
    }

    #[test]
    fn a_name_that_comes_twice_is_one_case_with_the_worse_verdict() {
        for order in [[Status::Pass, Status::Fail], [Status::Fail, Status::Pass]] {
            let mut findings = sample::findings();
            let at = findings.iter().position(|f| f.check == "site-answers").unwrap();
            findings.truncate(at + 2);
            for (finding, status) in findings[at..].iter_mut().zip(order) {
                finding.subject = "site".into();
                finding.status = status;
                finding.message = format!("this is {status:?}");
            }
            let text = render(&sample::report(sample::spec(), findings), &sample::pages());
            let cases: Vec<_> = read(&text).into_iter().filter(|e| e.contains("name=site-answers")).collect();
            assert_eq!(cases.len(), 1, "{text}");
            assert!(text.contains(r#"<failure type="site-answers" message="site: this is Fail">"#), "{text}");
            assert!(text.contains("this is Pass"), "{text}");
        }
    }

    #[test]
    fn a_waived_fail_and_failed_advice_are_skipped_with_the_reason() {
        let all: String = reports().iter().map(|r| render(r, &sample::pages())).collect();
        for want in [
            r#"<skipped message="waived until 2026-12-31 by ops@example.com: public API: GET "#,
            r#"<skipped message="advice: GET https://app.example.com/ [203.0.113.7]: Server says nginx/1.24.0">"#,
        ] {
            assert!(all.contains(want), "{want}");
        }
    }

    #[test]
    fn much_evidence_stays_within_what_readers_take() {
        let mut findings = sample::findings();
        let long = "\u{301}&".repeat(50_000);
        for f in &mut findings {
            f.message = long.clone();
            f.evidence = vec![long.clone(); 500];
            f.repeat = vec![long.clone(); 500];
        }
        let suites = suites(&sample::report(sample::spec(), findings), &sample::pages());
        for suite in suites {
            assert!(suite.out.len() < SYSTEM_OUT);
            assert!(suite.cases.iter().all(|case| case.text.len() < CASE_TEXT));
        }
        let mut suite = Suite::new("ports");
        (0..500).for_each(|_| suite.say(&long));
        assert!(suite.out.len() < SYSTEM_OUT && suite.out.ends_with("more stands in the JSON report\n"));
    }

    #[test]
    fn names_are_unique_and_without_what_changes() {
        let names = |report: &Report| -> Vec<String> {
            let all = read(&render(report, &sample::pages())).into_iter();
            all.filter_map(|e| Some(e.strip_prefix("<testcase ")?.split(" time=").next()?.to_string())).collect()
        };
        let first = names(&sample::go());
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len());
        assert_eq!(names(&sample::no_go()), first);
        assert_eq!(names(&sample::unproven()), first);
    }

    #[test]
    fn a_no_go_reads_like_this() {
        let mut findings = sample::findings();
        findings.retain(|f| matches!(f.check.as_str(), "datastore-port-closed" | "no-version-leak"));
        sample::change(&mut findings, "datastore-port-closed", |f| {
            if f.subject == "6379/tcp 203.0.113.7" {
                f.status = Status::Fail;
                f.message = "redis answers PING with +PONG: it asks no password".into();
                f.expected = Some("closed".into());
                f.repeat = vec![r"printf 'PING\r\n' | nc -w 3 203.0.113.7 6379".into()];
            }
        });
        findings.retain(|f| f.subject.contains("203"));
        let report = sample::report(sample::spec(), findings);
        assert_eq!(report.findings[0].gate, Item::OnlyProxyReachable);
        insta::with_settings!({snapshot_path => "../../../tests/snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("junit_no_go", render(&report, &sample::pages()));
        });
    }

    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            Just("]]><!--&#27;\u{1b}[2J\0\u{fffe}\u{ffff}\u{9b}\r\n\t&\"'</failure>".to_string()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// XML 1.0 §2.2: only these characters; and another reader finds the same elements whatever the text.
        #[test]
        fn any_text_in_any_place_is_well_formed(text in hostile(), status in 0usize..4, place in 0usize..9) {
            let mut report = sample::go();
            let f = &mut report.findings[1];
            f.status = [Status::Skip, Status::Pass, Status::Unknown, Status::Fail][status];
            match place {
                0 => f.message = text,
                1 => f.subject = text,
                2 => f.expected = Some(text),
                3 => f.repeat = vec![text],
                4 => f.evidence = vec![text],
                5 => f.family = text,
                6 => report.labels = BTreeMap::from([(text.clone(), text)]),
                7 => report.gate.not_seen = vec![text],
                _ => f.waived = Some(Waiver { owner: text, ..sample::waiver("x") }),
            }
            let xml = render(&report, &sample::pages());
            let allowed = |c: char| matches!(c, '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(xml.chars().all(allowed));
            let kinds = read(&xml).iter().filter(|e| e.starts_with("<testcase")).count();
            prop_assert_eq!(kinds, report.findings.len() + 1);
        }
    }
}
