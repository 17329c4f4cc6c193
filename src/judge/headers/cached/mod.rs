//! Whether a shared cache hands one visitor's session or answer to another (RFC 9111).

mod control;
mod origin;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use self::origin::shared_cache;
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{answers, shut_out};
use crate::judge::cookies::is_session_like;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Ask, Hop, Http, Observation, Response, Seen, SetCookie};
use crate::spec::Spec;
use crate::target::{Origin, Scheme};

pub(super) fn session_not_cached(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut verdicts = missing(spec, seen);
    verdicts.extend(cookies(spec, seen));
    verdicts.extend(step::steps(seen));
    let answered = seen.asked::<Http>().any(|o| o.outcome.is_ok());
    if verdicts.is_empty() && answered {
        let message = "no answer sets a session cookie, and no step carries credentials";
        return vec![Verdict::new(Subject::Site, Status::Skip, message).unseen()];
    }
    verdicts
}

/// A page without an answer may set a session cookie.
fn missing(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let unseen = answers(spec, seen).into_iter().filter(|answer| !answer.absent).filter_map(|answer| {
        let Err((Status::Unknown, why)) = answer.hop else { return None };
        Some(Verdict::new(answer.subject, Status::Unknown, why).resting_on([answer.o.id()]))
    });
    unseen.collect()
}

/// The page that an answer is of: origin, target and address.
type Page = (String, String, IpAddr);

/// One setting of a session cookie.
struct Set<'a> {
    /// Equal for equal values; what was redacted is compared by its mark.
    value: &'a str,
    response: &'a Response,
    id: String,
}

fn cookies(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let mut asked: BTreeMap<Page, BTreeSet<String>> = BTreeMap::new();
    let mut sets: BTreeMap<(Page, String), Vec<Set>> = BTreeMap::new();
    for o in seen.asked::<Http>().filter(|o| matches!(o.question.ask, Ask::Visit | Ask::Again)) {
        for hop in o.outcome.iter().flat_map(|exchange| &exchange.hops) {
            if shut_out(&hop.response).is_some() || !is_https(hop) {
                continue;
            }
            let page = (hop.request.origin.clone(), unmarked(&hop.request.target), o.question.at.ip);
            asked.entry(page.clone()).or_default().insert(o.id());
            for (name, value) in sessions(spec, seen, o, hop) {
                let set = Set { value, response: &hop.response, id: o.id() };
                sets.entry((page.clone(), name)).or_default().push(set);
            }
        }
    }
    let verdict = |((page, name), sets): (&(Page, String), &Vec<Set>)| {
        let times = asked.get(page).map_or(0, BTreeSet::len);
        let (word, advice) = word(sets, times);
        let (origin, target, at) = page;
        let path = target.split('?').next().unwrap_or("/");
        let subject = Subject::Cookie { name: name.clone(), url: format!("{origin}{path}"), at: *at };
        let verdict = Verdict::new(subject, word.0, word.1).resting_on(sets.iter().map(|set| set.id.clone()));
        if advice { verdict.as_advice() } else { verdict }
    };
    sets.iter().map(verdict).collect()
}

/// A target without what a redirect has put into it: an address that is another each time is of the same page, and no
/// cache gives it to somebody else.
fn unmarked(target: &str) -> String {
    let mut parts = target.split('‹');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |all, part| all + part.split_once('›').map_or(part, |(_, rest)| rest))
}

fn is_https(hop: &Hop) -> bool {
    matches!(hop.request.origin.parse(), Ok(Origin { scheme: Scheme::Https, .. }))
}

/// Names and values of the session cookies that an answer sets.
fn sessions<'a>(spec: &Spec, seen: &Seen, o: &Observation<Http>, hop: &'a Hop) -> Vec<(String, &'a str)> {
    let since = o.asked_at_ms.saturating_add(o.elapsed_ms) / 1000;
    let now = crate::observation::Timestamp(seen.started_at().0.saturating_add_unsigned(since));
    let fields = hop.response.values("set-cookie").into_iter().enumerate();
    let held = fields.filter_map(|(index, field)| {
        let cookie = SetCookie::parse(field).filter(|cookie| !cookie.is_deletion(now))?;
        let form = hop.response.cookies.get(index).copied();
        let pair = field.split(';').next().unwrap_or_default();
        let value = pair.split_once('=').map_or(pair, |(_, value)| value).trim();
        is_session_like(spec, &cookie, form).then(|| (cookie.label().to_string(), value))
    });
    held.collect()
}

/// A layer before a cache may give each visitor a cookie beside a page that all share: only a value that two got
/// comes out of the cache.
fn word(sets: &[Set], times: usize) -> (Word, bool) {
    let cached: Vec<(&Set, String)> =
        sets.iter().filter_map(|set| Some((set, shared_cache(set.response)?))).collect();
    let twice = |one: &Set| sets.iter().filter(|other| other.value == one.value).count() > 1;
    if let Some((_, how)) = cached.iter().find(|(set, _)| twice(set)) {
        return (fail(format!("comes from a shared cache ({how}), the same for two visitors")), false);
    }
    let word = match &cached[..] {
        [] if times < 2 => unknown("the page that sets it was answered once, and twice would show a cache"),
        [] if sets.iter().any(|set| set.response.value("cache-control").is_none()) => {
            let why = "its answer has no Cache-Control, so that a cache may keep it by a rule of its own";
            return (fail(why), true);
        }
        [] => pass(format!("{times} answers to the page that sets it, none from a shared cache")),
        [(_, how)] => unknown(format!("comes from a shared cache once ({how}), and nobody can tell whose it is")),
        [(_, how), ..] => pass(format!("is another each time beside a page from a shared cache ({how})")),
    };
    (word, false)
}

#[cfg(test)]
mod tests;
