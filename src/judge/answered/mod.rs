//! Which answers may be judged, when a refusal is believed, and when it was the application that answered.

use std::collections::{BTreeMap, BTreeSet};

use super::https::location::location;
use super::smoke::steps;
use super::{Word, skip, unknown};
use crate::finding::Subject;
use crate::observation::{
    Ask, Exchange, Hop, Http, Mark, Method, Nonce, Observation, Response, Seen, Smoke, Stopped,
};
use crate::spec::Spec;
use crate::target::{Endpoint, Scheme};

/// The end of a visit, of a request for an absent page or of a step: what headers, cookies and origins are judged on.
pub(super) struct Answer<'a> {
    pub o: Asked,
    pub subject: Subject,
    /// The final answer, or why it is not judged.
    pub hop: Result<&'a Hop, Word>,
    /// A random path was asked.
    pub absent: bool,
}

/// What was asked: a step as a visit to its path.
pub(super) struct Asked {
    pub question: Http,
    id: String,
}

impl Asked {
    pub fn id(&self) -> String {
        self.id.clone()
    }
}

/// Every answer to judge, once a subject: two paths that end at the same page are one answer.
pub(super) fn answers<'a>(spec: &Spec, seen: &'a Seen) -> Vec<Answer<'a>> {
    let asked = seen.asked::<Http>().filter(|o| matches!(o.question.ask, Ask::Visit | Ask::Absent));
    let nonce = seen.observations().nonce;
    let mut all: Vec<Answer> = asked.map(|o| answer(spec, o, nonce)).collect();
    all.extend(seen.asked::<Smoke>().flat_map(|o| step_answers(spec, o)));
    // A page that was asked by its own name comes before one that a redirect led to.
    all.sort_by_key(|a| a.subject != subject(&a.o.question));
    let mut met = BTreeSet::new();
    all.retain(|a| met.insert(a.subject.clone()));
    all.sort_by(|a, b| a.o.question.cmp(&b.o.question));
    all
}

fn answer<'a>(spec: &Spec, o: &'a Observation<Http>, nonce: Nonce) -> Answer<'a> {
    let absent = o.question.ask == Ask::Absent;
    let (subject, hop) = match &o.outcome {
        Err(error) => (subject(&o.question), Err(unknown(error.to_string()))),
        Ok(exchange) => {
            let listed = !absent && spec.lines.contains_key("paths");
            (end(o, exchange, nonce), last(exchange, listed))
        }
    };
    Answer { o: Asked { question: o.question.clone(), id: o.id() }, subject, hop, absent }
}

/// The final answer of each step.
fn step_answers<'a>(spec: &Spec, o: &'a Observation<Smoke>) -> Vec<Answer<'a>> {
    let outcome = |index: usize| match &o.outcome {
        Err(error) => Err(unknown(error.to_string())),
        Ok(walked) => match walked.steps.get(index).map(|walk| &walk.outcome) {
            Some(Ok(exchange)) => last(exchange, true),
            Some(Err(error)) => Err(unknown(error.to_string())),
            None => Err(unknown("not in this recording")),
        },
    };
    let steps = spec.smoke.iter().enumerate().map(|(index, step)| {
        let path = step.path.0.clone();
        let question = Http { at: o.question.at.clone(), method: Method::Get, path, ask: Ask::Visit };
        let asked = Asked { question, id: o.id() };
        Answer { o: asked, subject: steps::subject(o, step), hop: outcome(index), absent: false }
    });
    steps.collect()
}

fn last(exchange: &Exchange, listed: bool) -> Result<&Hop, Word> {
    match &exchange.stopped {
        None => judged(exchange.last(), listed),
        Some(Stopped::Error(error)) => Err(unknown(error.to_string())),
        Some(Stopped::PlainHttp) => Err(unknown("leads back to plain http")),
        Some(Stopped::OffSite) => Err(skip(off_site(exchange))),
        Some(Stopped::Loop | Stopped::TooMany) => Err(unknown("redirects without end")),
    }
}

/// Where a visit leaves the site. A redirect that cannot be read has no origin to say.
pub(super) fn off_site(exchange: &Exchange) -> String {
    let to = location(exchange.last()).filter(|url| url.has_host());
    match to.map(|url| url.origin().ascii_serialization()) {
        Some(origin) => format!("leads off the site, to {origin}"),
        None => "leads off the site".into(),
    }
}

/// Whether an answer is the application's word to a well-formed request (CHECKS: judged answer).
fn judged(hop: &Hop, listed: bool) -> Result<&Hop, Word> {
    let response = &hop.response;
    if let Some(why) = shut_out(response) {
        return Err(unknown(why));
    }
    if response.content.length == 0 && response.status < 500 && !response.is_redirect() {
        return Err(skip(format!("{} has no content", response.status)));
    }
    match response.status {
        204 | 205 | 304 => Err(skip(format!("{} has no content", response.status))),
        300..=399 => Err(skip(format!("{} is no final answer", response.status))),
        status if is_no_word(status) => Err(unknown(format!("{status} is no answer of the application"))),
        200..=299 | 400..=499 => Ok(hop),
        500..=599 if listed => Ok(hop),
        status => Err(unknown(format!("{status} is no answer of the application"))),
    }
}

