//! What a request that names another host got.

use crate::judge::answered::{is_application, is_broken, is_cousin};
use crate::judge::https::location::{Owner, location, owner};
use crate::observation::{Ask, Exchange, Hop, Http, Observation, Place, Response, Seen};
use crate::spec::Spec;
use crate::target::Scheme;

/// Ordered as they are looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// A redirect to a name of the site.
    Site,
    /// The redirect from plain HTTP to https of the same name, which proxies give by default.
    Upgrade,
    Application,
    /// The wrong name came back where a browser follows it.
    ItsOwnName(Place),
    /// What the true Host gets as well, and no visitor's page.
    Undecided,
    Broken,
    /// A page of the same design and with some of the same words.
    Cousin,
    /// In a coding that hides whether it is the application's.
    Unread,
    Nothing,
    Elsewhere,
    Another,
    Refusal,
}

pub(super) fn got(spec: &Spec, seen: &Seen, o: &Observation<Http>, hop: &Hop, base: &Exchange, host: &str) -> Got {
    let answer = &hop.response;
    let theirs = &base.last().response;
    let redirect = absolute(hop);
    let back = |url: &url::Url| url.host_str().is_some_and(|name| name.eq_ignore_ascii_case(bare(host)));
    let returned = followed(answer).or_else(|| redirect.as_ref().filter(|url| back(url)).map(|_| Place::Location));
    match (&redirect, returned) {
        (Some(url), Some(Place::Location)) if o.question.at.scheme == Scheme::Http && url.scheme() == "https" => {
            return Got::Upgrade;
        }
        (Some(url), None) if owner(spec, url) != Owner::Other => return Got::Site,
        _ => {}
    }
    let proxy = own_answer(seen, &o.question);
    let same = is_application(base, proxy, answer)
        || redirect.is_some() && without_query(redirect) == without_query(absolute(&base.hops[0]));
    match answer.status {
        ..=399 if same => Got::Application,
        status if same && status == theirs.status => Got::Undecided,
        _ => match returned {
            Some(place) => Got::ItsOwnName(place),
            None if is_cousin(theirs, proxy, answer) => Got::Cousin,
            None => refusal(theirs, answer),
        },
    }
}

fn refusal(theirs: &Response, answer: &Response) -> Got {
    let is_empty = |response: &Response| response.content.length == 0;
    match answer.status {
        _ if is_broken(Some(theirs), answer) => Got::Broken,
        200..=299 if answer.content.coded.is_some() || theirs.content.coded.is_some() => Got::Unread,
        status @ 200..=299 if is_empty(answer) => {
            let as_bare = status == theirs.status && is_empty(theirs) && names(theirs) == names(answer);
            if as_bare { Got::Undecided } else { Got::Nothing }
        }
        200..=299 => Got::Another,
        300..=399 => Got::Elsewhere,
        _ => Got::Refusal,
    }
}

fn names(response: &Response) -> Vec<String> {
    let mut names: Vec<String> = response.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names
}

/// The place where our value came back and a browser follows it.
pub(super) fn followed(response: &Response) -> Option<Place> {
    response.content.echoes.iter().map(|echo| echo.place).filter(|place| *place != Place::Text).min()
}

/// Where a redirect leads that names a host: a relative one stays with whoever asked.
fn absolute(hop: &Hop) -> Option<url::Url> {
    let value = hop.response.value("location")?;
    let names_host = value.starts_with("//") || url::Url::parse(value).is_ok();
    location(hop).filter(|_| names_host)
}

fn without_query(url: Option<url::Url>) -> Option<String> {
    Some(url?.as_str().split(['?', '#']).next()?.to_string())
}

/// The name behind user information.
fn bare(host: &str) -> &str {
    host.rsplit_once('@').map_or(host, |(_, name)| name)
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
