//! Files that a web server must not serve.

use super::names::{distinct_places, places};
use crate::observation::{Ask, Http, Method, Observations, Probe};
use crate::spec::Spec;
use crate::target::Endpoint;

/// What every scanner asks for first.
const SECRET_FILES: [&str; 20] = [
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

/// Keys, dumps, backups, and what stands beside a folder whose `location` has no slash at its end and whose `alias`
/// has one (nginx).
const FURTHER_FILES: [&str; 21] = [
    "/.aws/credentials",
    "/.npmrc",
    "/.docker/config.json",
    "/.ssh/id_rsa",
    "/id_rsa",
    "/backup.sql",
    "/database.sql",
    "/dump.sql",
    "/database.sqlite",
    "/db.sqlite3",
    "/backup.tar.gz",
    "/backup.zip",
    "/static../.env",
    "/static../.git/HEAD",
    "/assets../.env",
    "/img../.env",
    "/media../.env",
    "/uploads../.env",
    "/.env.example",
    "/.env.sample",
    "/Dockerfile",
];

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let first = places(spec, seen);
    let first = first.iter().flat_map(|at| SECRET_FILES.map(|path| ask(at, path, Ask::File)));
    let further = serving(spec, seen);
    let further = further.iter().flat_map(|at| FURTHER_FILES.map(|path| ask(at, path, Ask::File)));
    first.chain(further).collect()
}

/// A GET for what nobody wrote.
pub fn ask(at: &Endpoint, path: &str, ask: Ask) -> Probe {
    Http { at: at.clone(), method: Method::Get, path: path.into(), ask }.into()
}

/// The places that show something of their own: a further name at the same address only if it leads nowhere and shows
/// another page than the first one there.
pub fn serving(spec: &Spec, seen: &Observations) -> Vec<Endpoint> {
    let distinct = distinct_places(spec, seen);
    let visit = |at: &Endpoint| {
        let path = spec.paths[0].clone();
        seen.find(&Http { at: at.clone(), method: Method::Get, path, ask: Ask::Visit })
    };
    let serves = |at: &Endpoint| {
        let first = distinct.iter().find(|first| first.socket() == at.socket()).and_then(visit);
        let (Some(own), Some(first)) = (visit(at), first) else { return false };
        match (&own.outcome, &first.outcome) {
            (Err(_), _) => false,
            (Ok(own), _) if own.first().is_redirect() => false,
            (Ok(_), Err(_)) => true,
            (Ok(own), Ok(first)) => {
                let (own, first) = (&own.last().response, &first.last().response);
                own.status != first.status || !own.content.is_like(&first.content)
            }
        }
    };
    let mut all = places(spec, seen);
    all.retain(|at| distinct.contains(at) || serves(at));
    all
}

/// At most how many places the answers may add to them.
pub fn most_further_places(spec: &Spec, seen: &Observations) -> usize {
    places(spec, seen).len() - distinct_places(spec, seen).len()
}

/// At most how many files follow from the answers.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    most_further_places(spec, seen) * FURTHER_FILES.len()
}