/// Whether an answer says that we are held off, rather than what the site says to a visitor.
pub(super) fn shut_out(response: &Response) -> Option<String> {
    let says = |name: &str, value: &str| response.value(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
    if response.status == 429 {
        Some("429: the site limits how often we may ask".into())
    } else if response.status == 503 && response.value("retry-after").is_some() {
        Some("503 with Retry-After: the site asks us to come later".into())
    } else if says("cf-mitigated", "challenge") || response.content.marks.contains(&Mark::Challenge) {
        Some(format!("{}: a challenge page stands before the site", response.status))
    } else {
        None
    }
}

/// A refusal is believed only between two good answers to the plain request at the same place.
///
/// # Errors
/// The word to say instead.
pub(super) fn control(spec: &Spec, seen: &Seen, at: &Endpoint) -> Result<(), Word> {
    let plain = |ask, when| {
        let path = spec.paths[0].clone();
        good(seen, &Http { at: secured(spec, at), method: Method::Get, path, ask }, when)
    };
    let (first, second) = (plain(Ask::Visit, "before")?, plain(Ask::Again, "afterwards")?);
    let (before, afterwards) = (first.status, second.status);
    // A block page has a status of its own, or it is another page.
    if before / 100 != afterwards / 100 {
        return Err(unknown(format!("the plain request is answered {before} before and {afterwards} afterwards")));
    }
    if !is_still(first, second) {
        return Err(unknown(format!("the plain request is answered {afterwards} afterwards, with another page")));
    }
    Ok(())
}

/// Whether the same page answers again. A page may vary in its words or in its fields: in both, it is another one.
fn is_still(before: &Response, afterwards: &Response) -> bool {
    let place = |r: &Response| Some(r.value("location")?.split(['?', '#']).next()?.to_string());
    let is_like = before.content.is_like(&afterwards.content) && place(before) == place(afterwards);
    let share = before.content.likeness(&afterwards.content);
    is_like || field_names(before) == field_names(afterwards) && share.is_none_or(|share| share >= HARDLY)
}

/// The share of common words below which two contents are told apart, whatever else they have in common.
const HARDLY: f64 = 0.2;

/// A good answer: one that the site gives to a visitor.
fn good<'a>(seen: &'a Seen, plain: &Http, when: &str) -> Result<&'a Response, Word> {
    let Some(o) = seen.find(plain) else {
        return Err(unknown(format!("the plain request was not answered {when}")));
    };
    let answer = match &o.outcome {
        Err(error) => return Err(unknown(format!("no good answer {when}: {error}"))),
        Ok(exchange) => exchange.first(),
    };
    match (shut_out(answer), answer.status) {
        (Some(why), _) => Err(unknown(why)),
        (None, status) if status >= 500 || is_no_word(status) => {
            Err(unknown(format!("no good answer {when}: {status}")))
        }
        (None, _) => Ok(answer),
    }
}

/// A 503 at an address where a page gets it by turns: a server's limit says no more than 503 by default (nginx,
/// `limit_req_status`).
pub(super) fn comes_and_goes(seen: &Seen, visit: &Http, answer: &Response) -> Option<Word> {
    if answer.status != 503 {
        return None;
    }
    let plain =
        |ask: &Ask| matches!(ask, Ask::Visit | Ask::Again | Ask::Upgrade | Ask::Origin { preflight: None, .. });
    let mut met: BTreeMap<(&str, &str), BTreeSet<u16>> = BTreeMap::new();
    for o in seen.asked::<Http>().filter(|o| o.question.at.ip == visit.at.ip && plain(&o.question.ask)) {
        let Some(Hop { request, response }) = o.outcome.as_ref().ok().map(Exchange::last) else { continue };
        if request.method == Method::Get {
            let path = request.target.split('?').next().unwrap_or_default();
            met.entry((&request.origin, path)).or_default().insert(response.status);
        }
    }
    let by_turns = |statuses: &BTreeSet<u16>| {
        statuses.first().copied().filter(|status| *status < 500 && statuses.contains(&503))
    };
    let ((_, path), other) = met.iter().find_map(|(page, statuses)| Some((page, by_turns(statuses)?)))?;
    Some(unknown(format!("answers 503, and {path} gets {other} and 503 by turns")))
}

/// What a proxy or server says of a request or of itself: no word of the application.
fn is_no_word(status: u16) -> bool {
    matches!(status, 400 | 408 | 413 | 414 | 421 | 425 | 426 | 431 | 502..=504)
}

/// Whether an answer is an error of the server where the plain request had none: it refuses nothing for good.
pub(super) fn is_broken(base: Option<&Response>, answer: &Response) -> bool {
    answer.status >= 500 && base.is_none_or(|base| base.status < 500)
}

