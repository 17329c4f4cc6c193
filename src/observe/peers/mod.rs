//! Peers that misbehave, and what is made of them. Everything stays on the loopback interface.

mod frames;
mod hellos;
mod names;
mod ports;
mod redirects;
mod replies;
mod revocation;
mod runs;
mod search;
mod server;
mod sessions;
mod steps;
mod zone;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::dialogue::Dialogue;
use super::net::{Door, Net, Way};
use super::record::Recorder;
use crate::observation::{
    Ask, ErrorKind, Exchange, Http, Knock, Method, Nonce, PortState, ProbeError, Response, Stage,
};
use crate::spec::Spec;
use crate::target::{Endpoint, Scheme};

use server::{Act, Peer};

/// A documentation address: nothing is sent to it, since its doors lead to peers.
const IP: &str = "203.0.113.7";

/// A promise with little patience.
fn spec() -> Spec {
    let mut spec = Spec::of("app.example.com".parse().unwrap());
    (spec.limits.exchange_ms, spec.limits.connect_ms) = (500, Some(300));
    spec
}

/// A way on which the ports of the address are these, and nothing else exists.
fn net(spec: &Spec, doors: &[(u16, SocketAddr)]) -> Net {
    let host = Some(IP.parse().unwrap());
    let doors = doors.iter().map(|(port, to)| Door { host: host.clone(), port: Some(*port), to: *to });
    let pins = BTreeMap::from([("app.example.com".to_string(), vec![IP.parse().unwrap()])]);
    Net::new(Way { pins, doors: doors.collect(), closed: true, ..Way::default() }, spec)
}

fn visit(scheme: Scheme, path: &str) -> Http {
    let at = Endpoint {
        scheme,
        host: "app.example.com".parse().unwrap(),
        ip: IP.parse().unwrap(),
        port: scheme.default_port(),
    };
    Http { at, method: Method::Get, path: path.into(), ask: Ask::Visit }
}

async fn asked(spec: &Spec, net: &Net, question: &Http) -> (u8, Result<Exchange, ProbeError>) {
    let ip: IpAddr = IP.parse().unwrap();
    let places = BTreeMap::from([("app.example.com".parse().unwrap(), vec![ip])]);
    let recorder = Recorder::new(Nonce(1));
    let place = net.place(question.at.ip).await;
    Dialogue { net, spec, recorder: &recorder, places: &places, nonce: Nonce(1) }.hold(question, place).await
}

/// What a visit over plain HTTP finds.
async fn plainly(act: Act) -> Result<Response, ProbeError> {
    patiently(500, act).await
}

async fn patiently(exchange_ms: u64, act: Act) -> Result<Response, ProbeError> {
    let peer = Peer::plain(act).await;
    let mut spec = spec();
    spec.limits.exchange_ms = exchange_ms;
    let net = net(&spec, &[(80, peer.at)]);
    let question = Http { ask: Ask::Again, ..visit(Scheme::Http, "/") };
    Ok(asked(&spec, &net, &question).await.1?.hops.remove(0).response)
}

/// What a visit over TLS finds.
async fn securely(peer: &Peer) -> Result<Exchange, ProbeError> {
    let spec = spec();
    let net = net(&spec, &[(443, peer.at)]);
    asked(&spec, &net, &visit(Scheme::Https, "/")).await.1
}

fn knock(port: u16, beside: Option<u16>) -> Knock {
    let greet = crate::observation::Greet::Listen;
    Knock { at: SocketAddr::from((IP.parse::<IpAddr>().unwrap(), port)), greet, beside }
}

async fn knocked(doors: &[(u16, SocketAddr)], question: &Knock) -> (u8, Result<PortState, ProbeError>) {
    knocked_over(&Arc::new(net(&spec(), doors)), question).await
}

async fn knocked_over(net: &Arc<Net>, question: &Knock) -> (u8, Result<PortState, ProbeError>) {
    let recorder = super::record::Recorder::new(crate::observation::Nonce(1));
    super::port::Knocker { net, recorder: &recorder, host: None }.knock(question).await
}

fn words<T>(outcome: Result<T, ProbeError>) -> (Stage, ErrorKind, String) {
    let error = outcome.err().expect("no answer");
    (error.stage, error.kind, error.detail)
}

fn within(begun: tokio::time::Instant, seconds: f64) {
    let took = begun.elapsed();
    assert!(took < Duration::from_secs_f64(seconds), "took {took:?}");
}
