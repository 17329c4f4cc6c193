//! A recording judged again, offline: the same verdict, or an honest one.

use std::sync::LazyLock;

use golive::finding::{Finding, Status};
use golive::gate::Outcome;
use golive::observation::{Ask, ErrorKind, Observations, Offer, PortState, ProbeError, Sni, Stage};
use golive::report::{Format, Report, Screen, Verbosity, terminal};
use golive::spec::{ClosedPort, Spec};
use golive::target::Family;
use serde_json::Value;

use super::place::Folder;
use super::run::{self, again, faulty, sound};

#[test]
fn a_recording_read_back_and_judged_again_says_the_same() {
    // A debug build reads slowly; one fault in five is enough for every kind of question.
    for report in [sound()].into_iter().chain(faulty().iter().step_by(5).map(|(_, report)| report)) {
        let read = reread(report);
        assert_eq!(read.observations, report.observations);
        let judged = again(&read.policy, read.observations);
        assert_eq!((&judged.findings, &judged.gate), (&report.findings, &report.gate));
        assert_eq!(judged.spec_sha256, report.spec_sha256);
    }
}

#[test]
fn under_another_policy_what_was_not_asked_is_unknown() {
    for (change, check, subject) in POLICIES {
        let mut spec = sound().policy.clone();
        change(&mut spec);
        let report = again(&spec, sound().observations.clone());
        let said: Vec<&Finding> =
            report.findings.iter().filter(|f| f.check == *check && f.subject.contains(subject)).collect();
        assert!(!said.is_empty(), "{check} {subject}");
        for finding in said {
            let word = (finding.status, finding.message.as_str());
            assert_eq!(word, (Status::Unknown, "not in this recording"), "{check} {}", finding.subject);
        }
        assert_eq!(report.gate.result, Outcome::Unproven, "{check}");
        // The file keeps what is not wanted now, so that the first policy judges it again as it did.
        let back = again(&sound().policy, report.observations);
        assert_eq!(back.findings, sound().findings);
    }
}

type Policy = (fn(&mut Spec), &'static str, &'static str);

const POLICIES: &[Policy] = &[
    (
        |spec| spec.ports.closed.push(ClosedPort { port: 9200, service: "elasticsearch".into() }),
        "datastore-port-closed",
        "9200/tcp",
    ),
    (|spec| spec.paths.push("/account".into()), "site-answers", "/account"),
    (|spec| spec.paths.push("/account".into()), "cors-foreign-origin-refused", "/account"),
    (|spec| spec.aliases.push("https://beta.example.com".parse().unwrap()), "names-resolve", "beta.example.com"),
];

/// A judge that was narrowed says less; one that was not must not.
#[test]
fn another_expectation_judges_the_same_answers() {
    let mut spec = sound().policy.clone();
    spec.headers.hsts_max_age = 63_072_000;
    let report = again(&spec, sound().observations.clone());
    assert!(run::of(&report, "hsts-holds", Status::Fail).next().is_some());
    assert_eq!(report.gate.result, Outcome::NoGo);
}

#[test]
fn a_recording_that_was_cut_is_never_go() {
    let whole = &sound().observations;
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for case in 0..60 {
        let mut cut = whole.clone();
        // From one question to nearly all of them.
        let share = [1, 2, 10, 50, 90, 99][case % 6];
        drop_some(&mut cut, share, &mut seed);
        if deciding(&cut) == deciding(whole) {
            continue;
        }
        let report = again(&sound().policy, cut);
        assert_eq!(report.gate.result, Outcome::Unproven, "case {case}, {share} of 100 left out");
    }
}

/// The questions that more than advice rests on: what DNS says of the names beside the site's decides nothing.
fn deciding(whole: &Observations) -> Observations {
    let mut deciding = whole.clone();
    let is_own = |name: &str| sound().policy.origins().any(|origin| origin.host.name() == Some(name));
    deciding.lookups.retain(|o| is_own(&o.question.name));
    deciding.hellos.retain(|o| !ADVICE.contains(&o.question.offer));
    deciding.http.retain(|o| match &o.question.ask {
        Ask::Published | Ask::Trace | Ask::Document | Ask::Http2 | Ask::Sibling | Ask::PrivateNetwork => false,
        Ask::File => !["/.env.example", "/.env.sample", "/Dockerfile"].contains(&o.question.path.as_str()),
        // What was shown is asked again, since it may be chance: it matters where it is no page for everybody.
        Ask::Guarded { round, .. } => *round == 0,
        _ => true,
    });
    deciding
}

/// Offers that only checks of the gate `advice` read.
const ADVICE: [Offer; 4] = [Offer::Tls13, Offer::StaticRsa, Offer::Cbc, Offer::PostQuantum];

