//! The pages, the table they were written from, the example, the index; and that every check can say both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use golive::catalogue::{self, Page};
use golive::finding::{Item, Status};
use golive::gate::Outcome;
use golive::judge::pages;
use golive::observation::{
    Addresses, Ask, CaaRecord, Crossing, Crossings, Echo, ErrorKind, Forgery, Greet, Handshake, Http, Knock,
    Lookup, Mark, Method, NameServer, Observation, Observations, Offer, Offered, Passage, Place, PortState,
    ProbeError, Quic, QuicHandshake, Reply, Seek, Sni, Stage, Step, Steps, Timestamp, Version,
};
use golive::report::Report;
use golive::spec::{Roots, Spec};
use golive::target::{Family, Scheme};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::place::{ROOT, files, text};
use super::{env, run};

const INDEX: &str = "checks/README.md";

/// What a page may show a block for, in the order of its blocks.
const STACKS: [&str; 6] = ["Caddy", "nginx", "Traefik", "Docker", "FastAPI", "Next.js"];

#[test]
fn every_page_is_a_checks_and_every_check_has_its_page() {
    let on_disk: BTreeSet<String> =
        files("checks", "md").into_iter().map(|file| file.place).filter(|place| place != INDEX).collect();
    let of_checks: BTreeSet<String> =
        pages().iter().map(|page| format!("checks/{}/{}.md", page.family, page.id)).collect();
    assert_eq!(on_disk, of_checks);
}

#[test]
fn ids_are_kebab_case_and_unique() {
    let mut held = BTreeSet::new();
    for Page { id, family, .. } in pages() {
        assert!(held.insert(id), "{id} twice");
        assert!(!pages().iter().any(|page| page.family == *id), "{id} is a family too");
        for name in [id, family] {
            let kebab = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            assert!(kebab && !name.starts_with('-') && !name.ends_with('-'), "{name}");
        }
    }
}

#[test]
fn pages_have_their_sections_and_blocks_in_order() {
    for page in pages() {
        let id = page.id;
        let sections: Vec<&str> = page.body.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(sections, ["## Why", "## What is tested", "## How to fix"], "{id}");
        let ranks: Vec<Option<usize>> =
            page.stacks().iter().map(|name| STACKS.iter().position(|stack| stack == name)).collect();
        assert!(ranks.iter().all(Option::is_some), "{id}: {:?}", page.stacks());
        assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "{id}: {:?}", page.stacks());
        assert_eq!(page.body.matches("\n```").count() % 2, 0, "{id}: a block has no end");
        assert!(!page.title.ends_with('.') && !page.title.is_empty(), "{id}");
        let fix = page.fix();
        assert!(fix.len() > 10 && !fix.contains(". ") && !fix.starts_with('#'), "{id}: {fix}");
        assert!(!page.references.is_empty(), "{id}");
        for url in &page.references {
            assert!(url.starts_with("https://") && !url.contains(char::is_whitespace), "{id}: {url}");
        }
    }
}

#[test]
fn pages_agree_with_the_table_of_checks() {
    let table = text("tests/checks.csv");
    let rows: BTreeMap<&str, &str> = table.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    assert!(rows.len() >= pages().len());
    for page in pages() {
        let told = format!("{},{},{},{}", page.family, page.severity, page.gate.id(), page.carries);
        assert_eq!(rows.get(page.id), Some(&told.as_str()), "{}", page.id);
    }
}

/// A value of a kind that no key takes: a known key has a wrong value then, an unknown one is unknown.
#[test]
fn the_key_of_a_page_is_a_key_of_the_file() {
    let is_unknown = |key: &str| {
        let (table, key) = key.rsplit_once('.').map_or((None, key), |(table, key)| (Some(table), key));
        let head = table.map(|table| format!("[{table}]\n")).unwrap_or_default();
        let text = format!("site = \"https://app.example.com\"\n{head}{key} = 07:32:00\n");
        let problems = run::loaded(&text).expect_err("a time of day is no value");
        problems.list.iter().any(|problem| problem.message.starts_with("unknown"))
    };
    for page in pages() {
        if let Some(key) = &page.key {
            assert!(!is_unknown(key), "{}: {key}", page.id);
        }
    }
    assert!(is_unknown("certificate.min_lift") && is_unknown("path"));
}

