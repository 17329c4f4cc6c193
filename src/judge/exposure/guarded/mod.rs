//! Does what asks for a login refuse strangers, however they write its address?

use std::collections::BTreeMap;

use super::served::hidden;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{baseline, is_broken, off_site, shut_out, subject};
use crate::judge::{Word, fail, unknown, worst};
use crate::observation::{
    Ask, ErrorKind, Exchange, Http, Mark, Observation, Response, Seen, Stopped, Trick, names_login,
};
use crate::spec::Spec;

pub(super) fn guarded_path_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Trick, &Observation<Http>)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        if let Ask::Guarded { trick, round: 0 } = o.question.ask
            && trick != Trick::Beside
        {
            pages.entry(subject(&o.question)).or_default().push((trick, o));
        }
    }
    let is_visited = |o: &Observation<Http>| o.question.ask == Ask::Visit && o.outcome.is_ok();
    if pages.is_empty() && spec.exposure.guarded.is_empty() && seen.asked::<Http>().any(is_visited) {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no guarded path").unseen()];
    }
    let expected = spec.promised("401, 403, 404 or a login", "exposure.guarded");
    let verdicts = pages.into_iter().map(|(subject, asked)| {
        let mut words: Vec<(Word, String)> =
            asked.into_iter().map(|(trick, o)| (word(spec, seen, o, trick), o.id())).collect();
        // What is open needs no trick: the plain request stands first.
        if words.first().is_some_and(|((status, _), _)| *status == Status::Fail) {
            words.truncate(1);
        }
        worst(subject, words).expected(expected.clone())
    });
    verdicts.collect()
}

fn word(spec: &Spec, seen: &Seen, o: &Observation<Http>, trick: Trick) -> Word {
    let name = named(trick);
    let exchange = match &o.outcome {
        Ok(exchange) => exchange,
        Err(error) if matches!(error.kind, ErrorKind::Closed | ErrorKind::Reset) => {
            return hidden(spec, seen, &o.question.at, &format!("{name} gets a closed connection"));
        }
        Err(error) => return unknown(error.to_string()),
    };
    let last = &exchange.last().response;
    if let Some(why) = shut_out(last) {
        return unknown(why);
    }
    match &exchange.stopped {
        Some(Stopped::Error(error)) => return unknown(error.to_string()),
        Some(_) if last.leads_to_login() => {
            return hidden(spec, seen, &o.question.at, &format!("{name} is led to a login"));
        }
        Some(Stopped::OffSite) => {
            return hidden(spec, seen, &o.question.at, &format!("{name} {}", off_site(exchange)));
        }
        Some(Stopped::PlainHttp) => return unknown(format!("{name} is led back to plain http")),
        Some(Stopped::Loop | Stopped::TooMany) => return unknown(format!("{name} is redirected without end")),
        None => {}
    }
    let base = baseline(spec, seen, &Http { path: spec.paths[0].clone(), ..o.question.clone() });
    let base = base.and_then(|base| base.outcome.as_ref().ok()).map(|exchange| &exchange.last().response);
    match last.status {
        status if is_broken(base, last) => unknown(format!("{name} gets {status}: that refuses nothing for good")),
        200..=299 => shown(spec, seen, o, trick, exchange),
        status @ (300..=399 | 401 | 403 | 404 | 410) => {
            hidden(spec, seen, &o.question.at, &format!("{name} gets {status}"))
        }
        status @ 400..=499 if trick != Trick::Plain => {
            hidden(spec, seen, &o.question.at, &format!("{name} gets {status}"))
        }
        status => unknown(format!("{name} gets {status}: nobody can tell whether a login is asked for")),
    }
}