/// Each question decides something.
#[test]
fn each_missing_question_is_missed() {
    let whole = &deciding(&sound().observations);
    let (ports, sessions, http) = (whole.ports.len(), whole.sessions.len(), whole.http.len());
    let lookups = (0..whole.lookups.len()).map(|at| (0, at));
    let ports = (0..ports).map(|at| (1, at));
    // What is shown without a name is advice.
    let named = |at: &usize| whole.sessions[*at].question.sni == Sni::Own;
    let sessions = (0..sessions).filter(named).map(|at| (2, at));
    // One exchange in eleven is enough for every kind of question.
    let http = (0..http).step_by(11).map(|at| (3, at));
    let mut go = vec![];
    let hellos = (0..whole.hellos.len()).map(|at| (4, at));
    let sweeps = (0..whole.sweeps.len()).map(|at| (5, at));
    let steps = (0..whole.smoke.len()).map(|at| (6, at));
    let searches = (0..whole.searches.len()).map(|at| (7, at));
    let network = lookups.chain(ports).chain(sessions).chain(hellos).chain(sweeps);
    for (list, at) in network.chain(http).chain(steps).chain(searches) {
        let mut cut = whole.clone();
        let id = match list {
            0 => cut.lookups.remove(at).id(),
            1 => cut.ports.remove(at).id(),
            2 => cut.sessions.remove(at).id(),
            4 => cut.hellos.remove(at).id(),
            5 => cut.sweeps.remove(at).id(),
            6 => cut.smoke.remove(at).id(),
            7 => cut.searches.remove(at).id(),
            _ => cut.http.remove(at).id(),
        };
        let report = again(&sound().policy, cut);
        if report.gate.result == Outcome::Go {
            go.push(id);
        }
    }
    assert!(go.is_empty(), "{go:?}");
}

/// A negative needs its control: of a site that is down nothing is known but its names and its ports.
#[test]
fn of_a_site_that_is_down_nothing_passes() {
    for state in [Ok(PortState::Refused), Err(timeout("no answer"))] {
        let mut down = sound().observations.clone();
        for port in down.ports.iter_mut().filter(|port| [80, 443].contains(&port.question.at.port())) {
            port.outcome = state.clone();
        }
        down.sessions.iter_mut().for_each(|o| o.outcome = Err(timeout("no TLS handshake")));
        down.http.iter_mut().for_each(|o| o.outcome = Err(timeout("no answer")));
        down.hellos.iter_mut().for_each(|o| o.outcome = Err(timeout("no answer to the hello")));
        down.smoke.iter_mut().for_each(|o| o.outcome = Err(timeout("no answer")));
        down.searches.iter_mut().for_each(|o| o.outcome = Err(timeout("no answer")));
        let report = again(&sound().policy, down);
        let known = ["vantage", "ports"];
        let passed: Vec<String> = report
            .findings
            .iter()
            .filter(|f| {
                f.status == Status::Pass && !known.contains(&f.family.as_str()) && f.check != "names-resolve"
            })
            .map(|f| format!("{} {}: {}", f.check, f.subject, f.message))
            .collect();
        assert!(passed.is_empty(), "{state:?} {passed:#?}");
        assert_ne!(report.gate.result, Outcome::Go);
    }
}

fn timeout(words: &str) -> ProbeError {
    ProbeError::new(Stage::Connect, ErrorKind::Timeout, words)
}

#[test]
fn a_recording_of_another_site_or_a_newer_schema_is_refused() {
    let text = Format::Json.render(sound(), golive::judge::pages());
    let with = |change: fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        change(&mut value);
        Report::from_json(&value.to_string()).unwrap_err()
    };
    for (said, want) in [
        (with(|v| v["schema"] = 2.into()), "has schema 2"),
        (with(|v| v["observations"]["schema"] = 9.into()), "has schema 9"),
        (with(|v| v["observations"]["site"] = "https://b.example".into()), "is a recording of https://b.example"),
        (with(|v| v["observations"]["http"][0]["question"]["ask"] = "guess".into()), "is no whole report"),
    ] {
        assert!(said.starts_with(want), "{said}");
    }
}

/// A file may come from anybody: whatever stands in it, judging ends and says something.
#[test]
fn a_recording_that_was_tampered_with_breaks_no_judge() {
    let mut seed = 0x2545_f491_4f6c_dd1d;
    let judged = (0..150).filter(|_| {
        let list = ["lookups", "ports", "sessions", "http"][random(&mut seed) % 4];
        judges_tampered(&format!("/observations/{list}"), &mut seed)
    });
    assert!(judged.count() > 30);
}

#[test]
fn a_policy_that_was_tampered_with_breaks_no_judge() {
    let mut seed = 0x9e6c_63d0_876a_9a35;
    let judged = (0..250).filter(|_| judges_tampered("/policy", &mut seed));
    assert!(judged.count() > 30);
}

