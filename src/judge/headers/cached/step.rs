//! An answer that only somebody who is signed in gets, and what it lets a shared cache do with it.

use super::control::{Sharing, sharing};
use crate::finding::{Subject, Verdict};
use crate::judge::answered::shut_out;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Exchange, Hop, ProbeError, Response, Seen, Smoke, Walk};

pub(super) fn steps(seen: &Seen) -> Vec<Verdict> {
    let mut verdicts = vec![];
    for o in seen.asked::<Smoke>() {
        let verdict = |subject, (word, advice): (Word, bool)| {
            let verdict = Verdict::new(subject, word.0, word.1).resting_on([o.id()]);
            if advice { verdict.as_advice() } else { verdict }
        };
        match &o.outcome {
            Err(error) => verdicts.push(verdict(Subject::Site, (unknown(error.to_string()), false))),
            Ok(walked) => verdicts.extend(walked.steps.iter().filter_map(|step| {
                let subject = Subject::Step { name: step.name.clone(), at: o.question.at.ip };
                Some(verdict(subject, said(step)?))
            })),
        }
    }
    verdicts
}

/// Nothing of a step that carries no credentials, or whose answer no cache keeps for a GET of others.
fn said(step: &Walk) -> Option<(Word, bool)> {
    let anonymous = step.anonymous.as_ref().filter(|_| step.credentials)?;
    let good = |outcome: &Result<Exchange, ProbeError>, who: &str| match outcome {
        Err(error) => Err(unknown(format!("no answer {who}: {error}"))),
        Ok(exchange) => shut_out(&exchange.last().response).map_or(Ok(()), |why| Err(unknown(why))),
    };
    let word = match (&step.outcome, anonymous) {
        (Ok(own), Ok(others)) => match (good(&step.outcome, ""), good(anonymous, "")) {
            (Ok(()), Ok(())) => return Some(kept(own.last(), &others.last().response)),
            (Err(why), _) | (_, Err(why)) => why,
        },
        (own, others) => good(own, "with credentials").and(good(others, "without credentials")).err()?,
    };
    Some((word, false))
}

fn kept(own: &Hop, others: &Response) -> (Word, bool) {
    let response = &own.response;
    if response.status == others.status && is_same(response, others) {
        return (pass("is the same without credentials"), false);
    }
    match sharing(response) {
        Sharing::Private(name) => (pass(format!("differs with credentials, and says {name}")), false),
        // RFC 9111 §4.1: kept apart by what Vary names, by caches that heed it.
        Sharing::Shared(said) if varies(own) => {
            (fail(format!("differs with credentials, and says {said}: only Vary keeps visitors apart")), true)
        }
        Sharing::Shared(said) => {
            (fail(format!("differs with credentials, and says {said}: a shared cache gives it to others")), false)
        }
        Sharing::Stale(said) => (fail(format!("differs with credentials, and says {said}, for no time")), true),
        Sharing::Open => (fail("differs with credentials, and does not say private or no-store"), true),
        Sharing::Unsaid => (fail("differs with credentials, and has no Cache-Control"), true),
    }
}

/// Numbers, dates and ids apart, which differ from one asking to the next.
fn is_same(one: &Response, other: &Response) -> bool {
    one.content.coded.is_none() && other.content.coded.is_none() && one.content.digest == other.content.digest
}

/// Whether Vary names each field of credentials that was sent.
fn varies(own: &Hop) -> bool {
    let values = own.response.values("vary");
    let names = |wanted: &str| {
        let mut members = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        members.any(|member| member == "*" || member.eq_ignore_ascii_case(wanted))
    };
    let sent = |name: &str| own.request.fields.iter().any(|(held, _)| held.eq_ignore_ascii_case(name));
    let mut carried = ["cookie", "authorization"].into_iter().filter(|name| sent(name)).peekable();
    carried.peek().is_some() && carried.all(names)
}
