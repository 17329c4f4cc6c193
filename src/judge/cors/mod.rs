//! Which origins may read answers.

mod fetch;
mod origins;
mod own;
mod refusal;

use std::collections::BTreeMap;

use super::answered::{baseline, subject};
use super::{Check, Word, check, fail, given, pass, skip, unknown, worst};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{Ask, Claim, Hop, Http, Method, Observation, Response, Seen};
use crate::spec::{OriginPattern, Spec};

use fetch::{Grant, grant, preflight_grant};
use refusal::{refusals, refused};

pub(super) const CHECKS: &[Check] = &[
    check!("cors/cors-foreign-origin-refused", foreign_origin_refused),
    check!("cors/cors-null-origin-refused", null_origin_refused),
    check!("cors/cors-look-alike-origin-refused", look_alike_origin_refused),
    check!("cors/cors-plain-http-origin-refused", plain_http_origin_refused),
    check!("cors/cors-development-origin-refused", development_origin_refused),
    check!("cors/cors-subdomain-origin-refused", subdomain_origin_refused),
    check!("cors/cors-wildcard-alone", wildcard_alone),
    check!("cors/cors-varies", varies),
    check!("cors/cors-own-origin-allowed", own::allowed_everywhere),
];

/// Where nothing is written, only what is readable with credentials fails.
fn grave_or_written(spec: &Spec) -> impl Fn(bool) -> bool {
    let written = spec.cors.origins.is_some();
    move |grave| grave || written
}

fn foreign_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut verdicts = refusals(spec, seen, refusal::is_foreign, grave_or_written(spec));
    verdicts.extend(refusal::private_network(seen));
    verdicts
}

fn null_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| matches!(claim, Claim::Null | Claim::File), grave_or_written(spec))
}

fn look_alike_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, refusal::is_look_alike, grave_or_written(spec))
}

fn plain_http_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, refusal::is_plain_http, grave_or_written(spec))
}

fn development_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    refusals(spec, seen, |claim| matches!(claim, Claim::Development(_)), grave_or_written(spec))
}

/// A pattern for the whole own domain is common advice: it fails only where a list without one is written.
fn subdomain_origin_refused(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    if spec.origins().all(|origin| origin.host.name().is_none()) {
        return vec![Verdict::new(Subject::Site, Status::Skip, "the site is an address: no name is below it")];
    }
    let exact = |origins: &Vec<OriginPattern>| origins.iter().all(|o| matches!(o, OriginPattern::Exact(_)));
    let strict = spec.cors.origins.as_ref().is_some_and(exact);
    refusals(spec, seen, refusal::is_subdomain, |_| strict)
}

/// `*` lets everybody read: a contradiction where the owner wrote who may.
fn wildcard_alone(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let paths = match program_paths(spec, seen) {
        Ok(paths) => paths,
        Err(verdict) => return vec![*verdict],
    };
    let mut pages: BTreeMap<Subject, Vec<(Word, String)>> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim: Claim::Foreign, preflight: None, round: 0 } = o.question.ask else { continue };
        if !paths.contains(&o.question.path) {
            continue;
        }
        let word = match (&o.outcome, grant_of(o)) {
            (Err(error), _) => unknown(error.to_string()),
            (Ok(exchange), _) if is_public(spec, seen, &o.question, &exchange.last().response) => {
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
        let Ask::Origin { preflight: None, round: 0, .. } = o.question.ask else { continue };
        let Some(grant) = grant_of(o).filter(|grant| *grant > Grant::Anybody) else { continue };
        let Ok(exchange) = &o.outcome else { continue };
        let response = &exchange.last().response;
        let listed = response.values("vary").join(",");
        let says = listed.split(',').map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case("origin"));
        let word = match (says, is_fixed(seen, o, response), grant) {
            (true, ..) => pass("names Origin in Vary"),
            (_, true, _) => pass("sends the same origin to everybody"),
            (_, _, Grant::WithCredentials) => fail("reflects an origin with credentials without Vary: Origin"),
            _ => fail("reflects an origin without Vary: Origin"),
        };
        pages.entry(page(&o.question)).or_default().push((word, o.id()));
    }
    let asked = || seen.asked::<Http>().filter(|o| matches!(o.question.ask, Ask::Origin { .. }));
    match (pages.is_empty(), asked().find(|o| o.outcome.is_err())) {
        (false, _) => pages.into_iter().map(|(page, words)| worst(page, words)).collect(),
        (true, Some(o)) => vec![given(o, page(&o.question), |_| unknown("no answer"))],
        (true, None) if asked().next().is_some() => {
            vec![Verdict::new(Subject::Site, Status::Skip, "no origin is named back")]
        }
        (true, None) => vec![],
    }
}

