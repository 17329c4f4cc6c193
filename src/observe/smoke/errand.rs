//! One request of a step, and where its redirects lead inside the site.

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::body::Bytes;

use super::Walker;
use crate::observation::{ErrorKind, Exchange, Method, ProbeError, Request, Stage, Stopped};
use crate::observe::dialogue::{MOST_HOPS, Over, held_off, location, target};
use crate::observe::http::{self, Raw};
use crate::observe::jar::Jar;
use crate::plan::{self, Follow};
use crate::target::Endpoint;

pub struct Errand {
    /// With names in place of values.
    pub shown: Request,
    pub request: Request,
    pub content: Bytes,
    /// Names of the fields that a redirect to the same origin keeps.
    pub own: Vec<String>,
}

pub struct Gone {
    pub exchange: Exchange,
    /// One for each hop.
    pub raws: Vec<Raw>,
    pub took: Duration,
}

impl Gone {
    pub fn last(&self) -> &Raw {
        &self.raws[self.raws.len() - 1]
    }
}

impl Walker<'_> {
    /// Sends it with the cookies of the jar and follows redirects inside the site. `patient`: asked to slow down, it
    /// is sent once more.
    ///
    /// # Errors
    /// The first request has no answer; a later one without ends the exchange as `Stopped::Error`.
    pub(super) async fn go(
        &self,
        begin: &Endpoint,
        errand: &Errand,
        jar: &mut Jar,
        patient: bool,
    ) -> Result<Gone, ProbeError> {
        let dialogue = self.dialogue();
        let mut at = begin.clone();
        let (mut shown, mut request) = (errand.shown.clone(), errand.request.clone());
        let mut content = errand.content.clone();
        let mut gone =
            Gone { exchange: Exchange { hops: vec![], stopped: None }, raws: vec![], took: Duration::ZERO };
        let mut met = BTreeSet::from([(request.method, at.origin(), request.target.clone())]);
        loop {
            let mut sent = request.clone();
            let has_own = sent.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
            sent.fields.extend(jar.field(&at, &request.target).filter(|_| !has_own));
            let (raw, took) = match self.send(&at, &sent, &content, patient).await {
                Ok(answer) => answer,
                Err(error) if gone.raws.is_empty() => return Err(error),
                Err(error) => {
                    gone.exchange.stopped = Some(Stopped::Error(error));
                    return Ok(gone);
                }
            };
            gone.took += took;
            jar.keep(&at, &request.target, &raw, crate::observe::now());
            let led = !gone.raws.is_empty();
            gone.exchange.hops.push(self.recorder.hop(&shown, led, &raw));
            let next = location(&at, &request, &raw);
            let turned = turns_to_get(raw.status, request.method);
            gone.raws.push(raw);
            let Some(next) = next else { return Ok(gone) };
            let step = match dialogue.step(Follow::Site, &next, begin.ip) {
                Ok(step) => step,
                Err(stopped) => {
                    gone.exchange.stopped = Some(stopped);
                    return Ok(gone);
                }
            };
            let method = if turned { Method::Get } else { request.method };
            let is_home = step.origin() == begin.origin();
            if !turned && !content.is_empty() && !is_home {
                let detail = "a redirect takes what the step sends to another origin, and is not followed";
                let error = ProbeError::new(Stage::Exchange, ErrorKind::NotSent, detail);
                gone.exchange.stopped = Some(Stopped::Error(error));
                return Ok(gone);
            }
            let target = target(&next);
            let is_new = met.insert((method, step.origin(), target.clone()));
            if !is_new && !jar.is_new() || gone.raws.len() > MOST_HOPS {
                gone.exchange.stopped = Some(if is_new { Stopped::TooMany } else { Stopped::Loop });
                return Ok(gone);
            }
            if turned {
                content = Bytes::new();
            }
            let kept = |request: &Request| {
                let mut next = plan::hop(self.spec, &step, method, target.clone());
                let is_kept = |name: &str| {
                    let own = errand.own.iter().any(|own| own == name);
                    is_home && (own || !turned && name == "Content-Type") && !(turned && name == "content-type")
                };
                let fields: Vec<_> = request.fields.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
                next.fields.retain(|(name, _)| !fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
                next.fields.extend(fields);
                next
            };
            (shown, request) = (kept(&shown), kept(&request));
            at = step;
        }
    }

    async fn send(
        &self,
        at: &Endpoint,
        request: &Request,
        content: &Bytes,
        patient: bool,
    ) -> Result<(Raw, Duration), ProbeError> {
        let place = self.net.place(at.ip).await;
        if patient {
            return self.dialogue().politely(at, request, Over::Http1, content, place).await.1;
        }
        let answer = http::send(self.net, at, request, content.clone()).await?;
        if held_off(&answer.0).is_some() {
            place.slow_down();
            let detail = format!("{}: the site asks us to slow down", answer.0.status);
            return Err(ProbeError::new(Stage::Exchange, ErrorKind::Limited, detail));
        }
        Ok(answer)
    }
}

/// As browsers do (Fetch, HTTP-redirect fetch).
fn turns_to_get(status: u16, method: Method) -> bool {
    match status {
        303 => !matches!(method, Method::Get | Method::Head),
        301 | 302 => method == Method::Post,
        _ => false,
    }
}
