//! Every cookie that an https answer sets, and what could not be looked at.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::kind::{Kind, kind};
use crate::finding::{Status, Subject, Verdict};
use crate::judge::answered::{answers, is_edge_cookie, subject};
use crate::judge::smoke::steps;
use crate::judge::{Word, given};
use crate::observation::{
    Ask, Exchange, Hop, Http, Observation, ProbeError, Seen, SetCookie, Smoke, Stopped, Timestamp,
};
use crate::spec::Spec;
use crate::target::{Host, Origin, Scheme};

/// A cookie as one answer sets it.
pub(super) struct Sent {
    pub subject: Subject,
    /// Who sets it.
    pub host: Host,
    pub cookie: SetCookie,
    pub kind: Kind,
    /// When it came.
    pub now: Timestamp,
    pub evidence: String,
}

impl Sent {
    pub fn verdict(&self, (status, message): Word) -> Verdict {
        Verdict::new(self.subject.clone(), status, message).resting_on([self.evidence.clone()])
    }
}

/// In the order of the questions, then of the steps; deletions and a CDN's own cookies are left out.
pub(super) fn sent(spec: &Spec, seen: &Seen) -> Vec<Sent> {
    let nonce = seen.observations().nonce.to_string();
    let mut all = vec![];
    for o in asked(seen) {
        let Ok(exchange) = &o.outcome else { continue };
        let dialogue = Dialogue {
            exchange,
            at: o.question.at.ip,
            now: after(seen, o.asked_at_ms.saturating_add(o.elapsed_ms)),
            id: o.id(),
            login: false,
        };
        let first = match subject(&o.question) {
            Subject::Url { url, .. } if o.question.ask == Ask::Absent => Some(url),
            _ => None,
        };
        dialogue.cookies(spec, &nonce, first.as_deref(), &mut all);
    }
    for o in seen.asked::<Smoke>() {
        let (at, now) = (o.question.at.ip, after(seen, o.asked_at_ms.saturating_add(o.elapsed_ms)));
        for (index, exchange) in steps::exchanges(o) {
            let login = spec.smoke.get(index).is_some_and(|step| step.login);
            Dialogue { exchange, at, now, id: o.id(), login }.cookies(spec, &nonce, None, &mut all);
        }
    }
    all
}

fn after(seen: &Seen, ms: u64) -> Timestamp {
    Timestamp(seen.started_at().0.saturating_add_unsigned(ms / 1000))
}

/// The hops of one question or step.
struct Dialogue<'a> {
    exchange: &'a Exchange,
    at: IpAddr,
    now: Timestamp,
    id: String,
    /// It signs somebody in.
    login: bool,
}

impl Dialogue<'_> {
    /// `first`: how the address of the first hop is called.
    fn cookies(&self, spec: &Spec, nonce: &str, first: Option<&str>, all: &mut Vec<Sent>) {
        for (index, hop) in self.exchange.hops.iter().enumerate() {
            let Ok(Origin { scheme: Scheme::Https, host, .. }) = hop.request.origin.parse() else { continue };
            let url = first.filter(|_| index == 0).map_or_else(|| stable_url(hop, nonce), String::from);
            for (index, field) in hop.response.values("set-cookie").into_iter().enumerate() {
                let kept = |cookie: &SetCookie| !cookie.is_deletion(self.now) && !is_edge_cookie(&cookie.name);
                let Some(cookie) = SetCookie::parse(field).filter(kept) else { continue };
                all.push(Sent {
                    subject: Subject::Cookie { name: cookie.label().into(), url: url.clone(), at: self.at },
                    host: host.clone(),
                    kind: kind(spec, &cookie, hop.response.cookies.get(index).copied()).of_login(self.login),
                    cookie,
                    now: self.now,
                    evidence: self.id.clone(),
                });
            }
        }
    }
}

/// An Unknown for each answer that should have been looked at and could not.
pub(super) fn missing(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let visits = answers(spec, seen).into_iter().filter_map(|answer| match answer.hop {
        Err((Status::Unknown, why)) => {
            Some(Verdict::new(answer.subject, Status::Unknown, why).resting_on([answer.o.id()]))
        }
        _ => None,
    });
    let toggled = asked(seen).filter(|o| o.question.ask == Ask::Toggled);
    let broken = toggled.filter_map(|o| {
        let error = broken_off(o)?;
        Some(given(o, subject(&o.question), |_| (Status::Unknown, error.to_string())))
    });
    visits.chain(broken).collect()
}

pub(super) fn names(all: &[Sent]) -> BTreeSet<&str> {
    all.iter().map(|sent| sent.cookie.name.as_str()).collect()
}

/// Without the query, and without the random names of this run.
fn stable_url(hop: &Hop, nonce: &str) -> String {
    let path = hop.request.target.split('?').next().unwrap_or("/");
    let segments = path.split('/').map(|segment| if segment.contains(nonce) { "(random)" } else { segment });
    format!("{}{}", hop.request.origin, segments.collect::<Vec<_>>().join("/"))
}

fn asked(seen: &Seen) -> impl Iterator<Item = &Observation<Http>> {
    seen.asked::<Http>().filter(|o| matches!(o.question.ask, Ask::Visit | Ask::Absent | Ask::Toggled))
}

fn broken_off(o: &Observation<Http>) -> Option<&ProbeError> {
    match &o.outcome {
        Err(error) | Ok(Exchange { stopped: Some(Stopped::Error(error)), .. }) => Some(error),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};

    #[test]
    fn a_subject_is_the_same_from_run_to_run() {
        let set = |name: &str| response(302, &[("Set-Cookie", name)], "");
        let mut answer = exchange(vec![set("a=1"), set("b=1"), set("c=1"), set("gone=; Max-Age=0")]);
        let places = [
            ("https://app.example.com", "/golive-00000007"),
            ("https://www.example.com", "/en/golive-00000007?from=x"),
            ("http://app.example.com", "/plain"),
            ("https://app.example.com", "/"),
        ];
        for (hop, (origin, target)) in answer.hops.iter_mut().zip(places) {
            hop.request.origin = origin.into();
            hop.request.target = target.into();
        }
        let spec = Spec::of("app.example.com".parse().unwrap());
        let said = sent(&spec, &seen([(question(Ask::Absent, "/"), Ok(answer))]));
        let said: Vec<(String, String)> =
            said.iter().map(|sent| (sent.subject.to_string(), sent.host.to_string())).collect();
        let want = [
            ("cookie a https://app.example.com/(random) [203.0.113.7]", "app.example.com"),
            ("cookie b https://www.example.com/en/(random) [203.0.113.7]", "www.example.com"),
        ];
        assert_eq!(said, want.map(|(subject, host)| (subject.into(), host.into())));
    }
}
