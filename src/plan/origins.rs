//! Requests as a script of another origin makes them.

use std::iter;

use super::hosts::unescaped_dots;
use super::names::distinct_places;
use super::visits::{error_folders, most_folders};
use crate::observation::{Ask, Claim, Http, Method, Observations, Probe, registrable};
use crate::spec::{OriginPattern, Spec};
use crate::target::{Endpoint, Host, Origin};

/// A path that nobody made, below the folders whose errors are looked at.
const NOWHERE: &str = "golive-absent";

/// Origins of the usual development servers.
const DEVELOPMENT: [&str; 3] = ["http://localhost:3000", "http://localhost:5173", "http://127.0.0.1:3000"];

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions = vec![];
    for place in distinct_places(spec, seen) {
        for path in &spec.paths {
            for claim in claims(&place) {
                ask(spec, seen, &mut questions, &place, path, claim);
            }
        }
        for folder in error_folders(spec, seen) {
            ask(spec, seen, &mut questions, &place, &format!("{folder}{NOWHERE}"), Claim::Foreign);
        }
        for path in spec.cors_paths(&seen.json_folders()) {
            // Whether everybody may read is asked where the owner's origins must work.
            if !spec.paths.contains(&path) {
                ask(spec, seen, &mut questions, &place, &path, Claim::Foreign);
            }
            for origin in own_origins(spec, &place) {
                ask(spec, seen, &mut questions, &place, &path, Claim::Own(origin));
            }
        }
    }
    questions
}

/// At most how many more are asked when the answers show which folders are for programs.
pub fn most_by_folder(spec: &Spec, seen: &Observations) -> usize {
    let own = |place: &Endpoint| {
        let is_told = spec.api.is_some() || spec.cors.paths.is_some();
        if is_told { 0 } else { own_origins(spec, place).len() * spec.paths.len() }
    };
    let most = |place| most_folders(spec) * 4 + own(place) * (1 + spec.cors.methods.len());
    // A GET and a preflight, and each again where the origin came back.
    distinct_places(spec, seen).iter().map(most).sum()
}

/// A GET and preflights; what came back is asked again with a fresh name: a fixed list that happens to hold ours is
/// no reflection.
fn ask(spec: &Spec, seen: &Observations, questions: &mut Vec<Probe>, at: &Endpoint, path: &str, claim: Claim) {
    let fixed = matches!(claim, Claim::Own(_));
    // A written origin must be able to use each method; who is to be refused tries the first.
    let tried = if fixed { spec.cors.methods.len() } else { 1 };
    for preflight in iter::once(None).chain(spec.cors.methods.iter().take(tried).map(Some)) {
        let round = |round| Http {
            at: at.clone(),
            method: if preflight.is_some() { Method::Options } else { Method::Get },
            path: path.into(),
            ask: Ask::Origin { claim: claim.clone(), preflight: preflight.cloned(), round },
        };
        if !fixed && seen.answer(&round(0)).is_some_and(|exchange| exchange.last().echoes_origin()) {
            questions.push(round(1).into());
        }
        questions.push(round(0).into());
    }
}

fn claims(place: &Endpoint) -> Vec<Claim> {
    let mut all = vec![Claim::Foreign, Claim::Null, Claim::PlainHttp, Claim::OtherPort];
    all.extend(DEVELOPMENT.map(|origin| Claim::Development(origin.into())));
    if let Host::Name(name) = &place.host {
        all.extend([
            Claim::Suffix,
            Claim::MissingDot,
            Claim::Separator('_'),
            Claim::EncodedSeparator,
            Claim::Subdomain,
        ]);
        all.extend(unescaped_dots(name).map(Claim::UnescapedDot));
        if registrable(name).is_some_and(|domain| domain != name) {
            all.extend([Claim::MissingDotParent, Claim::Sibling]);
        }
    }
    all
}

/// The owner's origins that are cross-origin to the place: the site's own origin needs no permission.
pub fn own_origins(spec: &Spec, place: &Endpoint) -> Vec<Origin> {
    let written = spec.cors.origins.iter().flatten().filter_map(|pattern| match pattern {
        OriginPattern::Exact(origin) => Some(origin.clone()),
        OriginPattern::Below(_) => None,
    });
    written.filter(|origin| *origin != place.origin()).collect()
}
