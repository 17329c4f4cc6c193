//! The plan ends, stays small, and takes nothing back, whatever is answered.

use std::collections::BTreeSet;
use std::net::IpAddr;

use golive::observation::{
    Addresses, Ask, Authorisations, Authorities, CaaRecord, Content, Crossing, Crossings, ErrorKind, Exchange,
    FileFacts, Handshake, Hop, NameServer, Nonce, Observation, Observations, Offered, PortState, Probe,
    ProbeError, QuicHandshake, Reply, Response, Revocation, Searched, Seen, Stage, Step, Steps, Swept, Timestamp,
    Vantage, Walked,
};
use golive::plan::{follow_ups, request, wanted};
use golive::spec::Spec;

use super::judge::{one_in, random};
use super::run;

/// Rounds of asking after which a plan must be done: each phase, and what follows from it, once.
const MOST_ROUNDS: usize = 16;

/// Questions for one path of one name at one address, with all that may follow; lookups apart.
const MOST_EACH: usize = 490;

/// Questions that a sweep of one address may become: itself, 32 open ports with three each, eight silent ones at a
/// control.
const MOST_SWEPT: usize = 1 + 32 * 3 + 8;

#[test]
fn whatever_is_answered_the_plan_ends_stays_small_and_takes_nothing_back() {
    let mut seed = 0xd1b5_4a32_d192_ed03;
    for case in 0..240 {
        let mood = if case % 3 == 0 { Mood::Worst } else { Mood::Any };
        let spec = run::spec(POLICIES[case % POLICIES.len()]);
        let mut seen = begin(&spec);
        let mut before = BTreeSet::new();
        for round in 0.. {
            let all = wanted(&spec, &seen);
            assert!(round < MOST_ROUNDS, "case {case}: {} questions after {round} rounds", all.len());
            assert!(before.is_subset(&all), "case {case}: {:?} taken back", before.difference(&all).next());
            let open: Vec<Probe> = all.iter().filter(|probe| !seen.holds(probe)).cloned().collect();
            before = all;
            if open.is_empty() {
                break;
            }
            for probe in open {
                answer(&spec, &mut seen, &probe, mood, &mut seed);
            }
        }
        let (planned, more) = shown(&spec, &seen);
        // What a network answers for the host is not swept.
        let is_spared = |probe: &&Probe| matches!(probe, Probe::Sweep(q) if seen.cdn_at(q.at).is_some());
        let left_out = planned.difference(&before).find(|probe| !is_spared(probe));
        assert!(left_out.is_none(), "case {case}: {left_out:?} not asked");
        let followed = before.difference(&planned).count();
        assert!(followed <= more, "case {case}: {followed} follow-ups, {more} announced");
        let places = places(&spec, &seen);
        let hosts = places + spec.origin.len();
        // A name, the one beside it and one that nobody has are looked up in both families, and two more things asked.
        let bound = (places * spec.paths.len() + spec.origin.len()) * MOST_EACH
            + hosts * MOST_SWEPT
            + 8 * spec.origins().count();
        assert!(before.len() <= bound, "case {case}: {} questions for {places} places", before.len());
        ids_are_unique(&before);
    }
}

/// What `golive plan` counts is what a run asks, but for what follows from the answers.
#[test]
fn the_plan_that_is_shown_is_the_plan_that_is_asked() {
    let reports = [run::sound()].into_iter().chain(run::faulty().iter().map(|(_, report)| report));
    for report in reports {
        let spec = &report.policy;
        let (planned, more) = shown(spec, &report.observations);
        let asked = wanted(spec, &report.observations);
        assert!(planned.is_subset(&asked), "{:?}", planned.difference(&asked).next());
        let followed = asked.difference(&planned).count();
        assert!(followed <= more, "{followed} follow-ups, {more} announced");
        assert!(asked.iter().all(|probe| report.observations.holds(probe)));
        ids_are_unique(&asked);
    }
}

/// Nothing that the target said stands in a request.
#[test]
fn a_request_is_made_of_the_promise_and_the_nonce_alone() {
    let spec = run::spec(POLICIES[0]);
    let mut seed = 7;
    let mut seen = begin(&spec);
    for _ in 0..MOST_ROUNDS {
        for probe in wanted(&spec, &seen) {
            if !seen.holds(&probe) {
                answer(&spec, &mut seen, &probe, Mood::Any, &mut seed);
            }
        }
    }
    for probe in wanted(&spec, &seen) {
        let Probe::Http(question) = probe else { continue };
        let sent = format!("{:?}", request(&spec, seen.nonce, &question));
        assert!(!sent.contains(SAID), "{sent}");
    }
}

