//! Whether an origin that should not read an answer is refused.

use std::collections::BTreeMap;

use super::origins::{is_below_own, is_promised, named, other_named};
use super::{Grant, allowed_words, grant_of, is_public, page, preflight_grant, sent_origin};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{baseline, control, is_broken, shut_out};
use crate::judge::{Word, fail, given, pass, skip, unknown, worst};
use crate::observation::{Ask, Claim, Http, Observation, Response, Seen, Stopped};
use crate::spec::Spec;

/// The words on one page, with the ids they rest on.
#[derive(Default)]
struct Words {
    deciding: Vec<(bool, Word, String)>,
    /// A Fail that does not count: advice.
    lesser: Vec<(Word, String)>,
}

/// One verdict a page and address: the worst of the claims of a kind, by GET and by preflight. `counts` says whether
/// a Fail decides, told whether the answer is readable with credentials.
pub(super) fn refusals(
    spec: &Spec,
    seen: &Seen,
    of_kind: impl Fn(&Claim) -> bool,
    counts: impl Fn(bool) -> bool,
) -> Vec<Verdict> {
    let mut pages: BTreeMap<Subject, Words> = BTreeMap::new();
    for o in seen.asked::<Http>() {
        let Ask::Origin { claim, preflight, round: 0 } = &o.question.ask else { continue };
        if !of_kind(claim) {
            continue;
        }
        let (grave, word) = refusal(spec, seen, o, claim, preflight.as_deref());
        let words = pages.entry(page(&o.question)).or_default();
        match word.0 == Status::Fail && !counts(grave) {
            true => words.lesser.push((word, o.id())),
            false => words.deciding.push((grave, word, o.id())),
        }
    }
    let expected = spec.promised(&allowed_words(spec), "cors.origins");
    let verdicts = pages.into_iter().flat_map(|(page, words)| verdicts(page, words));
    verdicts.map(|verdict| verdict.expected(expected.clone())).collect()
}

/// Advice stands for a page that is otherwise sound; beside it stays what could not be seen.
fn verdicts(page: Subject, Words { mut deciding, lesser }: Words) -> Vec<Verdict> {
    // What is readable with credentials is told before what is not.
    deciding.sort_by_key(|(grave, ..)| !grave);
    let decided = worst(page.clone(), deciding.into_iter().map(|(_, word, id)| (word, id)).collect());
    if lesser.is_empty() || decided.status == Status::Fail {
        return vec![decided];
    }
    let advice = worst(page, lesser).as_advice();
    match decided.status {
        Status::Unknown if !decided.evidence.is_empty() => vec![decided, advice],
        _ => vec![advice],
    }
}

/// What a claim got, and what that means; and whether it is readable with credentials.
fn refusal(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Http>,
    claim: &Claim,
    preflight: Option<&str>,
) -> (bool, Word) {
    let exchange = match &o.outcome {
        Ok(exchange) => exchange,
        Err(error) => return (false, unknown(error.to_string())),
    };
    if let Some(Stopped::Error(error)) = &exchange.stopped {
        return (false, unknown(error.to_string()));
    }
    let response = &exchange.last().response;
    if is_public(spec, seen, &o.question, response) {
        return (false, skip("is meant for everybody"));
    }
    let granted = grant_of(o).unwrap_or(Grant::Nothing);
    let grave = granted == Grant::WithCredentials && preflight.is_none();
    match granted {
        Grant::Nothing => {
            let word = refused(spec, seen, o, response);
            let other = other_named(spec, response).filter(|_| *claim == Claim::Foreign && preflight.is_none());
            return match (word, other) {
                ((Status::Pass, _), Some(other)) if spec.cors.origins.is_some() => {
                    (false, fail(format!("{other} is allowed, whoever asks")))
                }
                ((Status::Pass, message), Some(other)) => {
                    (false, pass(format!("{message}; {other} is allowed, whoever asks")))
                }
                (word, _) => (false, word),
            };
        }
        Grant::Anybody => {
            let word = match refused(spec, seen, o, response) {
                (Status::Pass, _) => pass("is not named, * is"),
                word => word,
            };
            return (grave, word);
        }
        Grant::Readable | Grant::WithCredentials => {}
    }
    let how = match (grave, preflight.is_some()) {
        (true, _) => "is reflected, with credentials",
        (_, false) => "is reflected, without credentials",
        (_, true) => "is allowed by the preflight",
    };
    let origin = sent_origin(&exchange.hops[0]).unwrap_or("null");
    let word = if is_promised(spec, origin) {
        pass(format!("{} is within cors.origins", named(claim)))
    } else if matches!(claim, Claim::OtherPort | Claim::UpperCase | Claim::TrailingDot) {
        pass(format!("{} {how}", named(claim)))
    } else if is_look_alike(claim) && is_below_own(spec, origin) && sibling_allowed(seen, o, claim, preflight) {
        // A name below the own domain is no look-alike where every such name is allowed.
        pass("names below the own domain are allowed, and this is one")
    } else {
        repeated(spec, seen, o, claim, preflight, how)
    };
    (grave, word)
}

