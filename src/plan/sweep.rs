//! Ports beyond those that are named: whether they take connections, and what answers there.

use std::net::IpAddr;

use super::doors::{bare, greeting, startup, web_port};
use super::names::swept_hosts;
use crate::observation::{Ask, Greet, Http, Knock, Method, Observations, PortState, Probe, Sweep, Swept};
use crate::spec::{Spec, usual_service};
use crate::target::{Endpoint, Scheme};

/// Open ports of one address that are asked what they are.
const MOST_ASKED: usize = 32;

/// Where `/` says little: Docker's version (Engine API), Caddy's configuration (admin API).
const PATHS: [(u16, &str); 3] = [(2019, "/config/"), (2375, "/version"), (2376, "/version")];

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions = vec![];
    for sweep in sweeps(spec, seen) {
        if let Some(swept) = seen.answer(&sweep) {
            questions.extend(controls(spec, sweep.at, swept));
            for knock in knocks(spec, &sweep, swept) {
                questions.extend(visits(spec, seen, &knock));
                questions.extend(startup(seen, &knock).filter(|_| spec.scope.asks_any("secrets")));
                questions.push(knock.into());
            }
        }
        questions.push(sweep.into());
    }
    questions
}

/// At most how many questions this may become, for each address.
pub fn most_each(spec: &Spec) -> usize {
    if spec.swept_ports().is_empty() { 0 } else { 1 + 8 * spec.vantage.control.len() + 3 * MOST_ASKED }
}

/// Each address is swept beside its web port. One that takes no connections is swept as well: what is open there is
/// found, though nothing else is believed.
pub(super) fn sweeps(spec: &Spec, seen: &Observations) -> Vec<Sweep> {
    let ports = spec.swept_ports();
    if ports.is_empty() {
        return vec![];
    }
    let beside = |at| web_port(spec, seen, at).unwrap_or(spec.site.port);
    let hosts = swept_hosts(spec, seen).into_iter();
    hosts.map(|at| Sweep { at, ports: ports.clone(), beside: beside(at) }).collect()
}

/// What a sampled silent port is at the owner's controls.
fn controls(spec: &Spec, at: IpAddr, swept: &Swept) -> Vec<Probe> {
    if spec.vantage.control.is_empty() {
        return vec![];
    }
    let sampled = swept.sampled(at).into_iter();
    let controls = sampled.flat_map(|port| spec.vantage.controls((at, port).into()));
    controls.map(|at| Knock { at, greet: Greet::Nothing, beside: None }.into()).collect()
}

/// An open port that nobody expects is greeted.
fn knocks(spec: &Spec, sweep: &Sweep, swept: &Swept) -> Vec<Knock> {
    let unexpected = swept.open.without(&spec.ports.open.iter().copied().collect());
    let knock = |port| Knock {
        at: (sweep.at, port).into(),
        greet: greeting(usual_service(port).unwrap_or_default()),
        beside: Some(sweep.beside),
    };
    unexpected.iter().take(MOST_ASKED).map(knock).collect()
}

/// What says nothing by itself may speak HTTP, or TLS first.
fn visits(spec: &Spec, seen: &Observations, knock: &Knock) -> Vec<Probe> {
    let Some(PortState::Open { greeting: None, .. }) = seen.answer(knock) else { return vec![] };
    let plain = visit(bare(spec, knock.at, Scheme::Http));
    let secure = visit(bare(spec, knock.at, Scheme::Https));
    // A server that speaks TLS alone answers plain HTTP with 400, or not at all.
    let is_plain = |status| status != 400;
    let is_unclear = seen.find(&plain).is_some_and(|o| match &o.outcome {
        Ok(exchange) => !is_plain(exchange.first().status),
        Err(_) => true,
    });
    let secure = is_unclear.then(|| secure.into());
    [plain.into()].into_iter().chain(secure).collect()
}