/// A page is what a login guards unless it is one that anybody gets.
fn shown(spec: &Spec, seen: &Seen, o: &Observation<Http>, trick: Trick, exchange: &Exchange) -> Word {
    let name = named(trick);
    let last = &exchange.last().response;
    let status = last.status;
    if last.content.coded.is_some() {
        return unknown(format!("{name} gets {status} in a coding that nobody asked for"));
    }
    if let Some(words) = harmless(spec, seen, o, trick, exchange) {
        return hidden(spec, seen, &o.question.at, &format!("{name} {words}"));
    }
    if asks_password(last) {
        return unknown(format!("{name} gets {status} and another page that asks for a password"));
    }
    let second = seen.find(&Http { ask: Ask::Guarded { trick, round: 1 }, ..o.question.clone() });
    match second.map(|again| &again.outcome) {
        Some(Ok(again)) => {
            let response = &again.last().response;
            let is_good = (200..=299).contains(&response.status) && shut_out(response).is_none();
            match is_good && harmless(spec, seen, o, trick, again).is_none() {
                true => fail(format!("{name} gets {status} and what no stranger should see")),
                false => unknown(format!("{name} gets {status} and another page, and then {}", response.status)),
            }
        }
        Some(Err(error)) => unknown(format!("{name} gets {status} and another page, and then {error}")),
        None => unknown(format!("{name} gets {status} and another page, once")),
    }
}

/// The login, the front page, what every path gets, or nothing.
fn harmless(spec: &Spec, seen: &Seen, o: &Observation<Http>, trick: Trick, exchange: &Exchange) -> Option<String> {
    let last = &exchange.last().response;
    let led = exchange.hops.len() > 1;
    let target = &exchange.last().request.target;
    let page = |ask: Ask, path: &str| {
        let asked = seen.answer(&Http { path: path.into(), ask, ..o.question.clone() })?;
        Some(&asked.last().response)
    };
    let guarded = |trick| page(Ask::Guarded { trick, round: 0 }, &o.question.path);
    let is_like = |other: Option<&Response>| other.is_some_and(|other| other.content.is_like(&last.content));
    let front = &spec.paths[0];
    if last.content.length == 0 {
        Some(format!("gets {} and nothing", last.status))
    } else if led && names_login(target) {
        Some("is led to a login".into())
    } else if is_like(guarded(Trick::Beside)) || is_like(page(Ask::Absent, "/")) {
        Some(format!("gets {} and what any path gets", last.status))
    } else if *front != o.question.path && is_like(page(Ask::Visit, front)) {
        Some(format!("gets {} and the front page", last.status))
    } else if trick == Trick::Plain {
        let elsewhere = led && !is_below(target, &o.question.path);
        let asks = asks_password(last).then(|| format!("gets {} and is asked for a password", last.status));
        asks.or_else(|| elsewhere.then(|| "is led to another page".into()))
    } else if is_like(guarded(Trick::Plain)) {
        Some(format!("gets {} and what the path itself gets", last.status))
    } else {
        (led && !is_below(target, &o.question.path)).then(|| "is led to another page".into())
    }
}

/// Whether a redirect ends at the guarded path again: with a slash, in another case, below a locale.
fn is_below(target: &str, path: &str) -> bool {
    let segments = |text: &str| -> Vec<String> {
        let bare = text.split('?').next().unwrap_or_default().to_ascii_lowercase();
        bare.split('/').filter(|part| !part.is_empty()).map(String::from).collect()
    };
    let (target, path) = (segments(target), segments(path));
    match path.len() {
        0 => target.iter().all(|part| is_locale(part)),
        length => target.windows(length).any(|part| part == path),
    }
}

/// `en`, `pt-br` (RFC 5646 §2.1): a redirect to a language is no guard.
fn is_locale(segment: &str) -> bool {
    let (language, region) = segment.split_once(['-', '_']).unwrap_or((segment, "xx"));
    [language, region].iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn asks_password(response: &Response) -> bool {
    response.content.marks.contains(&Mark::Login)
}

fn named(trick: Trick) -> String {
    match trick {
        Trick::Plain | Trick::Beside => "a stranger".into(),
        Trick::Slash => "the path with its last slash added or taken away".into(),
        Trick::DoubleSlash => "the path behind a second slash".into(),
        Trick::Case => "the path in other case".into(),
        Trick::EncodedSlash => "the path with %2f".into(),
        Trick::Semicolon => "the path with a semicolon".into(),
        Trick::DotSegment => "the path behind /./".into(),
        Trick::Subrequest(_) => {
            let (field, value) = trick.field().unwrap_or_default();
            format!("{field}: {value}")
        }
    }
}

#[cfg(test)]
mod tests;