#[test]
fn the_example_loads_with_the_real_checks() {
    let spec = run::spec(&text("src/golive.example.toml"));
    assert_eq!(spec.site.to_string(), "https://app.example.com");
}

#[test]
fn the_index_is_what_the_pages_say() {
    let want = catalogue::index(pages());
    if std::env::var("UPDATE_INDEX").is_ok() {
        fs::write(Path::new(ROOT).join(INDEX), &want).unwrap();
    }
    let is_same = text(INDEX) == want;
    assert!(is_same, "{INDEX} is not what the pages say; rewrite it with UPDATE_INDEX=1");
}

#[test]
fn the_sound_demo_is_go_and_all_that_decides_passes() {
    let report = run::sound();
    // Its theme cookie is read by scripts, and it speaks HTTP/1.1 alone: both are advice.
    let usual = ["cookie-http-only", "http2-offered"];
    let bad: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.status > Status::Pass && (f.decides() || !usual.contains(&f.check.as_str())))
        .map(|f| format!("{} {}: {}", f.check, f.subject, f.message))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(report.gate.result, Outcome::Go);
}

#[test]
fn each_fault_fails_its_check_and_no_other_than_follows() {
    for (fault, report) in run::faulty() {
        let failed: BTreeSet<&str> = report
            .findings
            .iter()
            .filter(|f| f.decides() && f.status == Status::Fail)
            .map(|f| f.check.as_str())
            .collect();
        let want: BTreeSet<&str> = [fault.check].into_iter().chain(fault.follows.iter().copied()).collect();
        assert_eq!(failed, want, "{}", fault.name);
        assert_eq!((report.gate.result, report.gate.exit_code), (Outcome::NoGo, 1), "{}", fault.name);
        let page = pages().iter().find(|page| page.id == fault.check).expect("a check of the catalogue");
        assert!(page.gate != Item::Advice && page.family != "vantage", "{}", fault.name);
    }
}

#[test]
fn every_check_says_both() {
    let mut said: BTreeMap<&str, BTreeSet<Status>> = BTreeMap::new();
    let changed: Vec<_> = CHANGES.iter().map(changed).chain(env::reports()).collect();
    let reports = [run::sound()].into_iter().chain(run::faulty().iter().map(|(_, report)| report)).chain(&changed);
    for finding in reports.flat_map(|report| &report.findings) {
        said.entry(&finding.check).or_default().insert(finding.status);
    }
    for Page { id, family, .. } in pages() {
        let bad = if *family == "vantage" { Status::Unknown } else { Status::Fail };
        let said = said.get(id).cloned().unwrap_or_default();
        assert!(said.contains(&Status::Pass), "{id} never says Pass: {said:?}");
        assert!(said.contains(&bad), "{id} never says {bad:?}: {said:?}");
    }
}

#[test]
fn one_answer_changes_one_word() {
    for change in CHANGES {
        let report = changed(change);
        let said: Vec<_> = report.findings.iter().filter(|f| f.check == change.check).collect();
        assert!(said.iter().any(|f| f.status == change.status), "{}: {said:#?}", change.check);
    }
}

/// The demo's recording with one thing changed, for what no fault of the demo shows.
struct Change {
    check: &'static str,
    status: Status,
    change: fn(&mut Spec, &mut Observations),
}

