//! Which origins may read answers.

mod fetch;
mod origins;

use std::collections::{BTreeMap, BTreeSet};

use super::answered::{baseline, control, shut_out, subject};
use super::{Check, Word, check, fail, pass, skip, unknown, worst};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, Claim, Http, Observation, Response, Seen};
use crate::spec::Spec;

use fetch::{Grant, allows_header, allows_method, grant, preflight_grant};
use origins::{is_below_own, is_promised, named};

pub(super) const CHECKS: &[Check] = &[
    check!("cors/cors-foreign-origin-refused", foreign_origin_refused),
    check!("cors/cors-null-origin-refused", null_origin_refused),
    check!("cors/cors-look-alike-origin-refused", look_alike_origin_refused),
    check!("cors/cors-plain-http-origin-refused", plain_http_origin_refused),
    check!("cors/cors-development-origin-refused", development_origin_refused),
    check!("cors/cors-subdomain-origin-refused", subdomain_origin_refused),
    check!("cors/cors-wildcard-alone", wildcard_alone),
    check!("cors/cors-varies", varies),
    check!("cors/cors-own-origin-allowed", own_origin_allowed),
];

fn foreign_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| *claim == Claim::Foreign)
}

fn null_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| *claim == Claim::Null)
}

fn look_alike_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| {
        matches!(
            claim,
            Claim::Suffix
                | Claim::MissingDot
                | Claim::MissingDotParent
                | Claim::UnescapedDot(_)
                | Claim::Separator(_)
                | Claim::EncodedSeparator
                | Claim::OtherPort
        )
    })
}

fn plain_http_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| *claim == Claim::PlainHttp)
}

fn development_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| matches!(claim, Claim::Development(_)))
}

/// A pattern for the whole own domain is common advice: it fails only where a narrower list is written.
fn subdomain_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let verdicts = refusals(spec, seen, |claim| matches!(claim, Claim::Subdomain | Claim::Sibling));
    let written = spec.cors.origins.is_some();
    verdicts.into_iter().map(|v| if written || v.status != Status::Fail { v } else { v.as_advice() }).collect()
}

/// One verdict a page and address: the worst of the claims of a kind, by GET and by preflight.
fn refusals(spec: &Spec, seen: &Seen, of_kind: impl Fn(&Claim) -> bool) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    let mut lesser = BTreeSet::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim, preflight, round: 0 } = &o.question.ask else { continue };
        if !of_kind(claim) {
            continue;
        }
        let page = page(&o.question);
        let (granted, word) = refusal(spec, seen, o, claim, *preflight);
        // Without credentials, or by a preflight alone, nothing private is read: advice, where no list is written.
        if word.0 == Status::Fail && (granted < Grant::WithCredentials || *preflight) {
            lesser.insert((page.clone(), o.id()));
        }
        pages.entry(page).or_default().push((word, o.id()));
    }
    let written = spec.cors.origins.is_some();
    let verdicts = pages.into_iter().map(|(page, words)| {
        let failed = words.iter().filter(|((status, _), _)| *status == Status::Fail);
        let only_lesser = failed.clone().count() > 0
            && failed.clone().all(|(_, id)| lesser.contains(&(page.clone(), id.clone())));
        let verdict = worst(page, grave_first(words, &lesser));
        let verdict = verdict.expected(spec.promised(&allowed_words(spec), "cors.origins"));
        if only_lesser && !written { verdict.as_advice() } else { verdict }
    });
    verdicts.collect()
}

/// What is readable with credentials is told before what is not.
fn grave_first(mut words: Vec<(Word, String)>, lesser: &BTreeSet<(Subject, String)>) -> Vec<(Word, String)> {
    words.sort_by_key(|(_, id)| lesser.iter().any(|(_, held)| held == id));
    words
}

/// A page is the same for GET and preflight.
fn page(question: &Http) -> Subject {
    subject(&Http { method: crate::observation::Method::Get, ..question.clone() })
}

fn allowed_words(spec: &Spec) -> String {
    match &spec.cors.origins {
        Some(origins) => {
            let names: Vec<String> = origins.iter().map(origins::written).collect();
            format!("only {}", names.join(", "))
        }
        None => format!("only {}", spec.site),
    }
}

