//! Is the reverse proxy the only thing that the internet can reach?

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::answered::{baseline, is_application};
use super::vantage::{Egress, answers_somewhere, egress, is_local};
use super::{Check, Word, check, fail, given, pass, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, ErrorKind, Greet, Http, Knock, Method, Observation, PortState, Seen, Stage};
use crate::spec::{ClosedPort, Spec};
use crate::target::Family;

pub(super) const CHECKS: &[Check] = &[
    check!("ports/datastore-port-closed", datastore_port_closed),
    check!("ports/app-port-closed", app_port_closed),
    check!("ports/families-agree", families_agree),
    check!("ports/web-ports-open", web_ports_open),
];

fn datastore_port_closed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let closed: Vec<&ClosedPort> = spec.ports.closed.iter().filter(|port| port.is_datastore()).collect();
    if closed.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no datastore in ports.closed")];
    }
    let knocks = knocks(seen, &closed);
    knocks.map(|(o, port)| is_closed(spec, seen, o, |greeting| datastore_words(&port.service, greeting))).collect()
}

fn datastore_words(service: &str, greeting: Option<&str>) -> String {
    match greeting {
        Some("S") => "PostgreSQL answers an SSLRequest with S: it speaks TLS".into(),
        Some("N") => "PostgreSQL answers an SSLRequest with N: it speaks without TLS".into(),
        Some(pong) if pong.starts_with("+PONG") => "redis answers PING with +PONG: it asks no password".into(),
        Some(noauth) if noauth.starts_with("-NOAUTH") => {
            "redis answers PING with -NOAUTH: it asks a password".into()
        }
        Some(denied) if denied.starts_with("-DENIED") => {
            "redis answers PING with -DENIED: protected mode, and the port is open".into()
        }
        Some(other) => format!("{service} port is open and says {other}"),
        None => format!("{service} port is open"),
    }
}

fn app_port_closed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let closed: Vec<&ClosedPort> = spec.ports.closed.iter().filter(|port| !port.is_datastore()).collect();
    if closed.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no application port in ports.closed")];
    }
    let verdicts = knocks(seen, &closed).map(|(o, port)| {
        let direct = direct(spec, seen, o);
        let ids: Vec<String> = direct.iter().map(|(id, _)| id.clone()).collect();
        let words = direct.into_iter().map(|(_, words)| words).next();
        is_closed(spec, seen, o, |greeting| match (words, greeting) {
            (Some(words), _) => words,
            (None, Some(greeting)) => format!("{} port is open and says {greeting}", port.service),
            (None, None) => format!("{} port is open", port.service),
        })
        .resting_on(ids)
    });
    verdicts.collect()
}

/// What an application's own port answers to a GET: the application itself before anything else.
fn direct(spec: &Spec, seen: &Seen, knock: &Observation<Knock>) -> Vec<(String, String)> {
    let at = knock.question.at;
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Direct && o.question.at.socket() == at);
    let mut found: Vec<(bool, String, String)> = asked
        .filter_map(|o| {
            let exchange = o.outcome.as_ref().ok()?;
            // The application behind the proxy is at the site's own port.
            let site = Http { at: spec.site.at(at.ip()), ask: Ask::Visit, ..o.question.clone() };
            let base = baseline(spec, seen, &site).and_then(|base| base.outcome.as_ref().ok());
            let same = base.is_some_and(|base| is_application(base, None, exchange.first()));
            let status = exchange.first().status;
            let url = o.question.at.url(&o.question.path);
            let words = match same {
                true => format!("the application answers without the proxy: {status} to GET {url}"),
                false => format!("an HTTP server answers {status} to GET {url}"),
            };
            Some((!same, o.id(), words))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, id, words)| (id, words)).collect()
}

/// Knocks on these ports at the site's addresses.
fn knocks<'a>(
    seen: &'a Seen,
    ports: &[&'a ClosedPort],
) -> impl Iterator<Item = (&'a Observation<Knock>, &'a ClosedPort)> {
    let ports = ports.to_vec();
    // A control is greeted with nothing; the site's closed ports never are.
    seen.asked::<Knock>().filter(|o| o.question.greet != Greet::Nothing).filter_map(move |o| {
        let port = ports.iter().find(|port| port.port == o.question.at.port())?;
        Some((o, *port))
    })
}

/// Open fails whatever follows. Closed is believed while the web port of the same address answers.
fn is_closed(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Knock>,
    open: impl FnOnce(Option<&str>) -> String,
) -> Verdict {
    let at = o.question.at;
    let mut proof = vec![];
    let mut declared = None;
    let verdict = given(o, Subject::Port(at.port(), at.ip()), |state| match state {
        PortState::Open { reset: true, .. } => fail("the connection is accepted, then reset: something listens"),
        PortState::Open { greeting, .. } => fail(open(greeting.as_deref())),
        PortState::Refused => believed(spec, seen, at.ip(), "refuses connections".into()),
        PortState::Rejected { offender } => believed(spec, seen, at.ip(), format!("is rejected by {offender}")),
        PortState::Filtered => match egress(spec, seen, at) {
            Egress::Proven { by, id } => {
                proof.push(id);
                believed(spec, seen, at.ip(), format!("is silent, and {by}"))
            }
            Egress::Declared => {
                declared = Some("egress assumed");
                believed(spec, seen, at.ip(), "is silent, and egress is assumed".into())
            }
            Egress::Unproven(why) => unknown(why),
        },
    });
    let verdict = verdict.expected(spec.promised("closed", "ports.closed")).resting_on(proof);
    match declared {
        Some(word) if verdict.status == Status::Pass => verdict.declared(word),
        _ => verdict,
    }
}

