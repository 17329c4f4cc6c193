//! Reports for the tests of every format: a small site, a fixed clock, facts of this release.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Report, Tool};
use crate::catalogue::Page;
use crate::finding::{Finding, Item, Severity, Status, Waiver};
use crate::gate;
use crate::observation::*;
use crate::spec::Spec;
use crate::target::{Family, Origin};

pub(super) const ADDRESSES: [&str; 2] = ["203.0.113.7", "2001:db8::7"];
/// 2026-03-02T14:05:07Z
const STARTED: Timestamp = Timestamp(1_772_460_307);

/// A sound deployment.
pub(super) fn go() -> Report {
    report(spec(), findings())
}

/// Seen over IPv4 alone, on request.
pub(super) fn pass() -> Report {
    let mut spec = spec();
    spec.scope.family = Some(Family::V4);
    let mut findings: Vec<_> = findings().into_iter().filter(|f| !f.subject.contains("2001")).collect();
    change(&mut findings, "families-covered", |f| {
        f.status = Status::Skip;
        f.unseen = true;
        f.message = "IPv6 left out".into();
    });
    report(spec, findings)
}

/// An open Redis and a careless CORS regex.
pub(super) fn no_go() -> Report {
    let mut findings = findings();
    change(&mut findings, "datastore-port-closed", |f| {
        if f.subject.starts_with("6379") {
            f.status = Status::Fail;
            f.message = "redis answers PING with -NOAUTH: it asks a password".into();
            f.expected = Some("closed (golive.toml:17)".into());
            f.repeat = vec![r"printf 'PING\r\n' | nc -w 3 203.0.113.7 6379".into()];
        }
    });
    change(&mut findings, "cors-look-alike-origin-refused", |f| {
        if f.subject.contains("/api/health") {
            f.status = Status::Fail;
            f.message =
                "origin https://x7app.example.com is reflected, with credentials, twice (missing dot)".into();
            f.expected = Some("only https://app.example.com".into());
            f.line = Some(46);
            f.repeat = vec![
                "curl -sD- -o/dev/null -H 'Origin: https://x7app.example.com' https://app.example.com/api/health"
                    .into(),
            ];
        }
    });
    report(spec(), findings)
}

/// From a machine without IPv6.
pub(super) fn unproven() -> Report {
    let mut findings = findings();
    for f in findings.iter_mut().filter(|f| f.subject.contains("2001:db8::7")) {
        f.status = Status::Unknown;
        f.message = NO_ROUTE.into();
    }
    let mut report = report(spec(), findings);
    for o in report.observations.ports.iter_mut().filter(|o| o.question.at.is_ipv6()) {
        o.outcome = Err(ProbeError::new(Stage::Connect, ErrorKind::Local, NO_ROUTE));
    }
    report
}

const NO_ROUTE: &str = "no IPv6 route from this machine (ENETUNREACH)";

pub(super) fn report(spec: Spec, mut findings: Vec<Finding>) -> Report {
    let observations = observations();
    let gate = gate::decide(&spec, &pages(), &observations, &mut findings);
    Report {
        schema: SCHEMA,
        tool: Tool { name: "golive".into(), version: "0.1.0".into() },
        site: spec.site.to_string(),
        labels: BTreeMap::from([("release".into(), "v1.4.2".into())]),
        started_at: STARTED,
        elapsed_ms: 4_120,
        waited_ms: 0,
        interrupted: false,
        policy: spec,
        spec_sha256: "0".repeat(64),
        gate,
        findings,
        observations,
    }
}

pub(super) fn spec() -> Spec {
    let mut spec = Spec::of(site());
    spec.paths = vec!["/".into(), "/api/health".into()];
    spec.file = Some("golive.toml".into());
    spec
}

pub(super) fn change(findings: &mut [Finding], check: &str, change: impl FnMut(&mut Finding)) {
    findings.iter_mut().filter(|f| f.check == check).for_each(change);
}

pub(super) fn waiver(check: &str) -> Waiver {
    let (owner, reason, until) = ("ops@example.com".into(), "public API".into(), "2026-12-31".into());
    Waiver { check: check.into(), subject: "*".into(), owner, reason, until }
}

/// One line a check: family, id, severity, item, whether it carries.
const CHECKS: [(&str, &str, Severity, Item, bool); 10] = [
    ("vantage", "families-covered", Severity::High, Item::OnlyProxyReachable, false),
    ("ports", "datastore-port-closed", Severity::Critical, Item::OnlyProxyReachable, true),
    ("ports", "app-port-closed", Severity::High, Item::OnlyProxyReachable, true),
    ("https", "http-redirects-to-https", Severity::High, Item::HttpsOnly, true),
    ("certificate", "certificate-trusted", Severity::Critical, Item::HttpsOnly, true),
    ("headers", "content-type-options", Severity::Medium, Item::PolicyRestricted, true),
    ("headers", "no-version-leak", Severity::Low, Item::Advice, false),
    ("cors", "cors-look-alike-origin-refused", Severity::High, Item::PolicyRestricted, false),
    ("exposure", "secret-file-hidden", Severity::Critical, Item::SecretsUnexposed, true),
    ("smoke", "site-answers", Severity::Critical, Item::SmokePasses, true),
];

pub(super) fn pages() -> Vec<Page> {
    let page = |(family, id, severity, gate, carries)| {
        let body = match id {
            "datastore-port-closed" => {
                "## How to fix\npublish the port on 127.0.0.1 only; Docker goes round ufw.\n### Docker\n### Caddy\n### nginx\n"
            }
            "cors-look-alike-origin-refused" => {
                "## How to fix\nescape the dots of CORS_ORIGIN_REGEX and anchor both ends.\n"
            }
            _ => "## How to fix\nsee the block of your proxy.\n### Caddy\n",
        };
        let title = String::from(id);
        Page { family, id, title, severity, gate, carries, key: None, references: vec![], body }
    };
    CHECKS.map(page).into()
}

