//! What is not meant for everybody: consoles and pages of diagnosis, folders, descriptions of the API.

use std::collections::BTreeSet;

use super::files::{ask, most_further_places, serving};
use crate::observation::{Ask, Observations, Probe, folder};
use crate::spec::Spec;

/// Where development servers, consoles and pages of diagnosis are by default.
const DEBUG: [&str; 20] = [
    "/_next/static/development/_buildManifest.js",
    "/@vite/client",
    "/__webpack_hmr",
    "/console",
    "/_debug_toolbar/",
    "/_profiler/",
    "/debug/pprof/",
    "/debug/vars",
    "/actuator",
    "/actuator/env",
    "/server-status",
    "/nginx_status",
    "/metrics",
    "/phpinfo.php",
    "/info.php",
    "/adminer.php",
    "/adminer",
    "/flower/",
    "/dashboard/",
    "/api/rawdata",
];

/// Beside the folders of the paths.
const FOLDERS: [&str; 7] = ["/static/", "/assets/", "/uploads/", "/media/", "/files/", "/images/", "/backup/"];

/// Below the root, `/api`, and each folder of answers for programs.
const DOCUMENTS: [&str; 7] = [
    "/docs",
    "/redoc",
    "/openapi.json",
    "/swagger.json",
    "/swagger-ui/",
    "/graphiql",
    // `{__schema{queryType{name}}}`
    "/graphql?query=%7B__schema%7BqueryType%7Bname%7D%7D%7D",
];

/// Prefixes of the owner's or seen ones that are asked.
const MOST_PREFIXES: usize = 4;

pub fn consoles(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    serving(spec, seen).iter().flat_map(|at| DEBUG.map(|path| ask(at, path, Ask::Debug))).collect()
}

pub fn folders(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let all = folders_of(spec);
    serving(spec, seen).iter().flat_map(|at| all.iter().map(|path| ask(at, path, Ask::Folder))).collect()
}

/// A folder that is a path of the owner's is visited.
fn folders_of(spec: &Spec) -> BTreeSet<String> {
    let own = spec.paths.iter().filter_map(|path| Some(format!("{}/", folder(path)?)));
    let all = own.chain(FOLDERS.map(String::from));
    all.filter(|path| !spec.paths.contains(path) && path != "/").collect()
}

pub fn documents(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let folders = match &spec.api {
        Some(api) => api.iter().cloned().collect(),
        None => seen.json_folders(),
    };
    let written = folders.iter().map(|folder| folder.trim_end_matches('/')).filter(|folder| *folder != "/api");
    let written = written.filter(|folder| !folder.is_empty() && !folder.contains('?')).take(MOST_PREFIXES);
    let prefixes: Vec<&str> = ["", "/api"].into_iter().chain(written).collect();
    let each = |at| {
        let paths = prefixes.iter().flat_map(|prefix| DOCUMENTS.map(|path| format!("{prefix}{path}")));
        paths.map(move |path| ask(at, &path, Ask::Document)).collect::<Vec<_>>()
    };
    serving(spec, seen).iter().flat_map(each).collect()
}

/// At most how many of them follow from the answers.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    let each = DEBUG.len() + folders_of(spec).len() + (2 + MOST_PREFIXES) * DOCUMENTS.len();
    let seen_prefixes = if spec.api.is_some() { 0 } else { MOST_PREFIXES * DOCUMENTS.len() };
    most_further_places(spec, seen) * each + super::places(spec, seen).len() * seen_prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_those_of_the_paths_and_the_usual_ones() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.paths = ["/", "/shop/a?b=/c", "/shop/b", "/static/", "/x"].map(String::from).into();
        let folders: Vec<String> = folders_of(&spec).into_iter().collect();
        assert_eq!(folders, ["/assets/", "/backup/", "/files/", "/images/", "/media/", "/shop/", "/uploads/"]);
    }
}
