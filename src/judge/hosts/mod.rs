//! Is another name in the Host field refused, and is none ever given back?

mod ambiguous;
mod answer;
mod websocket;

use std::collections::BTreeMap;

use super::answered::{baseline, control, is_broken, shut_out, subject};
use super::https::door::{Door, door};
use super::{Check, Word, check, fail, pass, unknown, worst};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, ErrorKind, Exchange, Forgery, Http, Observation, Place, ProbeError, Seen, Sni};
use crate::spec::Spec;
use crate::target::{Host, Scheme};

use answer::{Got, followed, got};

pub(super) const CHECKS: &[Check] = &[
    check!("hosts/unknown-host-rejected", unknown_host_rejected),
    check!("hosts/look-alike-host-rejected", look_alike_host_rejected),
    check!("hosts/address-host-rejected", address_host_rejected),
    check!("hosts/forged-host-not-reflected", forged_host_not_reflected),
    check!("hosts/redirect-host-fixed", redirect_host_fixed),
    check!("hosts/ambiguous-host-rejected", ambiguous::ambiguous_host_rejected),
    check!("hosts/websocket-origin-checked", websocket::origin_checked),
];

fn unknown_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    by_page(spec, seen, |forgery, _| forgery == Forgery::Foreign, refused)
}

fn look_alike_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.origins().all(|origin| origin.host.name().is_none()) {
        return vec![Verdict::new(Subject::Site, Status::Skip, "the site is an address: no name is like it")];
    }
    let alike = |forgery, _: &Http| {
        matches!(
            forgery,
            Forgery::Suffix
                | Forgery::Prefix
                | Forgery::UnescapedDot(_)
                | Forgery::UserInfo
                | Forgery::Subdomain
                | Forgery::Localhost
                | Forgery::Loopback
        )
    };
    let verdicts = by_page(spec, seen, alike, |spec, seen, o, forgery| {
        let word = refused(spec, seen, o, forgery);
        let meant = matches!(forgery, Forgery::Subdomain | Forgery::Localhost | Forgery::Loopback);
        match word {
            // Nothing is written: health checks use such names.
            (Status::Fail, message) if meant && spec.hosts.trusted.is_none() => {
                pass(format!("{message}; hosts.trusted is not written"))
            }
            word => word,
        }
    });
    let expected = spec.promised("no name but the site's own", "hosts.trusted");
    verdicts.into_iter().map(|verdict| verdict.expected(expected.clone())).collect()
}

fn address_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if matches!(spec.site.host, Host::Address(_)) {
        return vec![Verdict::new(Subject::Site, Status::Skip, "the site is an address")];
    }
    by_page(spec, seen, |forgery, _| forgery == Forgery::Address, refused)
}

fn forged_host_not_reflected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let beside = |forgery: Forgery, question: &Http| {
        forgery.field().is_some() || forgery == Forgery::Foreign && question.at.scheme == Scheme::Https
    };
    by_page(spec, seen, beside, |spec, seen, o, forgery| match &o.outcome {
        Err(error) => rejected(spec, seen, o, error),
        Ok(exchange) => reflected(spec, seen, o, exchange, named(forgery)),
    })
}

/// A redirect to https of whatever was named: the default of many proxies, and no name of the site is involved.
fn redirect_host_fixed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let in_clear = |forgery, question: &Http| forgery == Forgery::Foreign && question.at.scheme == Scheme::Http;
    by_page(spec, seen, in_clear, |spec, seen, o, forgery| {
        let is_led = |exchange: &Exchange| {
            let base = baseline(spec, seen, &o.question)?.outcome.as_ref().ok()?;
            let host = forgery.host(&o.question.at, seen.observations().nonce);
            Some(got(spec, seen, o, &exchange.hops[0], base, &host) == Got::Upgrade)
        };
        match (&o.outcome, o.outcome.as_ref().ok().and_then(is_led)) {
            (Ok(exchange), Some(true)) => {
                fail(format!("{} is led to https of that name: {}", named(forgery), exchange.first().status))
            }
            _ => match refused(spec, seen, o, forgery) {
                // Who is served is another check's matter.
                (Status::Fail, message) => pass(message),
                word => word,
            },
        }
    })
}

fn reflected(spec: &Spec, seen: &Seen, o: &Observation<Http>, exchange: &Exchange, name: &str) -> Word {
    let answer = exchange.first();
    let base = baseline(spec, seen, &o.question).and_then(|base| base.outcome.as_ref().ok());
    if let Some(place) = followed(answer) {
        fail(format!("{name} comes back in {}", words(place)))
    } else if let Some(why) = shut_out(answer) {
        unknown(why)
    } else if is_broken(base.map(|base| &base.last().response), answer) {
        unknown(format!("{name} gets {}: nobody can tell whether it comes back", answer.status))
    } else if answer.content.coded.is_some() {
        unknown(format!("{name} gets {} in a coding that nobody asked for", answer.status))
    } else {
        believed(spec, seen, o, format!("{name} does not come back"))
    }
}

/// Whether a wrong name is refused: everything but the application's own answer is.
fn refused(spec: &Spec, seen: &Seen, o: &Observation<Http>, forgery: Forgery) -> Word {
    let exchange = match &o.outcome {
        Err(error) => return rejected(spec, seen, o, error),
        Ok(exchange) => exchange,
    };
    let answer = exchange.first();
    if let Some(why) = shut_out(answer) {
        return unknown(why);
    }
    let Some(Ok(base)) = baseline(spec, seen, &o.question).map(|base| base.outcome.as_ref()) else {
        return unknown("the true Host has no answer to compare with");
    };
    let (name, status) = (named(forgery), answer.status);
    let host = forgery.host(&o.question.at, seen.observations().nonce);
    let got = got(spec, seen, o, &exchange.hops[0], base, &host);
    match told(spec, seen, o, got, name, status) {
        (Status::Fail, message) if is_trusted(spec, &host) => pass(format!("{message}, within hosts.trusted")),
        word => word,
    }
}