/// A host that shuts us out refuses everything: "closed" needs a web port that answers, now and at the end.
fn believed(spec: &Spec, seen: &Seen, ip: IpAddr, words: String) -> Word {
    let web = Knock { at: (ip, spec.site.port).into(), greet: Greet::Nothing, beside: None };
    match seen.answer(&web) {
        Some(PortState::Open { .. }) => {}
        _ => {
            return unknown(format!(
                "{words}, but so does port {}: nothing of this address answers",
                spec.site.port
            ));
        }
    }
    let again = Http { at: spec.site.at(ip), method: Method::Get, path: spec.paths[0].clone(), ask: Ask::Again };
    match seen.find(&again).map(|o| &o.outcome) {
        Some(Err(error)) if error.stage == Stage::Connect => {
            unknown(format!("{words}, but the address stopped answering: {error}"))
        }
        _ => pass(words),
    }
}

/// A port that is closed on one family and open on the other is the gap that Docker and ufw leave.
fn families_agree(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let all: Vec<&ClosedPort> = spec.ports.closed.iter().collect();
    let mut by_port: BTreeMap<u16, Vec<&Observation<Knock>>> = BTreeMap::new();
    for (o, port) in knocks(seen, &all) {
        by_port.entry(port.port).or_default().push(o);
    }
    let verdicts = by_port.into_iter().filter_map(|(port, knocks)| agreement(port, &knocks));
    let verdicts: Vec<Verdict> = verdicts.collect();
    match verdicts.is_empty() && seen.asked::<Knock>().next().is_some() {
        true => vec![Verdict::new(Subject::Site, Status::Skip, "the site has addresses of one family")],
        false => verdicts,
    }
}

fn agreement(port: u16, knocks: &[&Observation<Knock>]) -> Option<Verdict> {
    let of = |family| knocks.iter().filter(move |o| Family::of(o.question.at.ip()) == family);
    let (v4, v6) = (of(Family::V4).next()?, of(Family::V6).next()?);
    let is_open = |o: &Observation<Knock>| matches!(o.outcome, Ok(PortState::Open { .. }));
    let open = |family| of(family).any(|o| is_open(o));
    let failed = knocks.iter().find(|o| o.outcome.is_err());
    let ids = [v4.id(), v6.id()];
    let subject = |o: &Observation<Knock>| Subject::Port(port, o.question.at.ip());
    Some(match (open(Family::V4), open(Family::V6), failed) {
        (_, _, Some(o)) => given(o, subject(v6), |_| unknown("no answer")),
        (false, true, _) => Verdict::new(
            subject(v6),
            Status::Fail,
            "is closed on IPv4, open on IPv6: the firewall covers IPv4 alone",
        )
        .resting_on(ids),
        (true, false, _) => {
            Verdict::new(subject(v6), Status::Fail, "is open on IPv4, closed on IPv6").resting_on(ids)
        }
        (true, true, _) => Verdict::new(subject(v6), Status::Pass, "is open on both families").resting_on(ids),
        (false, false, _) => Verdict::new(subject(v6), Status::Pass, "is closed on both families").resting_on(ids),
    })
}

/// The port of https must answer on every published address.
fn web_ports_open(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_web = |o: &&Observation<Knock>| {
        let Knock { at, greet, beside } = o.question;
        greet == Greet::Nothing
            && beside.is_none()
            && spec.origins().any(|origin| origin.port == at.port())
            && !spec.vantage.control.contains(&at.ip())
    };
    let verdicts = seen.asked::<Knock>().filter(is_web).map(|o| {
        let at = o.question.at;
        let subject = Subject::Port(at.port(), at.ip());
        let verdict = match &o.outcome {
            Err(error) if error.kind == ErrorKind::Unreachable => {
                Verdict::new(subject, Status::Fail, error.to_string())
            }
            Err(error) if is_local(&error.kind) => Verdict::new(subject, Status::Unknown, error.to_string()),
            _ => return given(o, subject, |state| web_word(seen, at.ip(), state)).expected("open"),
        };
        verdict.resting_on([o.id()]).expected("open")
    });
    verdicts.collect()
}

fn web_word(seen: &Seen, ip: IpAddr, state: &PortState) -> Word {
    let family = Family::of(ip);
    match state {
        PortState::Open { reset: true, .. } => fail("the connection is accepted, then reset"),
        PortState::Open { .. } => pass("takes connections"),
        PortState::Refused => fail("refuses connections, yet the name leads here"),
        PortState::Rejected { offender } => fail(format!("is rejected by {offender}, yet the name leads here")),
        PortState::Filtered if answers_somewhere(seen, family).is_some() => {
            fail(format!("is silent while {family} works from here, yet the name leads here"))
        }
        PortState::Filtered => unknown(format!("is silent, and nothing else answers over {family} from here")),
    }
}