const CHANGES: &[Change] = &[
    Change {
        check: "outside-the-host",
        status: Status::Unknown,
        change: |_, seen| {
            for lookup in &mut seen.lookups {
                if let Ok(answer) = &mut lookup.outcome {
                    answer.addresses.insert(0, "10.0.0.7".parse().unwrap());
                }
            }
        },
    },
    Change {
        check: "families-covered",
        status: Status::Unknown,
        change: |_, seen| {
            for port in seen.ports.iter_mut().filter(|port| port.question.at.is_ipv6()) {
                let why = "this machine has no IPv6 route";
                port.outcome = Err(ProbeError::new(Stage::Connect, ErrorKind::Local, why));
            }
        },
    },
    Change { check: "egress-proven", status: Status::Unknown, change: |_, seen| silence(seen) },
    Change {
        check: "egress-proven",
        status: Status::Pass,
        change: |spec, seen| {
            silence(seen);
            spec.vantage.control = vec!["203.0.113.250".parse().unwrap(), "2001:db8::250".parse().unwrap()];
            for control in &spec.vantage.control {
                let question = Knock { at: (*control, 5432).into(), greet: Greet::Nothing, beside: None };
                let outcome = Ok(PortState::Open { greeting: None, reset: false });
                seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
            }
        },
    },
    Change {
        check: "tls-modern-offered",
        status: Status::Fail,
        change: |_, seen| {
            for session in &mut seen.sessions {
                let alert = ErrorKind::Alert("handshake_failure".into());
                session.outcome = Err(ProbeError::new(Stage::Handshake, alert, "no version in common"));
            }
            for hello in &mut seen.hellos {
                hello.outcome = Ok(Offered::Alert("protocol_version".into()));
            }
        },
    },
    Change { check: "tls-newest-offered", status: Status::Fail, change: |_, seen| refuse_tls13(seen) },
    Change { check: "tls-post-quantum", status: Status::Fail, change: |_, seen| refuse_tls13(seen) },
    Change {
        check: "tls-old-suites-refused",
        status: Status::Fail,
        change: |_, seen| {
            let taken = seen.hellos.iter().find(|hello| hello.question.offer == Offer::Tls12);
            let Some(Ok(Offered::Taken(mut taken))) = taken.map(|hello| hello.outcome.clone()) else { return };
            taken.suite = "TLS_RSA_WITH_AES_128_GCM_SHA256".to_string().try_into().unwrap();
            for hello in seen.hellos.iter_mut().filter(|hello| hello.question.offer == Offer::StaticRsa) {
                hello.outcome = Ok(Offered::Taken(taken.clone()));
            }
        },
    },
    Change {
        check: "egress-proven",
        status: Status::Pass,
        change: |_, seen| {
            silence(seen);
            cross(seen, 5432, Seek::Arrival, Reply::Expired { by: [198, 51, 100, 2].into(), own: false });
        },
    },
    Change {
        check: "refusal-comes-from-host",
        status: Status::Unknown,
        change: |_, seen| cross(seen, 5432, Seek::Refusal, Reply::Refused),
    },
    Change {
        check: "path-honest",
        status: Status::Unknown,
        change: |_, seen| {
            for port in seen.ports.iter_mut().filter(|port| port.question.greet == Greet::Decoy) {
                port.outcome = Ok(PortState::Open { greeting: None, reset: true });
            }
        },
    },
    Change {
        check: "redirect-is-permanent",
        status: Status::Fail,
        change: |_, seen| {
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Upgrade) {
                if let Ok(exchange) = &mut o.outcome {
                    exchange.hops[0].response.status = 302;
                }
            }
        },
    },
    Change {
        check: "redirect-host-fixed",
        status: Status::Fail,
        change: |_, seen| {
            let foreign = |ask: &Ask| matches!(ask, Ask::Host { forgery: Forgery::Foreign, .. });
            let clear = |o: &&mut Observation<Http>| o.question.at.scheme == Scheme::Http;
            for o in seen.http.iter_mut().filter(|o| foreign(&o.question.ask)).filter(clear) {
                let hop = &mut o.outcome.as_mut().unwrap().hops[0];
                let location = format!("https://{}/", hop.request.fields[0].1);
                hop.response.status = 308;
                hop.response.fields.push(("Location".into(), location));
            }
        },
    },
    Change {
        check: "no-version-leak",
        status: Status::Fail,
        change: |_, seen| fields(seen, "server", |value| *value = "Apache/2.4.57 (Debian)".into()),
    },
    Change {
        check: "api-document-hidden",
        status: Status::Fail,
        change: |_, seen| {
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Document) {
                let response = &mut o.outcome.as_mut().unwrap().hops[0].response;
                response.status = 200;
                response.content.marks = vec![Mark::ApiDocument { name: "Swagger UI".into() }];
            }
        },
    },
    Change {
        check: "api-document-hidden",
        status: Status::Pass,
        change: |spec, seen| {
            spec.exposure.public = vec!["/docs".into()];
            for o in seen.http.iter_mut().filter(|o| o.question.path == "/docs") {
                let response = &mut o.outcome.as_mut().unwrap().hops[0].response;
                response.status = 200;
                response.content.marks = vec![Mark::ApiDocument { name: "Swagger UI".into() }];
            }
        },
    },
    Change {
        check: "headers-once",
        status: Status::Fail,
        change: |_, seen| add(seen, "X-Frame-Options", "SAMEORIGIN"),
    },
    Change {
        check: "content-security-policy",
        status: Status::Fail,
        change: |_, seen| {
            fields(seen, "content-security-policy", |value| *value = "default-src https: 'unsafe-inline'".into());
        },
    },
    Change {
        check: "cross-origin-isolation",
        status: Status::Fail,
        change: |_, seen| fields(seen, "cross-origin-opener-policy", |value| *value = "unsafe-none".into()),
    },
    Change {
        check: "security-txt",
        status: Status::Fail,
        change: |_, seen| {
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Published) {
                o.outcome.as_mut().unwrap().hops[0].response.status = 404;
            }
        },
    },
    Change {
        check: "mixed-content-absent",
        status: Status::Fail,
        change: |_, seen| {
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Visit) {
                let hops = o.outcome.iter_mut().flat_map(|exchange| &mut exchange.hops);
                let pages = hops.filter_map(|hop| hop.response.content.page.as_mut());
                pages.for_each(|page| page.insecure.push("http://cdn.example.net/a.js".into()));
            }
        },
    },
    Change {
        check: "trace-off",
        status: Status::Fail,
        change: |_, seen| {
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Trace) {
                let response = &mut o.outcome.as_mut().unwrap().hops[0].response;
                response.status = 200;
                response.content.echoes = vec![Echo { place: Place::Text, value: "golive-1.test".into() }];
            }
        },
    },
    Change {
        check: "cookie-cross-site-meant",
        status: Status::Fail,
        change: |_, seen| fields(seen, "set-cookie", |value| *value = value.replace("=Lax", "=None")),
    },
    Change {
        check: "cookie-lifetime-bounded",
        status: Status::Fail,
        change: |_, seen| fields(seen, "set-cookie", |value| value.push_str("; Max-Age=63072000")),
    },
    Change {
        check: "cors-varies",
        status: Status::Fail,
        change: |_, seen| fields(seen, "vary", |value| *value = "Accept-Encoding".into()),
    },
    Change {
        check: "origin-known",
        status: Status::Unknown,
        change: |_, seen| add(seen, "CF-Ray", "‹redacted:0011aabb›"),
    },
    Change {
        check: "origin-refuses-world",
        status: Status::Pass,
        change: |spec, seen| behind(spec, seen, PortState::Refused),
    },
    Change {
        check: "origin-refuses-world",
        status: Status::Fail,
        change: |spec, seen| {
            behind(spec, seen, PortState::Open { greeting: None, reset: false });
            copy(seen, Ask::Visit, |question| {
                (question.ask, question.at.ip) = (Ask::Direct, spec.origin[0]);
                true
            });
        },
    },
    Change {
        check: "hsts-covers-subdomains",
        status: Status::Fail,
        change: |_, seen| fields(seen, "strict-transport-security", |value| *value = "max-age=31536000".into()),
    },
    Change {
        check: "alias-secured",
        status: Status::Pass,
        change: |spec, seen| {
            // `www.example.com` is then the sibling, and the certificate names it.
            spec.aliases = vec!["https://example.com".parse().unwrap()];
            leads(seen, "example.com", "www.example.com");
            leads(seen, "golive-no-such-name.example.com", "nowhere.example.com");
            copy(seen, Ask::Upgrade, |question| {
                question.ask = Ask::Sibling;
                question.method == Method::Get && question.at.host.name() == Some("www.example.com")
            });
        },
    },
    Change {
        check: "alias-secured",
        status: Status::Fail,
        change: |_, seen| {
            leads(seen, "example.com", "www.example.com");
            for mut o in seen.sessions.clone() {
                o.question.at.host = "example.com".parse().unwrap();
                seen.insert(o.into());
            }
        },
    },
    Change { check: "http2-offered", status: Status::Pass, change: |_, seen| offer_h2(seen) },
    Change {
        check: "http3-works",
        status: Status::Pass,
        change: |_, seen| announce_h3(seen, Ok(QuicHandshake { alpn: Some("h3".into()) })),
    },
    Change {
        check: "http3-works",
        status: Status::Fail,
        change: |_, seen| {
            let alert = ErrorKind::Alert("no_application_protocol".into());
            announce_h3(seen, Err(ProbeError::new(Stage::Handshake, alert, "the server ends the QUIC handshake")));
        },
    },
    Change {
        check: "protocols-agree",
        status: Status::Pass,
        change: |_, seen| {
            offer_h2(seen);
            copy(seen, Ask::Visit, |question| {
                question.ask = Ask::Http2;
                true
            });
        },
    },
    Change {
        check: "protocols-agree",
        status: Status::Fail,
        change: |_, seen| {
            offer_h2(seen);
            copy(seen, Ask::Visit, |question| {
                question.ask = Ask::Http2;
                true
            });
            for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Http2) {
                o.outcome.as_mut().unwrap().hops[0].response.status = 421;
            }
        },
    },
    Change {
        check: "certificate-lifetime-allowed",
        status: Status::Pass,
        change: |spec, _| spec.certificate.roots = Roots::Mozilla,
    },
    Change {
        check: "certificate-lifetime-allowed",
        status: Status::Fail,
        change: |spec, seen| public(spec, seen, "leaf.pem"),
    },
    Change {
        check: "certificate-transparent",
        status: Status::Pass,
        change: |spec, seen| public(spec, seen, "logged.pem"),
    },
    Change {
        check: "certificate-transparent",
        status: Status::Fail,
        change: |spec, seen| public(spec, seen, "logged-once.pem"),
    },
    Change {
        check: "certificate-not-revoked",
        status: Status::Pass,
        change: |_, seen| {
            // 2027-01-01, when the response is good.
            seen.started_at = Timestamp(1_798_761_600);
            let staple = fs::read(Path::new(ROOT).join(REVOCATION).join("good.ocsp")).unwrap();
            for shown in shown(seen, Sni::Own) {
                shown.chain = ["leaf.pem", "root.pem"].map(kept).into();
                shown.staple = Some(BASE64_STANDARD.encode(&staple));
            }
        },
    },
    Change {
        check: "default-certificate-discreet",
        status: Status::Fail,
        change: |_, seen| {
            let internal = rcgen::generate_simple_self_signed(["grafana.internal".to_string()]).unwrap();
            let mut handshake = shown(seen, Sni::Own).next().unwrap().clone();
            handshake.chain = vec![BASE64_STANDARD.encode(internal.cert.der())];
            for o in seen.sessions.iter_mut().filter(|o| o.question.sni == Sni::Absent) {
                o.outcome = Ok(handshake.clone());
            }
        },
    },
    Change { check: "caa-restricts-issuance", status: Status::Fail, change: |_, seen| authorised(seen, &[]) },
    Change {
        check: "caa-restricts-issuance",
        status: Status::Pass,
        change: |_, seen| authorised(seen, &["letsencrypt.org"]),
    },
    Change {
        check: "dns-agrees",
        status: Status::Unknown,
        change: |_, seen| spoken(seen, &Err("does not answer".into())),
    },
    Change {
        check: "dns-agrees",
        status: Status::Pass,
        change: |_, seen| {
            let found = seen.lookups.iter().filter_map(|lookup| lookup.outcome.as_ref().ok());
            let mut all: Vec<_> = found.flat_map(|answer| answer.addresses.clone()).collect();
            all.sort();
            all.dedup();
            spoken(seen, &Ok(all));
        },
    },
];

