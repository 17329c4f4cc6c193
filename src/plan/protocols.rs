//! HTTP/2 and HTTP/3, where they are offered.

use super::names::distinct_places;
use crate::observation::{Ask, Handshake, Http, Method, Observations, Probe, Quic, Session};
use crate::spec::Spec;
use crate::target::Endpoint;

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let places = distinct_places(spec, seen);
    let asked =
        |at: &Endpoint, ask| Http { at: at.clone(), method: Method::Get, path: spec.paths[0].clone(), ask };
    let over_2 =
        places.iter().filter(|at| seen.answer(&Session::of((*at).clone())).is_some_and(Handshake::speaks_h2));
    let mut questions: Vec<Probe> = over_2.map(|at| asked(at, Ask::Http2).into()).collect();
    // What leads TCP elsewhere by hand leads no UDP.
    if seen.vantage.doors.is_empty() {
        let announced = places.iter().filter_map(|at| {
            let port = seen.answer(&asked(at, Ask::Visit))?.first().h3_port()?;
            Some(Quic { at: Endpoint { port, ..at.clone() } })
        });
        questions.extend(announced.map(Probe::from));
    }
    questions
}

/// At most how many of them are asked.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    2 * distinct_places(spec, seen).len()
}
