//! Is another name in the Host field refused, and is none ever given back?

use std::collections::BTreeMap;

use super::answered::{baseline, control, is_application, shut_out, subject};
use super::{Check, Word, check, fail, pass, unknown, worst};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{
    Ask, ErrorKind, Exchange, Forgery, Http, Observation, Place, ProbeError, Response, Seen, Sni,
};
use crate::spec::Spec;
use crate::target::{Host, Scheme};

pub(super) const CHECKS: &[Check] = &[
    check!("hosts/unknown-host-rejected", unknown_host_rejected),
    check!("hosts/look-alike-host-rejected", look_alike_host_rejected),
    check!("hosts/address-host-rejected", address_host_rejected),
    check!("hosts/forged-host-not-reflected", forged_host_not_reflected),
];

fn unknown_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    by_page(spec, seen, |forgery, _| forgery == Forgery::Foreign, refused)
}

fn look_alike_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
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
        match (&spec.hosts.trusted, word) {
            // Nothing is written: health checks use such names.
            (None, (Status::Fail, message)) if meant => pass(format!("{message}; hosts.trusted is not written")),
            (Some(trusted), (Status::Fail, message)) if forgery == Forgery::Subdomain && covers(trusted, o) => {
                pass(format!("{message}, within hosts.trusted"))
            }
            (_, word) => word,
        }
    });
    let expected = spec.promised("no name but the site's own", "hosts.trusted");
    verdicts.into_iter().map(|verdict| verdict.expected(expected.clone())).collect()
}

/// Whether `*.example.com` in the owner's list covers names below the site's own.
fn covers(trusted: &[String], o: &Observation<Http>) -> bool {
    let below = format!(".{}", o.question.at.host);
    trusted.iter().filter_map(|name| name.strip_prefix('*')).any(|suffix| below.ends_with(suffix))
}

fn address_host_rejected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if matches!(spec.site.host, Host::Address(_)) {
        return vec![Verdict::new(Subject::Site, Status::Skip, "the site is an address")];
    }
    by_page(spec, seen, |forgery, _| forgery == Forgery::Address, refused)
}

fn forged_host_not_reflected(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let beside = |forgery, question: &Http| {
        is_beside(forgery) || forgery == Forgery::Foreign && question.at.scheme == Scheme::Https
    };
    by_page(spec, seen, beside, |spec, seen, o, forgery| match &o.outcome {
        Err(error) => rejected(spec, seen, o, error),
        Ok(exchange) => {
            if let Some(place) = followed(exchange.first()) {
                return fail(format!("{} comes back in {}", named(forgery), words(place)));
            }
            if let Some(why) = shut_out(exchange.first()) {
                return unknown(why);
            }
            believed(spec, seen, o, format!("{} does not come back", named(forgery)))
        }
    })
}

/// Fields beside the true Host.
fn is_beside(forgery: Forgery) -> bool {
    matches!(forgery, Forgery::XForwardedHost | Forgery::XHost | Forgery::XForwardedServer | Forgery::Forwarded)
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
    let name = named(forgery);
    if is_application(base, own_answer(seen, &o.question), answer) {
        return match answer.status {
            200..=399 => fail(format!("{name} gets the application: {}", answer.status)),
            status => unknown(format!("{name} gets the same {status} as the true Host: nobody can tell")),
        };
    }
    // Over plain HTTP a redirect to https of the same unknown name is what proxies do by default.
    if let Some(place) = followed(answer)
        && o.question.at.scheme == Scheme::Https
    {
        return fail(format!("{name} comes back in {}", words(place)));
    }
    let visited = base.last().response.status;
    match answer.status {
        500.. if visited < 500 => unknown(format!("{name} gets {}: that refuses nothing for good", answer.status)),
        status @ 200..=299 if answer.content.length == 0 => {
            believed(spec, seen, o, format!("{name} gets an empty {status}"))
        }
        status @ 200..=299 => believed(spec, seen, o, format!("{name} gets {status} and another content")),
        status @ 300..=399 => believed(spec, seen, o, format!("{name} is led elsewhere: {status}")),
        status => believed(spec, seen, o, format!("{name} gets {status}")),
    }
}

/// No answer at all may be a refusal: an alert, a closed or a refused connection.
fn rejected(spec: &Spec, seen: &Seen, o: &Observation<Http>, error: &ProbeError) -> Word {
    let how = match &error.kind {
        ErrorKind::Alert(name) => format!("TLS ends with the alert {name}"),
        ErrorKind::Closed => "the connection is closed".into(),
        ErrorKind::Reset => "the connection is reset".into(),
        ErrorKind::Refused => format!("port {} is closed", o.question.at.port),
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

/// What the proxy says on its own: the redirect from plain HTTP.
fn own_answer<'a>(seen: &'a Seen, question: &Http) -> Option<&'a Response> {
    let upgrade = seen.asked::<Http>().find(|o| {
        o.question.ask == Ask::Upgrade
            && o.question.at.ip == question.at.ip
            && o.question.at.host == question.at.host
    })?;
    upgrade.outcome.as_ref().ok().map(Exchange::first).filter(|response| response.is_redirect())
}

/// The place where our value came back and a browser follows it.
fn followed(response: &Response) -> Option<Place> {
    response.content.echoes.iter().map(|echo| echo.place).filter(|place| *place != Place::Text).min()
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
