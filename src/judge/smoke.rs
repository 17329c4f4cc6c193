//! Does the application work?

use super::{Check, Word, check, fail, given, pass, unknown};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Addresses, Ask, Http, Lookup, Observation, Seen};
use crate::spec::Spec;

use super::answered::{shut_out, subject};

pub(super) const CHECKS: &[Check] =
    &[check!("smoke/names-resolve", names_resolve), check!("smoke/site-answers", site_answers)];

/// More addresses than this are not looked at (`plan::names`).
const MOST_ADDRESSES: usize = 64;

fn names_resolve(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let names = spec.origins().filter_map(|origin| origin.host.name());
    let mut verdicts: Vec<Verdict> = names.map(|name| resolves(spec, seen, name)).collect();
    if verdicts.is_empty() {
        verdicts.push(Verdict::new(Subject::Site, Status::Skip, "the site is an address"));
    }
    verdicts
}

fn resolves(spec: &Spec, seen: &Seen, name: &str) -> Verdict {
    let subject = Subject::Name(name.into());
    let lookups: Vec<&Observation<Lookup>> = seen.asked::<Lookup>().filter(|o| o.question.name == name).collect();
    if let Some(o) = lookups.iter().find(|o| o.outcome.is_err()) {
        return given(o, subject, |_| unknown("no answer"));
    }
    let ids = lookups.iter().map(|o| o.id());
    let answers: Vec<&Addresses> = lookups.iter().filter_map(|o| o.outcome.as_ref().ok()).collect();
    let (status, message) = resolution(spec, &answers);
    let verdict = Verdict::new(subject, status, message).resting_on(ids);
    match answers.iter().any(|answer| answer.pinned) {
        true => verdict.declared(format!("addresses of {name} given by --resolve")),
        false => verdict,
    }
}

fn resolution(spec: &Spec, answers: &[&Addresses]) -> Word {
    let count: usize = answers.iter().map(|answer| answer.addresses.len()).sum();
    let most = answers.iter().map(|answer| answer.addresses.len()).max().unwrap_or(0);
    let dangling = answers.iter().flat_map(|answer| answer.aliases.last()).next();
    match (count, dangling) {
        _ if answers.is_empty() => unknown("nothing was asked"),
        (0, Some(alias)) => fail(format!("leads to {alias}, which has no address")),
        (0, None) if answers.iter().any(|answer| answer.absent) => fail("does not exist (NXDOMAIN)"),
        (0, None) if spec.scope.family.is_some() => unknown("has no address of the family that was asked"),
        (0, None) => fail("has no address"),
        _ if most > MOST_ADDRESSES => {
            unknown(format!("has {most} addresses, of which {MOST_ADDRESSES} are looked at"))
        }
        (count, _) => pass(format!("has {count} address{}", if count == 1 { "" } else { "es" })),
    }
}

/// `/` and each configured path answers at each address.
fn site_answers(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let visits = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit);
    visits
        .map(|o| {
            given(o, subject(&o.question), |exchange| {
                let last = &exchange.last().response;
                if let Some(why) = shut_out(last) {
                    return unknown(why);
                }
                match (last.status, &exchange.stopped) {
                    (_, Some(crate::observation::Stopped::Error(error))) => unknown(error.to_string()),
                    (_, Some(crate::observation::Stopped::Loop | crate::observation::Stopped::TooMany)) => {
                        fail("redirects without end")
                    }
                    (status @ (401 | 403), _) => pass(format!("answers {status}: a visitor is asked to sign in")),
                    (404, _) if o.question.path == "/" && !spec.lines.contains_key("paths") => {
                        leaning(seen, &o.question)
                    }
                    (status @ ..=399, _) => pass(format!("answers {status}")),
                    (status, _) => fail(format!("answers {status}")),
                }
            })
        })
        .collect()
}

/// Nobody named a path, and `/` has nothing: a common health path will do.
fn leaning(seen: &Seen, root: &Http) -> Word {
    let healthy = seen.asked::<Http>().find(|o| {
        o.question.ask == Ask::Health
            && o.question.at == root.at
            && o.outcome.as_ref().is_ok_and(|exchange| exchange.first().status == 200)
    });
    match healthy {
        Some(o) => pass(format!("answers 404, and {} answers 200", o.question.path)),
        None => unknown("answers 404, and no common health path answers: name a path in golive.toml"),
    }
}