pub(super) fn is_look_alike(claim: &Claim) -> bool {
    match claim {
        Claim::Suffix
        | Claim::Joined
        | Claim::MissingDot
        | Claim::MissingDotParent
        | Claim::UnescapedDot(_)
        | Claim::AllDots
        | Claim::DroppedFirst
        | Claim::Separator(_)
        | Claim::DottedSeparator(_)
        | Claim::Localhost
        | Claim::OtherPort
        | Claim::UpperCase
        | Claim::TrailingDot => true,
        Claim::Plain(claim) | Claim::Like(_, claim) => is_look_alike(claim),
        _ => false,
    }
}

pub(super) fn is_foreign(claim: &Claim) -> bool {
    match claim {
        Claim::Foreign | Claim::WithCookie | Claim::Extension | Claim::Shared(_) => true,
        Claim::Plain(claim) => is_foreign(claim),
        _ => false,
    }
}

pub(super) fn is_subdomain(claim: &Claim) -> bool {
    matches!(claim, Claim::Subdomain | Claim::DeepSubdomain | Claim::Sibling)
}

pub(super) fn is_plain_http(claim: &Claim) -> bool {
    match claim {
        Claim::PlainHttp => true,
        Claim::Plain(claim) => is_subdomain(claim),
        Claim::Like(_, claim) => is_plain_http(claim),
        _ => false,
    }
}

/// Whether a public page may reach into a private network (Private Network Access, CORS preflight): on a site of the
/// internet nobody needs that.
pub(super) fn private_network(seen: &Seen) -> Vec<Verdict> {
    let asked = seen.asked::<Http>().filter(|o| o.question.ask == Ask::PrivateNetwork);
    let verdicts = asked.filter_map(|o| {
        let exchange = match &o.outcome {
            Ok(exchange) => exchange,
            Err(error) => return Some(given(o, page(&o.question), |_| unknown(error.to_string())).as_advice()),
        };
        let response = exchange.first();
        let allowed = preflight_grant(response, sent_origin(&exchange.hops[0])?) > Grant::Nothing;
        let says = response.value("access-control-allow-private-network") == Some("true");
        let message = "a preflight lets foreign pages come into a private network";
        let verdict = Verdict::new(page(&o.question), Status::Fail, message).resting_on([o.id()]);
        (allowed && says).then(|| verdict.as_advice())
    });
    verdicts.collect()
}

/// A hit counts when a fresh origin of the kind is named back as well.
fn repeated(
    spec: &Spec,
    seen: &Seen,
    o: &Observation<Http>,
    claim: &Claim,
    preflight: Option<&str>,
    how: &str,
) -> Word {
    let again = Http {
        ask: Ask::Origin { claim: claim.clone(), preflight: preflight.map(Into::into), round: 1 },
        ..o.question.clone()
    };
    let Some(second) = seen.find(&again) else { return unknown("was not asked a second time") };
    match (&second.outcome, grant_of(second)) {
        (Err(error), _) => unknown(format!("the second time: {error}")),
        (_, Some(grant)) if grant > Grant::Anybody => {
            fail(format!("origin {} {how}, twice ({})", claim.form(&o.question.at), named(claim)))
        }
        (Ok(exchange), _) => refused(spec, seen, second, &exchange.last().response),
    }
}

/// A refusal is any answer that a browser would refuse, between two good answers to the plain request.
pub(super) fn refused(spec: &Spec, seen: &Seen, o: &Observation<Http>, response: &Response) -> Word {
    if let Some(why) = shut_out(response) {
        return unknown(why);
    }
    let base = baseline(spec, seen, &o.question).and_then(|base| base.outcome.as_ref().ok());
    // RFC 9110 §15.6.2: 501 says for good that the method is not known there.
    let is_final = response.status == 501;
    if !is_final && is_broken(base.map(|exchange| &exchange.last().response), response) {
        return unknown(format!("answers {}: that refuses nothing for good", response.status));
    }
    match control(spec, seen, &o.question.at) {
        Ok(()) => pass(format!("is not allowed: {}", response.status)),
        Err(why) => why,
    }
}

/// Whether a random name of the own domain is allowed at the same page. Where the site has the domain's own name, such
/// names are below it.
fn sibling_allowed(seen: &Seen, o: &Observation<Http>, claim: &Claim, preflight: Option<&str>) -> bool {
    let asked = |sibling| {
        let is_plain = matches!(claim, Claim::Plain(_));
        let claim = if is_plain { Claim::Plain(Box::new(sibling)) } else { sibling };
        let ask = Ask::Origin { claim, preflight: preflight.map(Into::into), round: 0 };
        seen.find(&Http { ask, ..o.question.clone() })
    };
    let sibling = asked(Claim::Sibling).or_else(|| asked(Claim::Subdomain));
    sibling.and_then(grant_of).is_some_and(|grant| grant > Grant::Anybody)
}