/// Whether a foreign origin is told the same at the same page: then the value does not depend on who asks.
fn is_fixed(seen: &Seen, o: &Observation<Http>, response: &Response) -> bool {
    let ask = Ask::Origin { claim: Claim::Foreign, preflight: None, round: 0 };
    let foreign = seen.answer(&Http { ask, ..o.question.clone() });
    let allowed = |response: &Response| -> Vec<String> {
        response.values("access-control-allow-origin").into_iter().map(Into::into).collect()
    };
    foreign.is_some_and(|exchange| allowed(&exchange.last().response) == allowed(response))
}

/// The paths that programs are answered on, as written or as seen.
///
/// # Errors
/// Nobody named one and none was seen: the verdict to give instead.
fn program_paths(spec: &Spec, seen: &Seen) -> Result<Vec<String>, Box<Verdict>> {
    let paths = spec.cors_paths(&seen.observations().json_folders());
    if !paths.is_empty() {
        return Ok(paths);
    }
    let seeks = spec.cors.paths.is_none() && spec.api.is_none();
    let mut visits = seen.asked::<Http>().filter(|o| o.question.ask == Ask::Visit);
    Err(Box::new(match visits.find(|o| seeks && o.outcome.is_err()) {
        Some(o) => given(o, subject(&o.question), |_| unknown("no answer")),
        None => Verdict::new(Subject::Site, Status::Skip, "no path that programs are answered on"),
    }))
}

/// What an answer grants to the origin that its request named; nothing without an answer.
fn grant_of(o: &Observation<Http>) -> Option<Grant> {
    let exchange = o.outcome.as_ref().ok()?;
    let origin = sent_origin(&exchange.hops[0])?;
    let Ask::Origin { preflight, .. } = &o.question.ask else { return None };
    let response = &exchange.last().response;
    Some(if preflight.is_some() { preflight_grant(response, origin) } else { grant(response, origin) })
}

fn sent_origin(hop: &Hop) -> Option<&str> {
    let mut fields = hop.request.fields.iter();
    fields.find(|(name, _)| name.eq_ignore_ascii_case("origin")).map(|(_, value)| value.as_str())
}

/// Static files, and what the owner means to be seen, are not judged. A preflight tells no media type: the visit does.
fn is_public(spec: &Spec, seen: &Seen, question: &Http, response: &Response) -> bool {
    let meant = |public: &String| match public.strip_suffix('/') {
        Some(folder) => question.path == folder || question.path.starts_with(public.as_str()),
        None => question.path == *public,
    };
    let visit = baseline(spec, seen, question).and_then(|base| base.outcome.as_ref().ok());
    let is_file = is_static(response) || visit.is_some_and(|exchange| is_static(&exchange.last().response));
    is_file || spec.exposure.public.iter().any(meant)
}

fn is_static(response: &Response) -> bool {
    response.media_type().is_some_and(|media| {
        let kinds = ["font/", "image/", "audio/", "video/"];
        let types = ["text/css", "text/javascript", "application/javascript", "application/wasm"];
        media != "image/svg+xml" && kinds.iter().any(|kind| media.starts_with(kind))
            || types.contains(&media.as_str())
    })
}

/// A page is the same for GET and preflight.
fn page(question: &Http) -> Subject {
    subject(&Http { method: Method::Get, ..question.clone() })
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

#[cfg(test)]
mod tests;