/// The https endpoint beside a plain one.
fn secured(spec: &Spec, at: &Endpoint) -> Endpoint {
    match at.scheme {
        Scheme::Https => at.clone(),
        Scheme::Http => {
            let port = spec.origins().find(|o| o.host == at.host).map_or(443, |o| o.port);
            Endpoint { scheme: Scheme::Https, port, ..at.clone() }
        }
    }
}

/// The visit that a forged request at the same place and path is compared with.
pub(super) fn baseline<'a>(spec: &Spec, seen: &'a Seen, question: &Http) -> Option<&'a Observation<Http>> {
    let at = secured(spec, &question.at);
    seen.find(&Http { at, method: Method::Get, path: question.path.clone(), ask: Ask::Visit })
}

/// Whether the application answered: the body is the baseline's but for what varies, or it sets the baseline's
/// cookies, or it has too few words to tell, is alike in form and carries names of fields that only the application sends.
/// `proxy` is an answer that the proxy gave itself.
pub(super) fn is_application(base: &Exchange, proxy: Option<&Response>, got: &Response) -> bool {
    let theirs = &base.last().response;
    same_content(theirs, got)
        || sets_same_cookie(base, got)
        || same_redirect(base.first(), got)
        || alike_in_form(theirs, proxy, got) && theirs.content.likeness(&got.content).is_none()
}

/// Whether nobody can tell: the form is the application's and some of the words are, as two sites of one design have it.
pub(super) fn is_cousin(theirs: &Response, proxy: Option<&Response>, got: &Response) -> bool {
    let share = theirs.content.likeness(&got.content);
    alike_in_form(theirs, proxy, got) && share.is_some_and(|share| share >= HARDLY)
}

fn same_content(base: &Response, got: &Response) -> bool {
    got.content.length > 0 && base.content.length > 0 && base.content.is_like(&got.content)
}

fn sets_same_cookie(base: &Exchange, got: &Response) -> bool {
    let names = |response: &Response| -> BTreeSet<String> {
        let named =
            response.values("set-cookie").into_iter().filter_map(|v| Some(v.split_once('=')?.0.trim().into()));
        named.filter(|name: &String| !is_edge_cookie(name)).collect()
    };
    let ours = names(got);
    base.hops.iter().any(|hop| !names(&hop.response).is_disjoint(&ours))
}

/// A relative redirect of the application, given to another name as well. Its query may hold a state of its own.
fn same_redirect(base: &Response, got: &Response) -> bool {
    let relative = |r: &Response| {
        let location = r.value("location").filter(|l| l.starts_with('/') && !l.starts_with("//"))?;
        Some(location.split(['?', '#']).next()?.to_string())
    };
    got.is_redirect() && base.is_redirect() && relative(got).is_some() && relative(got) == relative(base)
}

fn alike_in_form(base: &Response, proxy: Option<&Response>, got: &Response) -> bool {
    let length_class = |r: &Response| 64 - (r.content.length + 1).leading_zeros();
    let own = proxy.map(field_names).unwrap_or_default();
    let telling = |name: &&String| !COMMON_FIELDS.contains(&name.as_str()) && !own.contains(*name);
    got.status == base.status
        && got.content.length > 0
        && got.media_type() == base.media_type()
        && length_class(got) == length_class(base)
        && field_names(base).intersection(&field_names(got)).filter(telling).count() >= 2
}

fn field_names(response: &Response) -> BTreeSet<String> {
    response.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
}

/// Fields that any server or proxy may add: they do not tell who answered.
const COMMON_FIELDS: [&str; 30] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

/// Cookies of a content delivery network or load balancer: not the application's.
pub(super) fn is_edge_cookie(name: &str) -> bool {
    const NAMES: [&str; 6] = ["__cf_bm", "_cfuvid", "cf_clearance", "__cflb", "ak_bmsc", "bm_sz"];
    const PREFIXES: [&str; 3] = ["AWSALB", "incap_ses_", "visid_incap_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// What a question is about. A random path has a stable name.
pub(super) fn subject(question: &Http) -> Subject {
    let path = match question.ask {
        Ask::Absent => format!("{}(random)", question.path),
        _ => question.path.clone(),
    };
    Subject::Url { method: question.method.to_string(), url: question.at.url(&path), at: question.at.ip }
}

/// Where a visit ended: the page of the last hop, without its query.
fn end(o: &Observation<Http>, exchange: &Exchange, nonce: Nonce) -> Subject {
    if exchange.hops.len() == 1 {
        return subject(&o.question);
    }
    let request = &exchange.last().request;
    // Marks and the nonce differ from run to run, a subject must not.
    let random = format!("golive-{nonce}");
    let path = request.target.split('?').next().unwrap_or("/").split('/');
    let path = path.map(|part| match part {
        part if part == random => "(random)",
        part if part.contains('‹') => "(redacted)",
        part => part,
    });
    let path = path.collect::<Vec<&str>>().join("/");
    Subject::Url {
        method: request.method.to_string(),
        url: format!("{}{path}", request.origin),
        at: o.question.at.ip,
    }
}

#[cfg(test)]
pub(super) mod tests;
