//! The route to an open port of an address, and what it may prove.

use std::net::{IpAddr, SocketAddr};

use crate::observation::{Ask, Http, Observation, Reach, Reply, Route, Seen, Session, Steps};
use crate::spec::{PathProof, Spec};
use crate::target::{Family, Scheme, reserved};

/// The way to an open port that spoke TLS.
pub(super) struct Way<'a> {
    pub o: &'a Observation<Route>,
    pub steps: &'a Steps,
    pub reach: Reach,
}

/// `None` where no port of the address takes connections.
///
/// # Errors
/// Why the way is not known.
pub(super) fn way<'a>(spec: &Spec, seen: &'a Seen, ip: IpAddr) -> Option<Result<Way<'a>, String>> {
    let o = seen.asked::<Route>().find(|o| o.question.to.ip() == ip)?;
    Some(match &o.outcome {
        Err(error) => Err(error.to_string()),
        Ok(_) if !speaks_tls(seen, o.question.to) => {
            Err(format!("port {} takes connections and speaks no TLS", o.question.to.port()))
        }
        Ok(steps) => {
            let reach = steps.reach(ip, |by| spec.vantage.is_own(by));
            Ok(Way { o, steps, reach })
        }
    })
}

/// Whether an https port answered as one.
pub(in crate::judge) fn speaks_tls(seen: &Seen, at: SocketAddr) -> bool {
    let mut sessions = seen.asked::<Session>().filter(|o| o.question.at.socket() == at);
    let is_visit = |o: &&Observation<Http>| {
        o.question.at.scheme == Scheme::Https && o.question.at.socket() == at && o.question.ask == Ask::Visit
    };
    sessions.any(|o| o.outcome.is_ok()) || seen.asked::<Http>().filter(is_visit).any(|o| o.outcome.is_ok())
}

impl Way<'_> {
    pub fn port(&self) -> u16 {
        self.o.question.to.port()
    }

    /// The TTL that must be reached for a silent port to be the target's matter.
    ///
    /// # Errors
    /// Why none would prove it, as the end of a sentence.
    pub fn proof(&self, spec: &Spec) -> Result<u8, String> {
        let Reach { distance, deepest, border, .. } = self.reach;
        match (distance, spec.vantage.path_proof) {
            _ if self.reach.is_edge() => Ok(deepest),
            (_, PathProof::Beyond) if self.reach.is_beyond() => Ok(deepest),
            _ if self.reach.is_beyond() => Err(format!(
                "{}, which other networks lie before, is the last hop seen: proof with vantage.path_proof = \"beyond\"",
                self.hop(deepest)
            )),
            (None, _) => Err("the target is not seen within 32 hops".into()),
            (Some(0 | 1), _) => Err("no router lies between".into()),
            (Some(2), _) => Err("only one router lies between, which may be ours".into()),
            (Some(_), _) if deepest == 0 => Err("no router on the way says that a TTL ran out".into()),
            (Some(_), _) if deepest < border + 2 => {
                Err(format!("{} may be of our own network still", self.hop(deepest.max(border))))
            }
            (Some(distance), _) => {
                Err(format!("hop {}, the last before the target, does not answer", distance - 1))
            }
        }
    }

    /// `hop 3 (198.51.100.2)`.
    pub fn hop(&self, ttl: u8) -> String {
        hop(ttl, self.steps.at(ttl))
    }
}

pub(super) fn hop(ttl: u8, reply: Option<Reply>) -> String {
    match reply {
        Some(Reply::Expired { by, .. }) => format!("hop {ttl} ({by})"),
        _ => format!("hop {ttl}"),
    }
}

/// Whether a hop's address is of our own network, or may be.
pub(super) fn is_inside(spec: &Spec, ip: IpAddr) -> bool {
    spec.vantage.is_own(ip) || reserved(ip).is_some()
}

/// Whether an address is a hop of our own network on a way of its family.
pub(super) fn is_before_border(spec: &Spec, seen: &Seen, ip: IpAddr) -> bool {
    seen.asked::<Route>().filter(|o| Family::of(o.question.to.ip()) == Family::of(ip)).any(|o| {
        let Ok(steps) = &o.outcome else { return false };
        let border = steps.reach(o.question.to.ip(), |by| spec.vantage.is_own(by)).border;
        let is_it = |reply: Reply| matches!(reply, Reply::Expired { by, .. } if by == ip);
        steps.steps.iter().any(|step| step.ttl <= border && is_it(step.reply))
    })
}