/// What an answer to a wrong name means.
fn told(spec: &Spec, seen: &Seen, o: &Observation<Http>, got: Got, name: &str, status: u16) -> Word {
    match got {
        Got::Application => fail(format!("{name} gets the application: {status}")),
        Got::ItsOwnName(place) => fail(format!("{name} comes back in {}", words(place))),
        Got::Undecided => unknown(format!("{name} gets the same {status} as the true Host: nobody can tell")),
        Got::Cousin => {
            unknown(format!("{name} gets {status} and a page much like the site's: nobody can tell whose it is"))
        }
        Got::Unread => unknown(format!("{name} gets {status} in a coding that nobody asked for")),
        Got::Broken => unknown(format!("{name} gets {status}: that refuses nothing for good")),
        Got::Nothing => believed(spec, seen, o, format!("{name} gets an empty {status}")),
        Got::Upgrade => believed(spec, seen, o, format!("{name} is led to https of that name: {status}")),
        Got::Site => believed(spec, seen, o, format!("{name} is led to the site: {status}")),
        Got::Elsewhere => believed(spec, seen, o, format!("{name} is led elsewhere: {status}")),
        Got::Another => believed(spec, seen, o, format!("{name} gets {status} and another content")),
        Got::Refusal => believed(spec, seen, o, format!("{name} gets {status}")),
    }
}

/// Whether the owner wrote the name, or a `*.example.com` that covers it.
fn is_trusted(spec: &Spec, host: &str) -> bool {
    let covers = |name: &String| match name.strip_prefix("*.") {
        Some(above) => host.strip_suffix(above).is_some_and(|below| below.ends_with('.')),
        None => host == name,
    };
    spec.hosts.trusted.iter().flatten().any(covers)
}

/// No answer at all may be a refusal: an alert, a closed or a refused connection.
fn rejected(spec: &Spec, seen: &Seen, o: &Observation<Http>, error: &ProbeError) -> Word {
    if o.question.at.scheme == Scheme::Http {
        return match door(spec, seen, o) {
            Door::Shut(why) => pass(why),
            Door::Unclear(word) => word,
            Door::Answered(_) => unknown(error.to_string()),
        };
    }
    let how = match &error.kind {
        ErrorKind::Alert(name) => format!("TLS ends with the alert {name}"),
        ErrorKind::Closed => "the connection is closed".into(),
        ErrorKind::Reset => "the connection is reset".into(),
        _ => return unknown(error.to_string()),
    };
    believed(spec, seen, o, how)
}

/// A refusal counts between two good answers to the true Host.
fn believed(spec: &Spec, seen: &Seen, o: &Observation<Http>, words: String) -> Word {
    match control(spec, seen, &o.question.at) {
        Ok(()) => pass(words),
        Err(why) => why,
    }
}

/// One verdict a page and address: the worst of its forms.
fn by_page(
    spec: &Spec,
    seen: &Seen,
    of_kind: impl Fn(Forgery, &Http) -> bool,
    word: impl Fn(&Spec, &Seen, &Observation<Http>, Forgery) -> Word,
) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Host { forgery, sni } = o.question.ask else { continue };
        if !of_kind(forgery, &o.question) {
            continue;
        }
        let (status, message) = word(spec, seen, o, forgery);
        let message = match (o.question.at.scheme, sni) {
            (Scheme::Http, _) | (_, Sni::Own) => message,
            (_, Sni::Forged) => format!("{message} (its own SNI)"),
            (_, Sni::Absent) => format!("{message} (no SNI)"),
        };
        pages.entry(subject(&o.question)).or_default().push(((status, message), o.id()));
    }
    pages.into_iter().map(|(subject, words)| worst(subject, words)).collect()
}

fn named(forgery: Forgery) -> &'static str {
    match forgery {
        Forgery::Foreign => "an unknown Host",
        Forgery::Suffix => "the name with another domain behind it",
        Forgery::Prefix => "the name with letters before it",
        Forgery::UnescapedDot(_) => "the name with a letter for a dot",
        Forgery::UserInfo => "the name before an @",
        Forgery::Subdomain => "a random name below the site's",
        Forgery::Localhost => "localhost",
        Forgery::Loopback => "127.0.0.1",
        Forgery::Address => "the bare address",
        Forgery::XForwardedHost => "X-Forwarded-Host",
        Forgery::XHost => "X-Host",
        Forgery::XForwardedServer => "X-Forwarded-Server",
        Forgery::Forwarded => "Forwarded",
        Forgery::OwnFirst => "two Hosts, the site's first,",
        Forgery::OwnLast => "two Hosts, the site's last,",
        Forgery::Empty => "an empty Host",
        Forgery::Missing => "no Host",
        Forgery::Space => "two names with a space between them",
        Forgery::UserBefore => "another name before an @",
        Forgery::PortUser => "another name behind the port",
        Forgery::ForeignTarget => "another site in the target",
        Forgery::OwnTarget => "the site in the target and another Host",
    }
}

fn words(place: Place) -> &'static str {
    match place {
        Place::Location => "Location",
        Place::CookieDomain => "the Domain of a cookie",
        Place::Canonical => "the canonical link",
        Place::FormAction => "the action of a form",
        Place::Base => "the base of the page",
        Place::Refresh => "a refresh",
        Place::OpenGraph => "og:url",
        Place::Href => "a link",
        Place::Script => "the address of a script",
        Place::Text => "the text",
    }
}

#[cfg(test)]
mod tests;