fn changed(change: &Change) -> Report {
    let (mut spec, mut seen) = (run::sound().policy.clone(), run::sound().observations.clone());
    (change.change)(&mut spec, &mut seen);
    run::again(&spec, seen)
}

/// TLS 1.2 is the newest.
fn refuse_tls13(seen: &mut Observations) {
    for session in &mut seen.sessions {
        if let Ok(handshake) = &mut session.outcome {
            handshake.version = "TLS 1.2".into();
        }
    }
    for hello in &mut seen.hellos {
        if matches!(&hello.outcome, Ok(Offered::Taken(taken)) if taken.version == Version::Tls13) {
            hello.outcome = Ok(Offered::Alert("protocol_version".into()));
        }
    }
}

/// A host behind a network, whose web ports are in that state.
fn behind(spec: &mut Spec, seen: &mut Observations, state: PortState) {
    spec.origin = vec!["198.51.100.7".parse().unwrap()];
    for port in [80, 443] {
        let question = Knock { at: (spec.origin[0], port).into(), greet: Greet::Nothing, beside: None };
        let outcome = Ok(state.clone());
        seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
    }
}

/// A name leads where another does.
fn leads(seen: &mut Observations, name: &str, like: &str) {
    for family in [Family::V4, Family::V6] {
        let held = seen.lookups.iter().find(|o| o.question.name == like && o.question.family == family);
        let addresses = held.map(|o| o.outcome.clone().unwrap().addresses).unwrap_or_default();
        let answer = Addresses { absent: addresses.is_empty(), addresses, aliases: vec![], pinned: false };
        let question = Lookup { name: name.into(), family };
        let outcome = Ok(answer);
        seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
    }
}