const POLICIES: &[&str] = &[
    include_str!("../../src/demo/golive.toml"),
    "site = \"https://app.example.com\"\n",
    "site = \"https://app.example.com\"\npaths = [\"/\", \"/api/health\", \"/account/\", \"/api/shop?page=/1\"]\n",
    "site = \"https://203.0.113.7\"\npaths = [\"/api/health\"]\n",
    "site = \"https://example.com:8443\"\naliases = [\"https://a.example.com\", \"https://b.example.com\"]\n\
     [vantage]\ncontrol = [\"203.0.113.250\", \"2001:db8::250\"]\n\
     [ports]\nhttp = 8080\nclosed = [{ port = 3000, service = \"web\" }, { port = 9200, service = \"elasticsearch\" }]\n\
     [certificate]\nrevocation = true\n\
     [cors]\norigins = [\"https://one.example.com\", \"https://*.example.com\"]\nheaders = [\"authorization\"]\n",
    "site = \"https://app.example.com\"\naliases = [\"https://www.example.com\"]\n\
     [exposure]\nguarded = [\"/admin\", \"/app/account/\"]\n",
    "site = \"https://www.example.com\"\norigin = [\"198.51.100.7\", \"203.0.113.7\"]\n",
    "site = \"https://app.co.uk\"\n[vantage]\nallow_private = true\ncontrol = [\"198.51.100.9\"]\n",
];

/// A word of the target.
const SAID: &str = "said-by-the-target";

fn begin(spec: &Spec) -> Observations {
    Observations::begin(spec.site.clone(), Timestamp(1_790_000_000), Nonce(0xfeed), Vantage::default())
}

fn places(spec: &Spec, seen: &Observations) -> usize {
    golive::plan::places(spec, seen).len()
}

/// What `golive plan` shows, which knows the names alone: the questions, and how many may follow.
fn shown(spec: &Spec, seen: &Observations) -> (BTreeSet<Probe>, usize) {
    let mut named = seen.clone();
    (named.ports, named.sessions, named.http, named.sweeps) = (vec![], vec![], vec![], vec![]);
    let planned = Seen::complete(named, "not asked yet", |seen| wanted(spec, seen));
    (wanted(spec, planned.observations()), follow_ups(spec, planned.observations()))
}

fn ids_are_unique(all: &BTreeSet<Probe>) {
    let ids: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(ids.len(), all.len());
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Any,
    /// Whatever asks for more: ports open or silent, JSON everywhere, nothing at `/`, every origin named back.
    Worst,
}

