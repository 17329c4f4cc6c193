//! Is the reverse proxy the only thing that the internet can reach?

mod origin;
mod swept;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::answered::{is_application, shut_out};
use super::vantage::{
    Egress, answers_everywhere, answers_for_all, answers_somewhere, egress, is_doubtful, lookups, published,
    refusal, rejection, speaks_tls,
};
use super::{Check, Word, check, fail, given, pass, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, ErrorKind, Greet, Http, Knock, Observation, PortState, Seen};
use crate::spec::{ClosedPort, Spec};
use crate::target::Family;

pub(super) const CHECKS: &[Check] = &[
    check!("ports/datastore-port-closed", datastore_port_closed),
    check!("ports/app-port-closed", app_port_closed),
    check!("ports/only-expected-ports-open", swept::only_expected_ports_open),
    check!("ports/families-agree", families_agree),
    check!("ports/web-ports-open", web_ports_open),
    check!("ports/origin-refuses-world", origin::refuses_world),
];

pub(super) fn datastore_port_closed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let closed: Vec<&ClosedPort> = spec.ports.closed.iter().filter(|port| port.is_datastore()).collect();
    if closed.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no datastore in ports.closed")];
    }
    let knocks = knocks(seen, &closed);
    let judged = knocks
        .map(|(o, port)| is_closed(spec, seen, o, false, |greeting| datastore_words(&port.service, greeting)));
    judged.collect()
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
        is_closed(spec, seen, o, words.is_some(), |greeting| match (words, greeting) {
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
    let mut found: Vec<(bool, bool, String, String)> = asked
        .filter_map(|o| {
            let exchange = o.outcome.as_ref().ok()?;
            let base = origin::visit(spec, seen, &o.question);
            let same = base.is_some_and(|base| is_application(base, None, exchange.first()));
            let status = exchange.first().status;
            let url = o.question.at.url(&o.question.path);
            let answered = format!("answers {status} to GET {url}");
            let software = exchange.first().content.software();
            let words = match software {
                _ if same => format!("the application answers without the proxy: {status} to GET {url}"),
                Some(name) => format!("{name} {answered}"),
                None => format!("an HTTP server {answered}"),
            };
            Some((!same, software.is_none(), o.id(), words))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(.., id, words)| (id, words)).collect()
}

/// Knocks on these ports at the site's addresses.
fn knocks<'a>(
    seen: &'a Seen,
    ports: &[&'a ClosedPort],
) -> impl Iterator<Item = (&'a Observation<Knock>, &'a ClosedPort)> {
    let ports = ports.to_vec();
    // A control is greeted with nothing; the site's closed ports never are.
    let is_first =
        |greet| !matches!(greet, Greet::Nothing | Greet::PostgresqlStartup | Greet::PostgresqlStartupTls);
    seen.asked::<Knock>().filter(move |o| is_first(o.question.greet)).filter_map(move |o| {
        let port = ports.iter().find(|port| port.port == o.question.at.port())?;
        Some((o, *port))
    })
}

/// Open fails whatever follows, unless it says nothing where every port is open. Closed is believed while the web port
/// of the same address answers.
fn is_closed(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Knock>,
    speaks: bool,
    open: impl FnOnce(Option<&str>) -> String,
) -> Verdict {
    let at = o.question.at;
    if let Some(verdict) = of_a_network(seen, o) {
        return verdict;
    }
    let mut proof = vec![];
    let mut declared = None;
    // A service that says what it is has been met, whoever passed the connection on.
    let talks = speaks || matches!(o.outcome, Ok(PortState::Open { greeting: Some(_), .. }));
    let doubt = answers_everywhere(seen, at.ip()).filter(|_| !talks);
    let proxy = answers_for_all(spec, seen, Family::of(at.ip())).filter(|_| !talks);
    let verdict = given(o, Subject::Port(at.port(), at.ip()), |state| match state {
        _ if let Some((why, id)) = proxy => {
            proof.push(id);
            unknown(why)
        }
        PortState::Open { .. } if let Some(why) = doubt => unknown(format!("takes connections, but {why}")),
        PortState::Open { reset: true, .. } => fail("the connection is accepted, then reset: something listens"),
        PortState::Open { greeting, .. } => fail(open(greeting.as_deref())),
        PortState::Refused => {
            let (word, id) = refusal(spec, seen, at);
            proof.extend(id);
            unless_unknown(word, || believed(spec, seen, at.ip(), "refuses connections".into()))
        }
        PortState::Rejected { offender } => {
            let (word, id) = rejection(spec, seen, at, *offender);
            proof.extend(id);
            unless_unknown(word, || believed(spec, seen, at.ip(), format!("is rejected by {offender}")))
        }
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

/// What answers for a content delivery network is not the host, unless it says what it is.
fn of_a_network(seen: &Seen, o: &Observation<Knock>) -> Option<Verdict> {
    let at = o.question.at;
    let (network, id) = seen.observations().cdn_at(at.ip())?;
    if let Ok(PortState::Open { greeting: Some(_), .. }) = o.outcome {
        return None;
    }
    let message = format!("{network} answers at this address: its ports say nothing of the host");
    Some(Verdict::new(Subject::Port(at.port(), at.ip()), Status::Skip, message).resting_on([id, o.id()]))
}

/// What follows from a refusal that is the host's.
fn unless_unknown(word: Word, then: impl FnOnce() -> Word) -> Word {
    if word.0 == Status::Pass { then() } else { word }
}

/// A host that shuts us out refuses everything: "closed" needs a web port that answers, now and at the end. What the
/// site says there does not matter, unless it sends us away.
fn believed(spec: &Spec, seen: &Seen, ip: IpAddr, words: String) -> Word {
    if origin::is_hidden(spec, seen, ip) {
        // It owes visitors no web port, and was asked nothing that it could shut us out for.
        return pass(words);
    }
    let ports: Vec<u16> = spec.origins().map(|origin| origin.port).collect();
    let opens = |o: &Observation<Knock>| matches!(o.outcome, Ok(PortState::Open { reset: false, .. }));
    let is_web = |o: &&Observation<Knock>| is_bare(o) && o.question.at.ip() == ip;
    let mut web = seen.asked::<Knock>().filter(is_web).filter(|o| ports.contains(&o.question.at.port()));
    if !web.any(opens) {
        return unknown(format!("{words}, but no web port of this address takes connections"));
    }
    let again = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Again && o.question.at.ip == ip);
    let held = again.map(|o| match &o.outcome {
        Ok(exchange) => shut_out(exchange.first()).map_or(Ok(()), Err),
        Err(error) => Err(error.to_string()),
    });
    match held.min_by_key(Result::is_err) {
        Some(Ok(())) => pass(words),
        Some(Err(why)) => unknown(format!("{words}, but the site stopped answering: {why}")),
        None => unknown(format!("{words}, but the site was not asked again afterwards")),
    }
}

/// A knock that only asks whether a port takes connections.
fn is_bare(o: &Observation<Knock>) -> bool {
    o.question.greet == Greet::Nothing && o.question.beside.is_none()
}

/// A port that is closed on one family and open on the other is the gap that Docker and ufw leave.
fn families_agree(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let all: Vec<&ClosedPort> = spec.ports.closed.iter().collect();
    let mut by_port = swept::by_port(spec, seen);
    if all.is_empty() && by_port.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no port in ports.closed")];
    }
    let mut networks = vec![];
    for (o, port) in knocks(seen, &all) {
        match is_closed(spec, seen, o, false, |_| "port is open".into()) {
            verdict if verdict.status == Status::Skip => networks.push(verdict),
            verdict => by_port.entry(port.port).or_default().push(verdict),
        }
    }
    let verdicts: Vec<Verdict> = by_port.into_iter().filter_map(|(port, all)| agreement(port, all)).collect();
    if !verdicts.is_empty() || seen.asked::<Knock>().next().is_none() {
        return verdicts;
    }
    if let Some(first) = networks.into_iter().next() {
        return vec![Verdict { subject: Subject::Site, ..first }];
    }
    if let Some(o) = lookups(spec, seen).find(|o| o.outcome.is_err()) {
        return vec![given(o, Subject::Site, |_| unknown("no answer"))];
    }
    let families: BTreeSet<Family> = published(spec, seen).into_iter().map(Family::of).collect();
    vec![match families.len() {
        2.. => Verdict::new(Subject::Site, Status::Unknown, "the addresses of one family were not asked"),
        _ => Verdict::new(Subject::Site, Status::Skip, "the site has addresses of one family"),
    }]
}

/// What is known of one port at the addresses of both families; `None` where only one was asked.
fn agreement(port: u16, verdicts: Vec<Verdict>) -> Option<Verdict> {
    let address = |verdict: &Verdict| match verdict.subject {
        Subject::Port(_, ip) => Some(ip),
        _ => None,
    };
    let of = |family| verdicts.iter().filter(move |verdict| address(verdict).map(Family::of) == Some(family));
    let any = |family, status| of(family).any(|verdict| verdict.status == status);
    let all = |family, status| of(family).all(|verdict| verdict.status == status);
    let (_, ip) = (of(Family::V4).next()?, address(of(Family::V6).next()?)?);
    let (v4, v6) = (Family::V4, Family::V6);
    let unsure = verdicts.iter().find(|verdict| verdict.status == Status::Unknown);
    let (status, message) = if all(v4, Status::Pass) && any(v6, Status::Fail) {
        fail("is closed on IPv4, open on IPv6: the firewall covers IPv4 alone")
    } else if any(v4, Status::Fail) && all(v6, Status::Pass) {
        fail("is open on IPv4, closed on IPv6")
    } else if any(v4, Status::Fail) && any(v6, Status::Fail) {
        pass("is open on both families")
    } else if let Some(verdict) = unsure {
        unknown(verdict.message.clone())
    } else {
        pass("is closed on both families")
    };
    let declared =
        verdicts.iter().find_map(|verdict| verdict.declared.clone()).filter(|_| status != Status::Unknown);
    let evidence = verdicts.iter().flat_map(|verdict| verdict.evidence.clone());
    let verdict = Verdict::new(Subject::Port(port, ip), status, message).resting_on(evidence);
    Some(Verdict { declared, ..verdict })
}

/// The port of https must answer on every published address.
fn web_ports_open(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let is_web = |o: &&Observation<Knock>| {
        let at = o.question.at;
        is_bare(o)
            && spec.origins().any(|origin| origin.port == at.port())
            && !spec.vantage.control.contains(&at.ip())
            && !origin::is_hidden(spec, seen, at.ip())
    };
    let verdicts = seen.asked::<Knock>().filter(is_web).map(|o| {
        let at = o.question.at;
        let subject = Subject::Port(at.port(), at.ip());
        let verdict = match &o.outcome {
            Err(error) if error.kind == ErrorKind::Unreachable => {
                Verdict::new(subject, Status::Fail, error.to_string())
            }
            _ => return given(o, subject, |state| web_word(spec, seen, at, state)).expected("open"),
        };
        verdict.resting_on([o.id()]).expected("open")
    });
    verdicts.collect()
}

fn web_word(spec: &Spec, seen: &Seen, at: SocketAddr, state: &PortState) -> Word {
    let family = Family::of(at.ip());
    if let Some((why, _)) = answers_for_all(spec, seen, family) {
        return unknown(why);
    }
    match (state, answers_everywhere(seen, at.ip())) {
        (PortState::Open { .. }, Some(why)) if !speaks_tls(seen, at) => {
            unknown(format!("takes connections, but {why}"))
        }
        (PortState::Open { reset: true, .. }, _) => fail("the connection is accepted, then reset"),
        (PortState::Open { .. }, _) => pass("takes connections"),
        (PortState::Refused, _) => fail("refuses connections, yet the name leads here"),
        (PortState::Rejected { offender }, _) if is_doubtful(spec, seen, *offender, at.ip()) => {
            unknown(format!("is rejected by {offender}, which may be of our own network"))
        }
        (PortState::Rejected { offender }, _) => {
            fail(format!("is rejected by {offender}, yet the name leads here"))
        }
        (PortState::Filtered, _) if answers_somewhere(spec, seen, family).is_some() => {
            fail(format!("is silent while {family} works from here, yet the name leads here"))
        }
        (PortState::Filtered, _) => {
            unknown(format!("is silent, and nothing else answers over {family} from here"))
        }
    }
}

#[cfg(test)]
mod tests;