/// The same answers to other questions, where `change` says so.
fn copy(seen: &mut Observations, ask: Ask, change: impl Fn(&mut Http) -> bool) {
    for mut o in seen.http.clone().into_iter().filter(|o| o.question.ask == ask) {
        if change(&mut o.question) {
            seen.insert(o.into());
        }
    }
}

/// A field that every visit is answered with.
fn add(seen: &mut Observations, name: &str, value: &str) {
    for o in seen.http.iter_mut().filter(|o| o.question.ask == Ask::Visit) {
        let hops = o.outcome.iter_mut().flat_map(|exchange| &mut exchange.hops);
        hops.for_each(|hop| hop.response.fields.push((name.into(), value.into())));
    }
}

fn offer_h2(seen: &mut Observations) {
    seen.sessions.iter_mut().filter_map(|o| o.outcome.as_mut().ok()).for_each(|h| h.alpn = Some("h2".into()));
}

fn announce_h3(seen: &mut Observations, outcome: Result<QuicHandshake, ProbeError>) {
    add(seen, "Alt-Svc", "h3=\":443\"; ma=2592000");
    for at in seen.sessions.iter().map(|o| o.question.at.clone()).collect::<Vec<_>>() {
        let (question, outcome) = (Quic { at }, outcome.clone());
        seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
    }
}