/// Whether what was made of the recording could be read; if so it is judged and told.
fn judges_tampered(place: &str, seed: &mut u64) -> bool {
    static WHOLE: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(narrow()).unwrap());
    let mut value = WHOLE.clone();
    for _ in 0..1 + random(seed) % 4 {
        tamper(value.pointer_mut(place).unwrap(), seed);
    }
    let text = value.to_string();
    let Ok(report) = Report::from_json(&text) else { return false };
    let report = std::panic::catch_unwind(|| again(&report.policy, report.observations));
    let report = report.unwrap_or_else(|_| panic!("{}", value["policy"]));
    for format in Format::ALL {
        assert!(!format.render(&report, golive::judge::pages()).is_empty());
    }
    let screen = Screen { width: 80, verbosity: Verbosity::Exchanges, heading: None };
    assert!(!terminal::render(&report, golive::judge::pages(), screen).is_empty());
    true
}

/// One name and one address of the sound demo: enough of everything, and soon read.
fn narrow() -> Report {
    let mut report = sound().clone();
    report.policy.aliases.clear();
    report.policy.scope.family = Some(Family::V4);
    let seen = &mut report.observations;
    seen.lookups.retain(|o| o.question.name == "app.example.com");
    seen.ports.retain(|o| o.question.at.is_ipv4());
    let site = &report.policy.site.host;
    seen.sessions.retain(|o| o.question.at.ip.is_ipv4() && o.question.at.host == *site);
    seen.http.retain(|o| o.question.at.ip.is_ipv4() && o.question.at.host == *site);
    again(&report.policy, report.observations)
}

/// Changes one leaf somewhere below.
fn tamper(value: &mut Value, seed: &mut u64) {
    match value {
        Value::Array(list) if !list.is_empty() => {
            let at = random(seed) % list.len();
            if one_in(12, seed) {
                list.remove(at);
            } else {
                tamper(&mut list[at], seed);
            }
        }
        Value::Object(map) if !map.is_empty() => {
            let at = random(seed) % map.len();
            if let Some((_, inner)) = map.iter_mut().nth(at) {
                tamper(inner, seed);
            }
        }
        Value::String(text) => {
            let odd =
                ["", "\u{0}", "https://", "é\u{202e}", "-1", "a;b=c", "=", "//@:", "MIIB", "https://[::1", "%"];
            *text = match random(seed) % 3 {
                0 => odd[random(seed) % odd.len()].into(),
                1 => text.chars().rev().collect(),
                _ => text.chars().take(random(seed) % (text.len() + 1)).collect(),
            };
        }
        Value::Number(_) => *value = [0, 1, 99, 429, 65_535, 4_294_967_295_u64, u64::MAX][random(seed) % 7].into(),
        Value::Bool(held) => *held = !*held,
        _ => *value = Value::Null,
    }
}

/// The command reads and refuses as the library does.
#[test]
fn golive_judge_says_the_same_as_the_run() {
    let folder = Folder::new();
    let file = folder.write("golive.json", &Format::Json.render(sound(), golive::judge::pages()));
    let again = folder.path().join("again.json");
    let said = super::command::golive(&["judge", &file, "--json", again.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{said:?}");
    let again = Report::from_json(&folder.read("again.json")).unwrap();
    assert_eq!((&again.findings, &again.gate), (&sound().findings, &sound().gate));

    let other = folder.write("other.toml", "site = \"https://b.example.com\"\n");
    let said = super::command::golive(&["judge", &file, "--config", &other]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("is a recording of https://app.example.com, not of https://b.example.com"));

    let wide = folder.write("wide.toml", "site = \"https://app.example.com\"\npaths = [\"/\", \"/account\"]\n");
    let said = super::command::golive(&["judge", &file, "--config", &wide]);
    assert_ne!(said.code, 0);
    assert!(said.stdout.contains("not in this recording"), "{}", said.stdout);
}

fn reread(report: &Report) -> Report {
    Report::from_json(&Format::Json.render(report, golive::judge::pages())).unwrap()
}

fn drop_some(seen: &mut Observations, share: usize, seed: &mut u64) {
    let mut keep = || random(seed) % 100 >= share;
    seen.lookups.retain(|_| keep());
    seen.ports.retain(|_| keep());
    seen.sessions.retain(|_| keep());
    seen.http.retain(|_| keep());
    seen.hellos.retain(|_| keep());
    seen.sweeps.retain(|_| keep());
}

/// Xorshift: the same cases in every run.
pub fn random(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed >> 33).unwrap()
}

pub fn one_in(many: usize, seed: &mut u64) -> bool {
    random(seed).is_multiple_of(many)
}