fn visit(at: Endpoint) -> Http {
    let path = PATHS.iter().find(|(port, _)| *port == at.port).map_or("/", |(_, path)| path);
    Http { at, method: Method::Get, path: path.into(), ask: Ask::Direct }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{
        Addresses, Content, Exchange, Hop, Lookup, Nonce, Observation, ProbeError, Question, Request, Response,
        Timestamp, Vantage,
    };
    use crate::spec;
    use crate::target::Family;

    const V4: &str = "203.0.113.7";

    fn told<Q: Question>(seen: &mut Observations, question: Q, outcome: Result<Q::Answer, ProbeError>)
    where
        Observation<Q>: Into<crate::observation::Fact>,
    {
        seen.insert(Observation { question, asked_at_ms: 0, elapsed_ms: 0, attempts: 1, outcome }.into());
    }

    fn open(greeting: Option<&str>) -> PortState {
        PortState::Open { greeting: greeting.map(Into::into), reset: false }
    }

    /// The site at one address whose web port is found in that state.
    fn site(spec: &Spec, web: PortState) -> Observations {
        let mut seen = Observations::begin(spec.site.clone(), Timestamp(0), Nonce(7), Vantage::default());
        let addresses =
            Addresses { addresses: vec![V4.parse().unwrap()], aliases: vec![], absent: false, pinned: false };
        told(&mut seen, Lookup { name: "app.example.com".into(), family: Family::V4 }, Ok(addresses));
        let at = format!("{V4}:443").parse().unwrap();
        told(&mut seen, Knock { at, greet: Greet::Nothing, beside: None }, Ok(web));
        seen
    }

    fn spec() -> Spec {
        Spec::of("app.example.com".parse().unwrap())
    }

    fn ids(spec: &Spec, seen: &Observations) -> Vec<String> {
        questions(spec, seen).iter().map(ToString::to_string).collect()
    }

    fn asked(spec: &Spec, seen: &Observations) -> Sweep {
        let [sweep] = &sweeps(spec, seen)[..] else { panic!("one sweep") };
        sweep.clone()
    }

    #[test]
    fn what_is_named_is_not_swept() {
        let mut spec = spec();
        spec.ports.sweep = spec::Sweep::All;
        let sweep = asked(&spec, &site(&spec, open(None)));
        assert_eq!((sweep.ports.len(), sweep.beside), (65_535 - 6, 443));
        assert!([80, 443, 3000, 5432, 6379, 8000].iter().all(|port| !sweep.ports.contains(*port)));
        assert!(sweep.ports.contains(22));
        spec.ports.sweep = spec::Sweep::Common;
        assert_eq!(asked(&spec, &site(&spec, open(None))).ports.len(), 200);
    }

    #[test]
    fn each_address_is_swept_beside_its_web_port() {
        let mut spec = spec();
        for web in [open(None), PortState::Refused, PortState::Filtered] {
            assert_eq!(asked(&spec, &site(&spec, web)).beside, 443);
        }
        spec.origin = vec!["198.51.100.7".parse().unwrap()];
        assert_eq!(sweeps(&spec, &site(&spec, open(None))).len(), 2);
        spec.ports.sweep = spec::Sweep::Off;
        assert_eq!(sweeps(&spec, &site(&spec, open(None))).len(), 0);
        assert_eq!(most_each(&spec), 0);
    }

    #[test]
    fn an_open_port_is_asked_what_it_is_unless_it_is_expected() {
        let spec = spec();
        let mut seen = site(&spec, open(None));
        let swept = Swept { open: [22, 2375, 5433, 6380, 9000].into_iter().collect(), ..Swept::default() };
        let sweep = asked(&spec, &seen);
        told(&mut seen, sweep, Ok(swept));
        let at = |port: u16, how: &str| format!("port:{V4}:{port}:{how}");
        let knocks = [at(2375, "listen"), at(5433, "postgresql"), at(6380, "redis"), at(9000, "listen")];
        let sweep = format!("sweep:{V4}");
        assert_eq!(ids(&spec, &seen), knocks.iter().chain([&sweep]).cloned().collect::<Vec<_>>());
        let knock =
            |port, greet| Knock { at: (V4.parse::<IpAddr>().unwrap(), port).into(), greet, beside: Some(443) };
        told(&mut seen, knock(2375, Greet::Listen), Ok(open(None)));
        told(&mut seen, knock(5433, Greet::Postgresql), Ok(open(Some("S"))));
        told(&mut seen, knock(9000, Greet::Listen), Ok(PortState::Filtered));
        let plain = format!("direct:http://app.example.com:2375/version@{V4}:2375");
        let secure = plain.replace("http:", "https:");
        let all = ids(&spec, &seen);
        assert!(all.contains(&plain) && !all.contains(&secure) && all.len() == 7, "{all:?}");
        assert!(all.contains(&at(5433, "startup-tls")), "{all:?}");
        let question = visit(bare(&spec, format!("{V4}:2375").parse().unwrap(), Scheme::Http));
        for (outcome, asks_tls) in [
            (Err(ProbeError::not_sent("reset")), true),
            (Ok(answered(&question, 400)), true),
            (Ok(answered(&question, 404)), false),
        ] {
            told(&mut seen, question.clone(), outcome);
            assert_eq!(ids(&spec, &seen).contains(&secure), asks_tls);
        }
    }

    fn answered(question: &Http, status: u16) -> Exchange {
        let request = Request::plain(&question.at, question.method, question.path.clone());
        let response =
            Response { status, fields: vec![], cookies: vec![], tokens: None, content: Content::default() };
        Exchange { hops: vec![Hop { request, response }], stopped: None }
    }

    #[test]
    fn the_controls_are_asked_on_the_sampled_ports() {
        let mut spec = spec();
        spec.vantage.control = vec!["198.51.100.9".parse().unwrap(), "2001:db8::9".parse().unwrap()];
        let mut seen = site(&spec, open(None));
        let swept = Swept { silent: (20..=60).collect(), ..Swept::default() };
        let sampled = swept.sampled(V4.parse().unwrap());
        let sweep = asked(&spec, &seen);
        told(&mut seen, sweep, Ok(swept));
        let all = ids(&spec, &seen);
        assert_eq!(all.len(), 9, "{all:?}");
        assert!(sampled.iter().all(|port| all.contains(&format!("port:198.51.100.9:{port}"))), "{all:?}");
        assert!(all.len() <= most_each(&spec));
    }
}