/// What a claim got, and what that means.
fn refusal(spec: &Spec, seen: &Seen, o: &Observation<Http>, claim: &Claim, preflight: bool) -> (Grant, Word) {
    let exchange = match &o.outcome {
        Ok(exchange) => exchange,
        Err(error) => return (Grant::Nothing, unknown(error.to_string())),
    };
    let response = &exchange.last().response;
    if is_public(spec, &o.question, response) {
        return (Grant::Nothing, skip("is meant for everybody"));
    }
    let granted = grant_of(o).unwrap_or(Grant::Nothing);
    if granted <= Grant::Anybody {
        return (granted, refused(spec, seen, o, response));
    }
    let how = match (granted, preflight) {
        (Grant::WithCredentials, false) => "is reflected, with credentials",
        (_, false) => "is reflected, without credentials",
        (_, true) => "is allowed by the preflight",
    };
    let origin = sent_origin(&exchange.hops[0]).unwrap_or("null");
    if is_promised(spec, origin) {
        return (granted, pass(format!("{} is within cors.origins", named(claim))));
    }
    if *claim == Claim::OtherPort {
        return (granted, pass(format!("another port of the site's own name {how}")));
    }
    // A name below the own domain is no look-alike where every such name is allowed.
    if is_below_own(spec, origin)
        && !matches!(claim, Claim::Subdomain | Claim::Sibling)
        && sibling_allowed(seen, o, preflight)
    {
        return (granted, pass("names below the own domain are allowed, and this is one"));
    }
    let again = Http { ask: Ask::Origin { claim: claim.clone(), preflight, round: 1 }, ..o.question.clone() };
    let word = match seen.find(&again) {
        None => unknown("was not asked a second time"),
        Some(second) => match (&second.outcome, grant_of(second)) {
            (Err(error), _) => unknown(format!("the second time: {error}")),
            (_, Some(grant)) if grant > Grant::Anybody => {
                fail(format!("origin {origin} {how}, twice ({})", named(claim)))
            }
            _ => pass("one fixed origin is allowed, and ours is not it"),
        },
    };
    (granted, word)
}

/// What an answer grants to the origin that its request named; nothing without an answer.
fn grant_of(o: &Observation<Http>) -> Option<Grant> {
    let exchange = o.outcome.as_ref().ok()?;
    let origin = sent_origin(&exchange.hops[0])?;
    let Ask::Origin { preflight, .. } = o.question.ask else { return None };
    let response = &exchange.last().response;
    Some(if preflight { preflight_grant(response, origin) } else { grant(response, origin) })
}

fn sent_origin(hop: &crate::observation::Hop) -> Option<&str> {
    hop.request
        .fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("origin"))
        .map(|(_, value)| value.as_str())
}

/// A refusal is any answer that a browser would refuse, between two good answers to the plain request.
fn refused(spec: &Spec, seen: &Seen, o: &Observation<Http>, response: &Response) -> Word {
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    let base = baseline(spec, seen, &o.question).and_then(|base| base.outcome.as_ref().ok());
    let visited = base.map(|exchange| exchange.last().response.status);
    if response.status >= 500 && visited.is_some_and(|status| status < 500) {
        return unknown(format!("answers {}: that refuses nothing for good", response.status));
    }
    match control(spec, seen, &o.question.at) {
        Ok(()) => pass(format!("is not allowed: {}", response.status)),
        Err(why) => why,
    }
}

/// Static files, and what the owner means to be seen, are not judged.
fn is_public(spec: &Spec, question: &Http, response: &Response) -> bool {
    let meant = |public: &String| match public.strip_suffix('/') {
        Some(folder) => question.path == folder || question.path.starts_with(public.as_str()),
        None => question.path == *public,
    };
    let is_static = response.media_type().is_some_and(|media| {
        let kinds = ["font/", "image/", "audio/", "video/"];
        let types = ["text/css", "text/javascript", "application/javascript", "application/wasm"];
        media != "image/svg+xml" && kinds.iter().any(|kind| media.starts_with(kind))
            || types.contains(&media.as_str())
    });
    is_static || spec.exposure.public.iter().any(meant)
}

/// Whether a random name of the own domain is allowed at the same page.
fn sibling_allowed(seen: &Seen, o: &Observation<Http>, preflight: bool) -> bool {
    let ask = Ask::Origin { claim: Claim::Sibling, preflight, round: 0 };
    seen.find(&Http { ask, ..o.question.clone() }).and_then(grant_of).is_some_and(|grant| grant > Grant::Anybody)
}