/// Every check passes on every subject; one note.
pub(super) fn findings() -> Vec<Finding> {
    let mut all = vec![];
    for (family, check, severity, gate, _) in CHECKS {
        for (subject, message, evidence) in subjects(family, check) {
            all.push(Finding {
                check: check.into(),
                family: family.into(),
                severity,
                gate,
                subject,
                status: if gate == Item::Advice { Status::Fail } else { Status::Pass },
                message: message.into(),
                expected: None,
                line: None,
                unseen: false,
                declared: None,
                evidence: vec![evidence],
                repeat: vec![],
                waived: None,
            });
        }
    }
    all
}

fn subjects(family: &str, check: &str) -> Vec<(String, &'static str, String)> {
    let mut all = vec![];
    for ip in ADDRESSES.map(|ip| ip.parse::<IpAddr>().unwrap()) {
        let at = site().at(ip);
        let url = |path: &str| format!("GET https://app.example.com{path} [{ip}]");
        let visit = |path: &str, ask| id(&Http { at: at.clone(), method: Method::Get, path: path.into(), ask });
        let port = |port: u16| (format!("{port}/tcp {ip}"), "refused", format!("port:{}", knock(port, ip).at));
        match (family, check) {
            ("vantage", _) => all.push((ip.to_string(), "answers from here", visit("/", Ask::Visit))),
            (_, "datastore-port-closed") => all.extend([port(5432), port(6379)]),
            (_, "app-port-closed") => all.extend([port(3000), port(8000)]),
            (_, "no-version-leak") => all.push((url("/"), "Server says nginx/1.24.0", visit("/", Ask::Visit))),
            ("exposure", _) => all.push((url("/.env"), "404", visit("/.env", Ask::File))),
            _ => all.extend(["/", "/api/health"].map(|p| (url(p), "as it should be", visit(p, Ask::Visit)))),
        }
    }
    all
}

fn site() -> Origin {
    "https://app.example.com".parse().unwrap()
}

fn knock(port: u16, ip: IpAddr) -> Knock {
    Knock { at: (ip, port).into(), greet: Greet::Nothing, beside: None }
}

fn observations() -> Observations {
    let vantage = Vantage {
        own: vec![],
        from: ["198.51.100.20", "2001:db8:5::20"].map(|ip| ip.parse().unwrap()).into(),
        families: vec![Family::V4, Family::V6],
        doors: vec![],
        behind_doors: vec![],
        slowed: vec![],
    };
    let mut seen = Observations::begin(site(), STARTED, Nonce(0x5eed), vantage);
    for ip in ADDRESSES.map(|ip| ip.parse::<IpAddr>().unwrap()) {
        let addresses = Addresses { addresses: vec![ip], aliases: vec![], absent: false, pinned: false };
        seen.insert(answer(Lookup { name: "app.example.com".into(), family: Family::of(ip) }, 3, addresses));
        for port in [80, 443] {
            seen.insert(answer(knock(port, ip), 9, PortState::Open { greeting: None, reset: false }));
        }
        for port in [3000, 8000, 5432, 6379] {
            seen.insert(answer(knock(port, ip), 30, PortState::Refused));
        }
        seen.insert(answer(Session::of(site().at(ip)), 21, handshake()));
        for (path, ask, elapsed, status) in [
            ("/", Ask::Visit, 184, 200),
            ("/api/health", Ask::Visit, 42, 200),
            ("/.env", Ask::File, 12, 404),
            ("/.git/HEAD", Ask::File, 12, 404),
            ("/docker-compose.yml", Ask::File, 12, 404),
        ] {
            let question = Http { at: site().at(ip), method: Method::Get, path: path.into(), ask };
            seen.insert(answer(question, elapsed, exchange(path, status)));
        }
    }
    seen
}

fn answer<Q: Question>(question: Q, elapsed_ms: u64, answer: Q::Answer) -> Fact
where
    Fact: From<Observation<Q>>,
{
    Observation { question, asked_at_ms: 100, elapsed_ms, attempts: 1, outcome: Ok(answer) }.into()
}

fn exchange(path: &str, status: u16) -> Exchange {
    let field = |name: &str, value: &str| (name.to_string(), value.to_string());
    let request = Request {
        method: Method::Get,
        origin: "https://app.example.com".into(),
        target: path.into(),
        sni: Some("app.example.com".into()),
        fields: vec![field("Host", "app.example.com")],
    };
    let fields = vec![field("Server", "nginx/1.24.0"), field("Content-Type", "text/html; charset=utf-8")];
    let content = Content { length: 1_234, ..Content::default() };
    Exchange {
        hops: vec![Hop { request, response: Response { status, fields, cookies: vec![], tokens: None, content } }],
        stopped: None,
    }
}

/// A certificate of 90 days with 61 left.
fn handshake() -> Handshake {
    let mut params = rcgen::CertificateParams::new(vec!["app.example.com".to_string()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 2, 2);
    params.not_after = rcgen::date_time_ymd(2026, 5, 3);
    let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    Handshake {
        chain: vec![BASE64_STANDARD.encode(certificate.der())],
        chain_cut: false,
        version: "TLS 1.3".into(),
        suite: "TLS13_AES_256_GCM_SHA384".into(),
        group: Some("X25519MLKEM768".into()),
        alpn: Some("http/1.1".into()),
        key_proven: true,
        staple: Some(String::new()),
        local_issuer: None,
    }
}
