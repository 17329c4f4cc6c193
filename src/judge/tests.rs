//! What tests of several judges build on.

use super::answered::tests::{exchange, response};
use super::headers::tests::{fact, question};
use super::*;
use crate::observation::{
    Addresses, Ask, Claim, ErrorKind, Exchange, Fact, Forgery, Greet, Http, Knock, Lookup, Method, Nonce,
    Observations, PortState, ProbeError, Response, Session, Sni, Stage, Timestamp, Vantage,
};
use crate::target::{Endpoint, Family, Scheme};

/// Exactly these facts, of a run on 2026-03-02 from such a place.
pub fn seen_from(vantage: Vantage, facts: impl IntoIterator<Item = Fact>) -> Seen {
    let site = "app.example.com".parse().unwrap();
    let mut run = Observations::begin(site, Timestamp(1_772_460_307), Nonce(7), vantage);
    facts.into_iter().for_each(|fact| run.insert(fact));
    Seen::complete(run, "", Observations::questions)
}

pub fn timeout() -> ProbeError {
    ProbeError::new(Stage::Exchange, ErrorKind::Timeout, "no answer in 5 s")
}

pub fn spec() -> Spec {
    Spec::of("app.example.com".parse().unwrap())
}

/// A knock on a port of 203.0.113.7, as the plan asks it: the web port bare, others beside it.
pub fn knock(at: &str, greet: Greet) -> Knock {
    let at: std::net::SocketAddr = at.parse().unwrap();
    Knock { at, greet, beside: (at.port() != 443).then_some(443) }
}

pub fn open() -> PortState {
    PortState::Open { greeting: None, reset: false }
}

/// What is said, in order.
pub fn said(verdicts: &[Verdict]) -> Vec<(Status, &str)> {
    verdicts.iter().map(|verdict| (verdict.status, verdict.message.as_str())).collect()
}

/// The addresses of a name, of one family.
pub fn lookup(name: &str, family: Family, addresses: &[&str]) -> Fact {
    let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
    let answer = Addresses { addresses, aliases: vec![], absent: false, pinned: false };
    fact(Lookup { name: name.into(), family }, Ok(answer))
}

/// What a run asks at one address: each kind of question once.
fn exchanges() -> Vec<Http> {
    let forged = |forgery| Ask::Host { forgery, sni: Sni::Own };
    let claimed = |claim: &Claim, preflight: Option<&str>, round| Ask::Origin {
        claim: claim.clone(),
        preflight: preflight.map(Into::into),
        round,
    };
    let mut all: Vec<Http> = ["/", "/api/health"].map(|path| question(Ask::Visit, path)).into();
    all.extend([Ask::Again, Ask::Absent].map(|ask| question(ask, "/")));
    all.push(question(Ask::Toggled, "/api/health/"));
    all.extend(["/.env", "/.git/HEAD"].map(|path| question(Ask::File, path)));
    let hosts = [Forgery::Foreign, Forgery::Suffix, Forgery::Localhost, Forgery::Address, Forgery::XForwardedHost];
    all.extend(hosts.map(|forgery| question(forged(forgery), "/")));
    let console = "https://console.example.com".parse().unwrap();
    for claim in [
        Claim::Foreign,
        Claim::Null,
        Claim::Suffix,
        Claim::PlainHttp,
        Claim::Development("http://localhost:3000".into()),
        Claim::Subdomain,
        Claim::Own(console),
    ] {
        for (preflight, round) in [(None, 0), (Some("GET"), 0), (None, 1), (Some("GET"), 1)] {
            let method = if preflight.is_some() { Method::Options } else { Method::Get };
            all.push(Http { method, ..question(claimed(&claim, preflight, round), "/api/health") });
        }
    }
    let plain = question(Ask::Upgrade, "/");
    let plain = Http { at: Endpoint { scheme: Scheme::Http, port: 80, ..plain.at.clone() }, ..plain };
    all.push(Http { ask: forged(Forgery::Foreign), ..plain.clone() });
    all.push(plain);
    all
}

