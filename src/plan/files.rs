//! Files that a web server must not serve.

use super::names::places;
use crate::observation::{Ask, Http, Method, Observations, Probe};
use crate::spec::Spec;

pub const SECRET_FILES: [&str; 20] = [
    "/.env",
    "/.env.local",
    "/.env.production",
    "/.env.production.local",
    "/.env.prod",
    "/.env.staging",
    "/.env.development",
    "/.env.backup",
    "/.env.bak",
    "/.env.old",
    "/.env.save",
    "/.git/HEAD",
    "/.git/config",
    "/docker-compose.yml",
    "/docker-compose.yaml",
    "/docker-compose.override.yml",
    "/docker-compose.prod.yml",
    "/docker-compose.production.yml",
    "/compose.yml",
    "/compose.yaml",
];

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let ask = |at: &crate::target::Endpoint, path: &str| Http {
        at: at.clone(),
        method: Method::Get,
        path: path.into(),
        ask: Ask::File,
    };
    let places = places(spec, seen);
    places.iter().flat_map(|at| SECRET_FILES.map(|path| ask(at, path).into())).collect()
}
