//! How far packets come: the route to an open port, and whether those to other ports go the same way.

use std::net::SocketAddr;

use super::doors::{guarded, reference};
use super::names::hosts;
use super::sweep;
use crate::observation::{Knock, Observations, Passage, PortState, Probe, Reach, Route, Seek};
use crate::spec::Spec;

/// Questions about one address, at most: the route, then the silent ports, the refused ones, and some of the swept of
/// either kind.
pub const MOST: usize = 5;

/// Once for each address that takes connections.
pub fn routes(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let open = hosts(spec, seen).into_iter().filter_map(|ip| reference(spec, seen, ip));
    open.map(|to| Probe::from(Route { to })).collect()
}

/// Silent ports are compared where the last router answers, refused ones before the target.
pub fn passages(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let sweeps = sweep::sweeps(spec, seen);
    let mut all = vec![];
    for to in hosts(spec, seen).into_iter().filter_map(|ip| reference(spec, seen, ip)) {
        let Some(steps) = seen.answer(&Route { to }) else { continue };
        let reach = steps.reach(to.ip(), |ip| spec.vantage.is_own(ip));
        let knocks = guarded(spec, seen, to.ip());
        // One question for all: it waits for the last of them.
        if knocks.iter().all(|knock| seen.find(knock).is_some()) {
            let silent = ports(seen, &knocks, |state| *state == PortState::Filtered);
            let refuses = |state: &PortState| matches!(state, PortState::Refused | PortState::Rejected { .. });
            all.extend(arrival(to, reach, silent));
            all.extend(passage(to, reach.last_router(), Seek::Refusal, ports(seen, &knocks, refuses)));
        }
        let swept = sweeps.iter().find(|sweep| sweep.at == to.ip()).and_then(|sweep| seen.answer(sweep));
        if let Some(swept) = swept {
            all.extend(arrival(to, reach, swept.sampled(to.ip())));
            all.extend(passage(to, reach.last_router(), Seek::Refusal, swept.sampled_refused(to.ip())));
        }
    }
    all.into_iter().map(Probe::from).collect()
}

fn ports(seen: &Observations, knocks: &[Knock], is: impl Fn(&PortState) -> bool) -> Vec<u16> {
    let mut ports: Vec<u16> =
        knocks.iter().filter(|knock| seen.answer(*knock).is_some_and(&is)).map(|knock| knock.at.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Asked where it can prove something.
fn arrival(to: SocketAddr, reach: Reach, ports: Vec<u16>) -> Option<Passage> {
    let ttl = (reach.is_edge() || reach.is_beyond()).then_some(reach.deepest);
    passage(to, ttl, Seek::Arrival, ports)
}

fn passage(to: SocketAddr, ttl: Option<u8>, seek: Seek, ports: Vec<u16>) -> Option<Passage> {
    let ttl = ttl.filter(|_| !ports.is_empty())?;
    Some(Passage { to: to.ip(), beside: to.port(), ttl, seek, ports })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::observation::{Nonce, Observation, Question, Steps, Timestamp, Vantage};

    fn told<Q: Question>(seen: &mut Observations, question: Q, answer: Q::Answer)
    where
        Observation<Q>: Into<crate::observation::Fact>,
    {
        let o = Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome: Ok(answer) };
        seen.insert(o.into());
    }

    fn ids(probes: Vec<Probe>) -> Vec<String> {
        probes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paths_follow_from_what_the_ports_said() {
        let spec = Spec::of("https://203.0.113.7".parse().unwrap());
        let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
        let ip: IpAddr = "203.0.113.7".parse().unwrap();
        let at = (ip, 443).into();
        let open = PortState::Open { greeting: None, reset: false };
        assert!(routes(&spec, &seen).is_empty());
        told(&mut seen, Knock { at, greet: crate::observation::Greet::Nothing, beside: None }, open);
        assert_eq!(ids(routes(&spec, &seen)), ["route:203.0.113.7:443"]);
        let knocks = guarded(&spec, &seen, ip);
        let (last, others) = knocks.split_last().unwrap();
        for knock in others {
            let silent = knock.at.port() != 80 && knock.at.port() != 3000;
            told(&mut seen, knock.clone(), if silent { PortState::Filtered } else { PortState::Refused });
        }
        told(&mut seen, Route { to: at }, Steps::of("10.0.0.1 198.51.100.1 198.51.100.2 open"));
        assert!(passages(&spec, &seen).is_empty(), "6379 has not answered yet");
        told(&mut seen, last.clone(), PortState::Filtered);
        let both = ["passage:203.0.113.7:ttl-3:5432,6379,8000", "refusal:203.0.113.7:ttl-3:80,3000"];
        assert_eq!(ids(passages(&spec, &seen)), both);
        for (hops, want) in [
            ("10.0.0.1 10.0.0.2 198.51.100.2 open", &["refusal:203.0.113.7:ttl-3:80,3000"][..]),
            ("198.51.100.2 open", &[]),
            ("open", &[]),
        ] {
            told(&mut seen, Route { to: at }, Steps::of(hops));
            assert_eq!(ids(passages(&spec, &seen)), want, "{hops}");
        }
    }
}
