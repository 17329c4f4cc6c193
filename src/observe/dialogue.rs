//! The exchanges of one question: redirects inside the site are followed here, where the raw values are, and nowhere
//! else. What leads off the site is recorded and never followed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::sleep;
use url::Url;

use super::http::{self, Coming, Raw};
use super::http2;
use super::jar::Jar;
use super::net::Net;
use super::places::Place;
use super::record::Recorder;
use crate::observation::{
    Ask, ErrorKind, Exchange, Hop, Http, Method, Nonce, ProbeError, Request, Stage, Stopped,
};
use crate::plan::{self, Follow};
use crate::spec::Spec;
use crate::target::{Endpoint, Family, Host, Scheme};

/// Redirects that are followed.
pub const MOST_HOPS: usize = 10;

/// At most this long a site may ask us to wait before the one retry.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the names of the site are, as far as they may be dialled.
pub type Places = BTreeMap<Host, Vec<IpAddr>>;

pub struct Dialogue<'a> {
    pub net: &'a Net,
    pub spec: &'a Spec,
    pub recorder: &'a Recorder,
    pub places: &'a Places,
    pub nonce: Nonce,
}

impl Dialogue<'_> {
    /// Asks, and follows as far as the question goes.
    ///
    /// # Errors
    /// The first exchange has no answer; a later one without ends the dialogue as `Stopped::Error`.
    pub async fn hold(&self, question: &Http, place: Place) -> (u8, Result<Exchange, ProbeError>) {
        let first = plan::request(self.spec, self.nonce, question);
        let over = if question.ask == Ask::Http2 { Over::Http2 } else { Over::Http1 };
        let (attempts, raw) = match self.politely(&question.at, &first, over, &Bytes::new(), place).await {
            (attempts, Ok((raw, _))) => (attempts, raw),
            (attempts, Err(error)) => return (attempts, Err(error)),
        };
        (attempts, Ok(self.follow(question, first, raw).await))
    }

    async fn follow(&self, question: &Http, mut request: Request, mut raw: Raw) -> Exchange {
        let mut at = question.at.clone();
        let mut exchange = Exchange { hops: vec![], stopped: None };
        let mut met = BTreeSet::from([(at.origin(), request.target.clone())]);
        let mut jar = Jar::default();
        loop {
            jar.keep(&at, &request.target, &raw, super::now());
            let next = location(&request, &raw);
            let led = !exchange.hops.is_empty();
            exchange.hops.push(self.recorder.hop(&request, led, &raw));
            let Some(next) = next.filter(|_| is_followed(plan::follow(question), &at)) else { return exchange };
            let step = match self.step(plan::follow(question), &next, question.at.ip) {
                Ok(step) => step,
                Err(stopped) => {
                    exchange.stopped = Some(stopped);
                    return exchange;
                }
            };
            let target = target(&next);
            let new_cookies = jar.is_new();
            if !met.insert((step.origin(), target.clone())) && !new_cookies {
                exchange.stopped = Some(Stopped::Loop);
                return exchange;
            }
            if exchange.hops.len() > MOST_HOPS {
                exchange.stopped = Some(Stopped::TooMany);
                return exchange;
            }
            at = step;
            request = plan::hop(self.spec, &at, Method::Get, target);
            request.fields.extend(own_origin(question, &exchange.hops[0]));
            let mut sent = request.clone();
            sent.fields.extend(jar.field(&at, &sent.target));
            let place = self.net.place(at.ip).await;
            raw = match self.politely(&at, &sent, Over::Http1, &Bytes::new(), place).await {
                (_, Ok((raw, _))) => raw,
                (_, Err(error)) => {
                    exchange.stopped = Some(Stopped::Error(error));
                    return exchange;
                }
            };
        }
    }

    /// The endpoint that a redirect leads to, if it is one of the site's.
    pub fn step(&self, follow: Follow, next: &Url, ip: IpAddr) -> Result<Endpoint, Stopped> {
        let host = next.host_str().and_then(|host| host.parse::<Host>().ok()).ok_or(Stopped::OffSite)?;
        let port = next.port_or_known_default().ok_or(Stopped::OffSite)?;
        let mut own = self.spec.origins().filter(|origin| origin.host == host).peekable();
        own.peek().ok_or(Stopped::OffSite)?;
        if !next.username().is_empty() || next.password().is_some() {
            let detail = "the redirect carries credentials in its address, and is not followed";
            return Err(Stopped::Error(ProbeError::new(Stage::Exchange, ErrorKind::Malformed, detail)));
        }
        let scheme = match next.scheme() {
            "https" if own.any(|origin| origin.port == port) => Scheme::Https,
            "http" if port == self.spec.ports.http && follow == Follow::UntilHttps => Scheme::Http,
            "http" => return Err(Stopped::PlainHttp),
            _ => return Err(Stopped::OffSite),
        };
        let known = self.places.get(&host).map(Vec::as_slice).unwrap_or_default();
        let same_family = |other: &&IpAddr| Family::of(**other) == Family::of(ip);
        let ip = known.iter().find(|known| **known == ip).or_else(|| known.iter().find(same_family));
        Ok(Endpoint { scheme, host, ip: *ip.ok_or(Stopped::OffSite)?, port })
    }

    /// One exchange, and one more when the site asks us to slow down.
    pub async fn politely(
        &self,
        at: &Endpoint,
        request: &Request,
        over: Over,
        content: &Bytes,
        place: Place,
    ) -> (u8, Result<(Raw, Duration), ProbeError>) {
        match self.begin(at, request, over, content, place).await {
            (attempts, Ok((coming, _place))) => (attempts, coming.whole(self.net.limits().body_bytes).await),
            (attempts, Err(error)) => (attempts, Err(error)),
        }
    }

    /// The same as far as the content of the answer; the place is held until that is read.
    pub async fn begin(
        &self,
        at: &Endpoint,
        request: &Request,
        over: Over,
        content: &Bytes,
        place: Place,
    ) -> (u8, Result<(Coming, Place), ProbeError>) {
        let wait = match self.ask(at, request, over, content).await {
            Ok(coming) => match held_off(&coming.raw) {
                Some(wait) => wait,
                None => return (1, Ok((coming, place))),
            },
            Err(error) => return (1, Err(error)),
        };
        place.slow_down();
        drop(place);
        sleep(wait).await;
        let place = self.net.place(at.ip).await;
        match self.ask(at, request, over, content).await {
            Ok(coming) if held_off(&coming.raw).is_some() => {
                place.slow_down();
                let detail = format!("{}: the site asks us to slow down", coming.raw.status);
                (2, Err(ProbeError::new(Stage::Exchange, ErrorKind::Limited, detail)))
            }
            answer => (2, answer.map(|coming| (coming, place))),
        }
    }

    async fn ask(
        &self,
        at: &Endpoint,
        request: &Request,
        over: Over,
        content: &Bytes,
    ) -> Result<Coming, ProbeError> {
        match over {
            Over::Http1 => http::ask(self.net, at, request, content.clone()).await,
            Over::Http2 => http2::ask(self.net, at, request).await,
        }
    }
}