/// A run in which names resolve, ports are as told, and every exchange comes out by its question.
fn uniform(
    port: impl Fn(u16) -> Result<PortState, ProbeError>,
    outcome: impl Fn(&Http) -> Result<Response, ProbeError>,
) -> Seen {
    let mut facts = vec![lookup("app.example.com", Family::V4, &["203.0.113.7"])];
    facts.push(lookup("app.example.com", Family::V6, &[]));
    for (number, greet) in [
        (443, Greet::Nothing),
        (80, Greet::Nothing),
        (3000, Greet::Listen),
        (5432, Greet::Postgresql),
        (6379, Greet::Redis),
    ] {
        facts.push(fact(knock(&format!("203.0.113.7:{number}"), greet), port(number)));
    }
    facts.push(fact(Session::of(question(Ask::Visit, "/").at), Err(timeout())));
    for question in exchanges() {
        let answer = outcome(&question).map(|answer| {
            let mut exchange: Exchange = exchange(vec![answer]);
            exchange.hops[0].request = question.request(Nonce(7));
            exchange
        });
        facts.push(fact(question, answer));
    }
    seen_from(Vantage::default(), facts)
}

fn promise() -> Spec {
    let mut spec = Spec { paths: vec!["/".into(), "/api/health".into()], ..spec() };
    spec.cors.origins =
        Some(vec![crate::spec::OriginPattern::Exact("https://console.example.com".parse().unwrap())]);
    spec
}

/// The checks that pass. Every verdict rests on what was observed, and says the same in another run.
fn passed(seen: &Seen) -> Vec<String> {
    let known = seen.observations().repeats();
    let judged = judge(&promise(), seen);
    assert!(!judged.panicked);
    for finding in &judged.findings {
        assert!(finding.evidence.iter().all(|id| known.contains_key(id)), "{finding:?}");
        assert!(!format!("{} {}", finding.subject, finding.message).contains("00000007"), "{finding:?}");
    }
    let mut passed: Vec<String> =
        judged.findings.into_iter().filter(|f| f.status == Status::Pass).map(|f| f.check).collect();
    passed.sort();
    passed.dedup();
    passed
}

#[test]
fn nothing_passes_that_was_not_asked() {
    let nothing = seen_from(Vantage::default(), []);
    assert_eq!(passed(&nothing), [""; 0]);
    let unsent = || ProbeError::not_sent("interrupted");
    let none = uniform(|_| Err(unsent()), |_| Err(unsent()));
    assert_eq!(passed(&none), ["names-resolve", "outside-the-host"]);
}

/// With the site down, what passes is what a refusal itself proves: the place, the names, the family, the ports.
#[test]
fn nothing_passes_when_the_site_is_down() {
    let refused = || Err(ProbeError::new(Stage::Connect, ErrorKind::Refused, "refused"));
    let web = |port| Ok(if port == 443 || port == 80 { open() } else { PortState::Refused });
    let page = |status| Ok(response(status, &[("Content-Type", "text/html"), ("Retry-After", "9")], "sorry"));
    let here = ["families-covered", "names-resolve", "outside-the-host", "refusal-comes-from-host"];
    let ports = [&["app-port-closed", "datastore-port-closed"][..], &here, &["web-ports-open"]].concat();
    let shut = [&here[..], &["web-ports-open"]].concat();
    assert_eq!(passed(&uniform(|_| Ok(PortState::Refused), |_| refused())), here);
    assert_eq!(passed(&uniform(web, |_| Err(timeout()))), shut);
    assert_eq!(passed(&uniform(web, |_| page(429))), shut);
    assert_eq!(passed(&uniform(web, |_| page(503))), shut);
    assert_eq!(passed(&uniform(web, |_| page(502))), ports);
}

/// A site that answers until it bans us proves no refusal.
#[test]
fn no_refusal_passes_when_we_are_shut_out_in_the_end() {
    let web = |port| Ok(if port == 443 || port == 80 { open() } else { PortState::Refused });
    let page = || Ok(response(200, &[("Content-Type", "text/html")], "welcome"));
    let gone = || Err(ProbeError::new(Stage::Connect, ErrorKind::Refused, "refused"));
    let banned = uniform(web, |question| match question.ask {
        Ask::Visit => page(),
        Ask::Absent => Ok(response(404, &[("Content-Type", "text/html")], "missing")),
        _ => gone(),
    });
    let passed = passed(&banned);
    for family in [hosts::CHECKS, cors::CHECKS, exposure::CHECKS] {
        for check in family {
            let id = check.place.rsplit('/').next().unwrap();
            assert!(!passed.iter().any(|passed| passed == id), "{id}");
        }
    }
    let ports = ["datastore-port-closed", "app-port-closed", "http-redirects-to-https"];
    assert!(ports.iter().all(|id| !passed.iter().any(|passed| passed == id)), "{passed:?}");
}