const REVOCATION: &str = "tests/observations/revocation";

/// A certificate that is kept there, in DER as a recording holds it.
pub fn kept(name: &str) -> String {
    let pem = text(&format!("{REVOCATION}/{name}"));
    BASE64_STANDARD.encode(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
}

/// The site shows this certificate, and public roots are asked for.
fn public(spec: &mut Spec, seen: &mut Observations, name: &str) {
    spec.certificate.roots = Roots::Mozilla;
    shown(seen, Sni::Own).for_each(|shown| shown.chain = vec![kept(name)]);
}

fn shown(seen: &mut Observations, sni: Sni) -> impl Iterator<Item = &mut Handshake> {
    let asked = seen.sessions.iter_mut().filter(move |o| o.question.sni == sni);
    asked.filter_map(|o| o.outcome.as_mut().ok())
}

/// These may issue for the site.
fn authorised(seen: &mut Observations, domains: &[&str]) {
    for answer in seen.caa.iter_mut().filter_map(|o| o.outcome.as_mut().ok()) {
        let record = |domain: &&str| CaaRecord { critical: false, tag: "issue".into(), value: (*domain).into() };
        answer.records = domains.iter().map(record).collect();
        answer.at = domains.first().map(|_| "example.com".into());
        answer.by_hand = false;
    }
}

/// What the one name server of each zone says.
fn spoken(seen: &mut Observations, addresses: &Result<Vec<std::net::IpAddr>, String>) {
    for answer in seen.authorities.iter_mut().filter_map(|o| o.outcome.as_mut().ok()) {
        let ip = Some("198.51.100.1".parse().unwrap());
        answer.servers = vec![NameServer { name: "ns1.example.com".into(), ip, addresses: addresses.clone() }];
        answer.by_hand = false;
    }
}

/// 5432 swallows packets.
fn silence(seen: &mut Observations) {
    for port in seen.ports.iter_mut().filter(|port| port.question.at.port() == 5432) {
        port.outcome = Ok(PortState::Filtered);
    }
}

/// The way to the demo's IPv4 address has three routers, and SYNs to one port get this at the last of them.
fn cross(seen: &mut Observations, port: u16, seek: Seek, reply: Reply) {
    let expired = |last: u8| Reply::Expired { by: [198, 51, 100, last].into(), own: false };
    let replies = [1, 2, 3].map(expired).into_iter().chain([Reply::Open]);
    let steps =
        Steps { steps: replies.zip(1..).map(|(reply, ttl)| Step { ttl, reply }).collect(), on_link: false };
    let route = seen.routes.iter_mut().find(|o| o.question.to.is_ipv4()).expect("a route to the demo");
    route.outcome = Ok(steps);
    let to = route.question.to;
    let state = if seek == Seek::Arrival { PortState::Filtered } else { PortState::Refused };
    let here = seen.ports.iter().filter(|o| o.question.at.ip() == to.ip() && o.outcome == Ok(state.clone()));
    let mut ports: Vec<u16> =
        here.filter(|o| o.question.greet != Greet::Decoy).map(|o| o.question.at.port()).collect();
    ports.sort_unstable();
    let crossing = |port: u16| Crossing { port, replies: vec![reply], beside: vec![], last: None };
    let outcome = Ok(Crossings { ports: vec![crossing(port)] });
    let question = Passage { to: to.ip(), beside: to.port(), ttl: 3, seek, ports };
    seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome }.into());
}

/// Every value of a field that the site sent to a GET.
fn fields(seen: &mut Observations, name: &str, change: fn(&mut String)) {
    for o in seen.http.iter_mut().filter(|o| o.question.method == Method::Get) {
        let hops = o.outcome.iter_mut().flat_map(|exchange| &mut exchange.hops);
        for (_, value) in
            hops.flat_map(|hop| &mut hop.response.fields).filter(|(n, _)| n.eq_ignore_ascii_case(name))
        {
            change(value);
        }
    }
}