/// Any answer or error that the question could get.
fn answer(spec: &Spec, seen: &mut Observations, probe: &Probe, mood: Mood, seed: &mut u64) {
    let worst = mood == Mood::Worst;
    let is_direct = matches!(probe, Probe::Http(question) if question.ask == Ask::Direct);
    let fails = if worst { is_direct } else { one_in(6, seed) };
    if fails {
        let kinds = [ErrorKind::Timeout, ErrorKind::Refused, ErrorKind::Limited, ErrorKind::Malformed];
        let kind = kinds[random(seed) % kinds.len()].clone();
        return seen.refuse(probe.clone(), ProbeError::new(Stage::Exchange, kind, SAID));
    }
    match probe.clone() {
        Probe::Lookup(question) => {
            let all: [IpAddr; 5] = ["203.0.113.7", "203.0.113.8", "2001:db8::7", "10.0.0.7", "127.0.0.1"]
                .map(|ip| ip.parse().unwrap());
            let of_family = all.into_iter().filter(|ip| golive::target::Family::of(*ip) == question.family);
            let addresses: Vec<IpAddr> = of_family.filter(|_| worst || !one_in(3, seed)).collect();
            let answer = Addresses { absent: addresses.is_empty(), addresses, aliases: vec![], pinned: false };
            put(seen, question, answer);
        }
        Probe::Knock(question) => {
            let greeting = (one_in(2, seed)).then(|| SAID.to_string());
            let offender = question.at.ip();
            let state = match if worst { 2 + random(seed) % 2 } else { random(seed) % 4 } {
                0 => PortState::Refused,
                1 => PortState::Rejected { offender },
                2 => PortState::Filtered,
                _ => PortState::Open { greeting, reset: one_in(2, seed) },
            };
            put(seen, question, state);
        }
        Probe::Session(question) => {
            // A certificate that names a revocation list, and its issuer.
            let chain = ["leaf.pem", "root.pem"].map(super::catalogue::kept).into();
            let shake = Handshake {
                chain: if one_in(3, seed) { vec![] } else { chain },
                chain_cut: false,
                version: "TLSv1.3".into(),
                suite: SAID.into(),
                group: None,
                alpn: (worst || one_in(2, seed)).then(|| "h2".into()),
                key_proven: true,
                staple: None,
                local_issuer: None,
            };
            put(seen, question, shake);
        }
        Probe::Sweep(question) => {
            let share = if worst { 1 } else { 20 };
            let open = question.ports.iter().filter(|_| one_in(share, seed)).collect();
            let silent = question.ports.without(&open);
            put(seen, question, Swept { open, silent, ..Swept::default() });
        }
        Probe::Smoke(question) => put(seen, question, Walked::default()),
        Probe::Search(question) => put(seen, question, Searched::default()),
        Probe::OwnFile(question) => put(seen, question, FileFacts::default()),
        Probe::Quic(question) => put(seen, question, QuicHandshake { alpn: Some(SAID.into()) }),
        Probe::Route(question) => {
            let expired = |by: &str| Reply::Expired { by: by.parse().unwrap(), own: false };
            let hops = ["10.0.0.1", "198.51.100.1", "198.51.100.2", "198.51.100.3"].map(expired);
            let first = if worst { 0 } else { random(seed) % 4 };
            let replies = hops.into_iter().skip(first).chain([Reply::Open]);
            let steps = replies.zip(1..).map(|(reply, ttl)| Step { ttl, reply }).collect();
            put(seen, question, Steps { steps, on_link: false });
        }
        Probe::Passage(question) => {
            let reply = [Reply::Silent, Reply::Refused, Reply::Open, Reply::Unsent][random(seed) % 4];
            let crossing = |port: &u16| Crossing { port: *port, replies: vec![reply], beside: vec![], last: None };
            let ports = question.ports.iter().map(crossing).collect();
            put(seen, question, Crossings { ports });
        }
        Probe::Caa(question) => {
            let record = CaaRecord { critical: one_in(2, seed), tag: "issue".into(), value: SAID.into() };
            let answer = Authorisations { by_hand: false, at: Some(SAID.into()), records: vec![record] };
            put(seen, question, answer);
        }
        Probe::Authority(question) => {
            let addresses = if one_in(2, seed) { Ok(vec![]) } else { Err(SAID.into()) };
            let servers = vec![NameServer { name: SAID.into(), ip: None, addresses }];
            put(seen, question, Authorities { by_hand: false, zone: SAID.into(), servers });
        }
        Probe::Crl(question) => {
            let revoked = one_in(2, seed).then_some(1);
            let (signed, covers) = (one_in(2, seed), one_in(2, seed));
            put(seen, question, Revocation { this_update: 0, next_update: i64::MAX, revoked, signed, covers });
        }
        Probe::Hello(question) => {
            let offered = [Offered::Closed, Offered::Reset, Offered::Alert(SAID.into())];
            put(seen, question, offered[random(seed) % offered.len()].clone());
        }
        Probe::Http(question) => {
            let request = request(spec, seen.nonce, &question);
            let any = [200, 200, 204, 301, 308, 400, 403, 404, 404, 429, 500, 503][random(seed) % 12];
            let status = if worst { 404 } else { any };
            let mut fields: Vec<(String, String)> = vec![("Server".into(), SAID.into())];
            let media = ["application/json", "text/html", "text/plain"][if worst { 0 } else { random(seed) % 3 }];
            fields.push(("Content-Type".into(), media.into()));
            if worst || one_in(2, seed) {
                fields.push(("Alt-Svc".into(), "h3=\":443\"; ma=86400".into()));
            }
            if one_in(8, seed) {
                fields.push(("CF-Ray".into(), SAID.into()));
            }
            if one_in(2, seed) {
                fields.push(("Location".into(), format!("https://app.example.com/{SAID}")));
            }
            let sent = request.fields.iter().find(|(name, _)| name == "Origin");
            if let (Ask::Origin { .. }, Some((_, origin))) = (&question.ask, sent)
                && (worst || one_in(2, seed))
            {
                fields.push(("Access-Control-Allow-Origin".into(), origin.clone()));
            }
            let response = Response { status, fields, cookies: vec![], tokens: None, content: Content::default() };
            put(seen, question, Exchange { hops: vec![Hop { request, response }], stopped: None });
        }
    }
}

fn put<Q: golive::observation::Question>(seen: &mut Observations, question: Q, answer: Q::Answer)
where
    golive::observation::Fact: From<Observation<Q>>,
{
    seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 1, attempts: 1, outcome: Ok(answer) }.into());
}
