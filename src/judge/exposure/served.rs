//! Whether what was asked for is served. Its content tells, between two good answers and beside a random path.

use crate::finding::{Status, Verdict};
use crate::judge::answered::{baseline, control, is_broken, shut_out, subject};
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Ask, Content, ErrorKind, Http, Observation, Response, Seen};
use crate::spec::Spec;
use crate::target::Endpoint;

/// Served is what `recognised` knows; anything else is hidden.
pub(super) fn verdict(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Http>,
    recognised: impl Fn(&Content) -> Option<String>,
) -> Verdict {
    let (status, message) = word(spec, seen, o, recognised);
    Verdict::new(subject(&o.question), status, message).resting_on([o.id()])
}

/// The same with what `exposure.public` names: it is meant to be seen.
pub(super) fn unless_public(spec: &Spec, verdict: Verdict, path: &str) -> Verdict {
    match (verdict.status, meant(spec, path)) {
        (Status::Fail, Some(entry)) => declared(verdict, entry),
        _ => verdict,
    }
}

pub(super) fn declared(verdict: Verdict, entry: &str) -> Verdict {
    let message = format!("{}, and exposure.public names {entry}", verdict.message);
    Verdict { status: Status::Pass, message, ..verdict }.declared(format!("{entry} public"))
}

/// The entry that covers a path: itself, or a prefix that ends in a slash. All of the site is never meant.
fn meant<'a>(spec: &'a Spec, path: &str) -> Option<&'a str> {
    let bare = path.split('?').next().unwrap_or(path);
    let covers = |entry: &&String| match entry.strip_suffix('/') {
        Some("") => bare == "/",
        Some(folder) => bare == folder || bare.starts_with(entry.as_str()),
        None => bare.strip_suffix('/').unwrap_or(bare) == entry.as_str(),
    };
    spec.exposure.public.iter().find(covers).map(String::as_str)
}

fn word(spec: &Spec, seen: &Seen, o: &Observation<Http>, recognised: impl Fn(&Content) -> Option<String>) -> Word {
    let answer = match &o.outcome {
        Ok(exchange) => exchange.first(),
        Err(error) => match error.kind {
            ErrorKind::Closed | ErrorKind::Reset => {
                return hidden(spec, seen, &o.question.at, "is answered by a closed connection");
            }
            _ => return unknown(error.to_string()),
        },
    };
    let same = is_same_as_nothing(seen, &o.question, answer);
    if let (200..=299, false, Some(what)) = (answer.status, same, recognised(&answer.content)) {
        return fail(format!("is served: {what}"));
    }
    if let Some(why) = shut_out(answer) {
        return unknown(why);
    }
    let base = baseline(spec, seen, &Http { path: spec.paths[0].clone(), ..o.question.clone() });
    let base = base.and_then(|base| base.outcome.as_ref().ok()).map(|exchange| &exchange.last().response);
    match answer.status {
        status if is_broken(base, answer) => {
            unknown(format!("is answered with {status}: that hides nothing for good"))
        }
        200..=299 if answer.content.coded.is_some() => unknown("is answered in a coding that nobody asked for"),
        200..=299 if answer.content.length == 0 => hidden(spec, seen, &o.question.at, "is answered with nothing"),
        status @ 200..=299 if same => {
            hidden(spec, seen, &o.question.at, &format!("is answered with {status} like any path"))
        }
        status @ 200..=299 => {
            hidden(spec, seen, &o.question.at, &format!("is answered with {status} and another content"))
        }
        status => hidden(spec, seen, &o.question.at, &format!("is answered with {status}")),
    }
}

/// Whether a random path is answered with the same content: then it is no file, whatever it looks like.
pub(super) fn is_same_as_nothing(seen: &Seen, question: &Http, answer: &Response) -> bool {
    let random = Http { path: "/".into(), ask: Ask::Absent, ..question.clone() };
    seen.answer(&random).is_some_and(|exchange| {
        let first = exchange.first();
        (200..=299).contains(&first.status) && first.content.is_like(&answer.content)
    })
}

pub(super) fn hidden(spec: &Spec, seen: &Seen, at: &Endpoint, words: &str) -> Word {
    match control(spec, seen, at) {
        Ok(()) => pass(words),
        Err(why) => why,
    }
}
