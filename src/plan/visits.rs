//! What a visitor asks: pages, a page that is not there, the plain address, the same page again.

use std::collections::BTreeSet;

use super::names::{distinct_places, places};
use crate::observation::{Ask, Http, Method, Observations, Probe, Session, Sni, folder};
use crate::spec::Spec;
use crate::target::{Endpoint, Scheme};

pub fn sessions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    places(spec, seen).into_iter().map(Session::of).map(Probe::from).collect()
}

/// Without a name, once at each address: what is shown to whoever asks for nobody.
pub fn nameless_sessions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let named = distinct_places(spec, seen).into_iter().filter(|at| at.host.name().is_some());
    named.map(|at| Session { at, sni: Sni::Absent }.into()).collect()
}

pub fn visits(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    each(&distinct_places(spec, seen), &spec.paths, Ask::Visit)
}

/// The same at the places that have a further name.
pub fn by_other_names(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let first = distinct_places(spec, seen);
    let others: Vec<Endpoint> = places(spec, seen).into_iter().filter(|place| !first.contains(place)).collect();
    each(&others, &spec.paths, Ask::Visit)
}

/// Paths that applications commonly answer when they are well.
const HEALTH_PATHS: [&str; 5] = ["/api/health", "/health", "/healthz", "/api/healthz", "/up"];

/// Where nobody named a path and `/` answers 404, an application may still be there.
pub fn health(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    if spec.lines.contains_key("paths") {
        return vec![];
    }
    let has_nothing = |at: &Endpoint| {
        let root = Http { at: at.clone(), method: Method::Get, path: "/".into(), ask: Ask::Visit };
        seen.answer(&root).is_some_and(|exchange| exchange.last().response.status == 404)
    };
    let places: Vec<Endpoint> = places(spec, seen).into_iter().filter(has_nothing).collect();
    each(&places, &HEALTH_PATHS.map(String::from), Ask::Health)
}

/// At most how many of them are asked.
pub fn most_health(spec: &Spec, seen: &Observations) -> usize {
    if spec.lines.contains_key("paths") { 0 } else { places(spec, seen).len() * HEALTH_PATHS.len() }
}

/// A random path below the root and below each folder of answers for programs.
pub fn absent(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    each(&places(spec, seen), &error_folders(spec, seen), Ask::Absent)
}

/// The folders whose errors are looked at.
pub fn error_folders(spec: &Spec, seen: &Observations) -> Vec<String> {
    let mut folders = vec!["/".to_string()];
    match &spec.api {
        Some(api) => folders.extend(api.iter().cloned()),
        None => folders.extend(seen.json_folders()),
    }
    folders.sort();
    folders.dedup();
    folders
}

/// At most how many folders below the root the answers may add.
pub fn most_folders(spec: &Spec) -> usize {
    let folders = || spec.paths.iter().filter_map(|path| folder(path)).filter(|folder| !folder.is_empty());
    if spec.api.is_some() { 0 } else { folders().collect::<BTreeSet<_>>().len() }
}

/// Each path over plain HTTP: GET and HEAD, and one empty POST to a random path.
pub fn upgrades(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let plain: Vec<Endpoint> = places(spec, seen).iter().map(|place| plain(spec, place)).collect();
    let mut questions = each(&plain, &spec.paths, Ask::Upgrade);
    for at in plain {
        let head =
            |path: &String| Http { at: at.clone(), method: Method::Head, path: path.clone(), ask: Ask::Upgrade };
        questions.extend(spec.paths.iter().map(head).map(Probe::from));
        questions.push(Http { at: at.clone(), method: Method::Post, path: "/".into(), ask: Ask::Upgrade }.into());
    }
    questions
}

/// The plain endpoint beside an https one.
pub fn plain(spec: &Spec, place: &Endpoint) -> Endpoint {
    Endpoint { scheme: Scheme::Http, port: spec.ports.http, ..place.clone() }
}

/// Each path with its trailing slash added or taken away, unless that is a path of the owner's too.
pub fn toggled(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let toggle = |path: &String| match path.strip_suffix('/') {
        _ if path.contains('?') => None,
        Some("") => None,
        Some(bare) => Some(bare.to_string()),
        None => Some(format!("{path}/")),
    };
    let toggled: Vec<String> =
        spec.paths.iter().filter_map(toggle).filter(|path| !spec.paths.contains(path)).collect();
    each(&places(spec, seen), &toggled, Ask::Toggled)
}

/// The plain request once more, when everything else was asked.
pub fn again(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    each(&places(spec, seen), spec.paths.get(..1).unwrap_or_default(), Ask::Again)
}

/// Each other page that sets a cookie, once more: does a shared cache give it to others?
pub fn twice(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let others = spec.paths.get(1..).unwrap_or_default();
    let visit =
        |at: &Endpoint, path: &String, ask| Http { at: at.clone(), method: Method::Get, path: path.clone(), ask };
    let sets_cookie = |at: &Endpoint, path: &String| {
        let answer = seen.answer(&visit(at, path, Ask::Visit));
        answer.is_some_and(|exchange| exchange.hops.iter().any(|hop| hop.response.value("set-cookie").is_some()))
    };
    let places = places(spec, seen);
    let pages = places.iter().flat_map(|at| others.iter().map(move |path| (at, path)));
    pages.filter(|(at, path)| sets_cookie(at, path)).map(|(at, path)| visit(at, path, Ask::Again).into()).collect()
}

/// At most how many of them are asked.
pub fn most_twice(spec: &Spec, seen: &Observations) -> usize {
    places(spec, seen).len() * spec.paths.len().saturating_sub(1)
}

/// Where a site says whom to tell of a hole (RFC 9116 §3).
pub fn published(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    each(&distinct_places(spec, seen), &["/.well-known/security.txt".into()], Ask::Published)
}

/// TRACE, which a server should not know.
pub fn traces(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let trace = |at| Http { at, method: Method::Trace, path: "/".into(), ask: Ask::Trace };
    distinct_places(spec, seen).into_iter().map(trace).map(Probe::from).collect()
}

/// One path of each first folder, at most four: a page and an API path, where both are named.
pub fn sampled_paths(spec: &Spec) -> Vec<String> {
    let mut sampled: Vec<(&str, &String)> = vec![];
    for path in &spec.paths {
        let folder = path[1..].split_once('/').map_or("", |(folder, _)| folder);
        if sampled.len() < 4 && !sampled.iter().any(|(held, _)| *held == folder) {
            sampled.push((folder, path));
        }
    }
    sampled.into_iter().map(|(_, path)| path.clone()).collect()
}

fn each(places: &[Endpoint], paths: &[String], ask: Ask) -> Vec<Probe> {
    let at = |at: &Endpoint| {
        let questions = paths.iter().map(|path| Http {
            at: at.clone(),
            method: Method::Get,
            path: path.clone(),
            ask: ask.clone(),
        });
        questions.map(Probe::from).collect::<Vec<_>>()
    };
    places.iter().flat_map(at).collect()
}