/// The version that an exchange is spoken in.
#[derive(Clone, Copy)]
pub enum Over {
    Http1,
    Http2,
}

fn is_followed(follow: Follow, at: &Endpoint) -> bool {
    match follow {
        Follow::No => false,
        Follow::Site => true,
        Follow::UntilHttps => at.scheme == Scheme::Http,
    }
}

/// 429, or 503 with Retry-After (RFC 9110 §15.6.4): how long to wait.
pub fn held_off(raw: &Raw) -> Option<Duration> {
    let after = raw.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    if raw.status != 429 && !(raw.status == 503 && after.is_some()) {
        return None;
    }
    let seconds = after.and_then(|(_, value)| std::str::from_utf8(value).ok()?.trim().parse().ok());
    Some(seconds.map_or(PATIENCE, Duration::from_secs).min(PATIENCE))
}

/// Where a redirect leads, resolved against the address of the request (RFC 9110 §10.2.2).
pub fn location(request: &Request, raw: &Raw) -> Option<Url> {
    if !matches!(raw.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, value) = raw.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    let base = Url::parse(&request.url()).ok()?;
    base.join(std::str::from_utf8(value).ok()?).ok()
}

pub fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().into(),
    }
}

/// A script's request keeps its Origin field on a redirect inside the site.
fn own_origin(question: &Http, first: &Hop) -> Option<(String, String)> {
    let Ask::Origin { .. } = question.ask else { return None };
    first.request.fields.iter().find(|(name, _)| name == "Origin").cloned()
}