/// `*` lets everybody read: a contradiction where the owner wrote who may.
fn wildcard_alone(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let paths = spec.cors_paths(&seen.observations().json_folders());
    if paths.is_empty() {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no path that programs are answered on")];
    }
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim: Claim::Foreign, preflight: false, round: 0 } = o.question.ask else { continue };
        if !paths.contains(&o.question.path) {
            continue;
        }
        let word = match (&o.outcome, grant_of(o)) {
            (Err(error), _) => unknown(error.to_string()),
            (Ok(exchange), _) if is_public(spec, &o.question, &exchange.last().response) => {
                skip("is meant for everybody")
            }
            (Ok(_), Some(Grant::Anybody)) => fail("* lets every origin read"),
            (Ok(exchange), _) => match refused(spec, seen, o, &exchange.last().response) {
                (Status::Pass, _) => pass("* is not sent"),
                word => word,
            },
        };
        pages.entry(page(&o.question)).or_default().push((word, o.id()));
    }
    let written = spec.cors.origins.is_some();
    let verdicts = pages.into_iter().map(|(page, words)| {
        let verdict = worst(page, words).expected(spec.promised(&allowed_words(spec), "cors.origins"));
        if verdict.status == Status::Fail && !written { verdict.as_advice() } else { verdict }
    });
    verdicts.collect()
}

/// An answer that depends on Origin must say so to caches (RFC 9110 §12.5.5).
fn varies(_: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { preflight: false, .. } = o.question.ask else { continue };
        let Some(grant) = grant_of(o).filter(|grant| *grant > Grant::Anybody) else { continue };
        let Ok(exchange) = &o.outcome else { continue };
        let response = &exchange.last().response;
        let listed = response.values("vary").join(",");
        let says = listed.split(',').map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case("origin"));
        let word = match (says, grant) {
            (true, _) => pass("names Origin in Vary"),
            (false, Grant::WithCredentials) => fail("reflects an origin with credentials without Vary: Origin"),
            (false, _) => fail("reflects an origin without Vary: Origin"),
        };
        pages.entry(page(&o.question)).or_default().push((word, o.id()));
    }
    if pages.is_empty()
        && seen.asked::<Http>().any(|o| matches!(o.question.ask, Ask::Origin { .. }) && o.outcome.is_ok())
    {
        return vec![Verdict::new(Subject::Site, Status::Skip, "no origin is named back")];
    }
    pages.into_iter().map(|(page, words)| worst(page, words)).collect()
}

/// Each written origin that is cross-origin to the site really works.
fn own_origin_allowed(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim: Claim::Own(origin), preflight, .. } = &o.question.ask else { continue };
        let word = match &o.outcome {
            Err(error) => unknown(error.to_string()),
            Ok(exchange) if exchange.last().response.is_redirect() => skip("leads elsewhere"),
            Ok(exchange) => allowed(spec, &origin.to_string(), *preflight, &exchange.last().response),
        };
        pages.entry(page(&o.question)).or_default().push((word, o.id()));
    }
    if pages.is_empty() {
        let why = match spec.cors.origins {
            None => "no origin is written in cors.origins",
            Some(_) => "no written origin is another than the site's own",
        };
        return vec![Verdict::new(Subject::Site, Status::Skip, why)];
    }
    let expected = spec.promised(&allowed_words(spec), "cors.origins");
    pages.into_iter().map(|(page, words)| worst(page, words).expected(expected.clone())).collect()
}

fn allowed(spec: &Spec, origin: &str, preflight: bool, response: &Response) -> Word {
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    let credentials = spec.cors.credentials;
    let least = if credentials { Grant::WithCredentials } else { Grant::Anybody };
    let kind = if preflight { "the preflight" } else { "GET" };
    let granted = if preflight { preflight_grant(response, origin) } else { grant(response, origin) };
    if granted < least {
        let with = if credentials { " with credentials" } else { "" };
        return fail(format!("{origin} is not allowed{with} by {kind}: {}", response.status));
    }
    if !preflight {
        return pass(format!("{origin} may read"));
    }
    let method = spec.cors.methods.iter().find(|method| !allows_method(response, method, credentials));
    let header = spec.cors.headers.iter().find(|name| !allows_header(response, name, credentials));
    match (method, header) {
        (Some(method), _) => fail(format!("{origin} may not use {method}")),
        (_, Some(header)) => fail(format!("{origin} may not send {header}")),
        (None, None) => pass(format!("{origin} may use every method and header that is written")),
    }
}
