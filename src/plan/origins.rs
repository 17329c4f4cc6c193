//! Requests as a script of another origin makes them.

use std::iter;

use super::hosts::unescaped_dots;
use super::names::distinct_places;
use super::visits::{error_folders, most_folders, sampled_paths};
use crate::observation::{Ask, Claim, Http, Method, Observations, Probe, registrable};
use crate::spec::{OriginPattern, Spec};
use crate::target::{Endpoint, Host, Origin};

/// A path that nobody made, below the folders whose errors are looked at.
const NOWHERE: &str = "golive-absent";

/// Origins of the usual development servers.
const DEVELOPMENT: [&str; 3] = ["http://localhost:3000", "http://localhost:5173", "http://127.0.0.1:3000"];

/// Where anybody may publish a page (CORScanner, `origins.json`).
const SHARED: [&str; 6] = [
    "https://whatever.github.io",
    "http://jsbin.com",
    "https://codepen.io",
    "https://jsfiddle.net",
    "http://www.webdevout.net",
    "https://repl.it",
];

/// What parsers of names cut at, or read over: the characters that CORScanner and nuclei put behind the name, and those
/// that PortSwigger's URL validation cheat sheet and nuclei put behind its last dot.
const SEPARATORS: &str = "_ - \" { } + ^ %60 ! ~ ` ; | & ' ( ) * , $ = %0b";
const DOTTED_SEPARATORS: &str = "_ - , ; ! ' \" ( ) { } * & ` + = ~ $";

pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions = vec![];
    for place in distinct_places(spec, seen) {
        let (common, rare) = (claims(&place), rare_claims(spec, &place));
        for path in &spec.paths {
            for claim in &common {
                ask(spec, seen, &mut questions, &place, path, claim);
            }
            // A preflight carries no cookies.
            read(seen, &mut questions, &place, path, &Claim::WithCookie);
        }
        for path in rare_paths(spec) {
            rare.iter().for_each(|claim| read(seen, &mut questions, &place, &path, claim));
            let at = place.clone();
            questions.push(Http { at, method: Method::Options, path, ask: Ask::PrivateNetwork }.into());
        }
        for folder in error_folders(spec, seen) {
            let path = format!("{folder}{NOWHERE}");
            ask(spec, seen, &mut questions, &place, &path, &Claim::Foreign);
            for claim in claims_on_errors(&place) {
                read(seen, &mut questions, &place, &path, &claim);
            }
        }
        for path in spec.cors_paths(&seen.json_folders()) {
            // Whether everybody may read is asked where the owner's origins must work.
            if !spec.paths.contains(&path) {
                ask(spec, seen, &mut questions, &place, &path, &Claim::Foreign);
            }
            for origin in own_origins(spec, &place) {
                ask(spec, seen, &mut questions, &place, &path, &Claim::Own(origin));
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
    // A GET and a preflight, and each again where the origin came back.
    let on_errors = 2 * (2 + ON_ERRORS);
    let most = |place| most_folders(spec) * on_errors + own(place) * (1 + spec.cors.methods.len());
    distinct_places(spec, seen).iter().map(most).sum()
}

/// A GET and preflights.
fn ask(spec: &Spec, seen: &Observations, questions: &mut Vec<Probe>, at: &Endpoint, path: &str, claim: &Claim) {
    read(seen, questions, at, path, claim);
    // A written origin must be able to use each method; who is to be refused tries the first.
    let tried = if matches!(claim, Claim::Own(_)) { spec.cors.methods.len() } else { 1 };
    for method in spec.cors.methods.iter().take(tried) {
        rounds(seen, questions, at, path, claim, Some(method));
    }
}

/// A GET alone.
fn read(seen: &Observations, questions: &mut Vec<Probe>, at: &Endpoint, path: &str, claim: &Claim) {
    rounds(seen, questions, at, path, claim, None);
}

/// What came back is asked again with a fresh name: a fixed list that happens to hold ours is no reflection.
fn rounds(
    seen: &Observations,
    questions: &mut Vec<Probe>,
    at: &Endpoint,
    path: &str,
    claim: &Claim,
    preflight: Option<&String>,
) {
    let round = |round| Http {
        at: at.clone(),
        method: if preflight.is_some() { Method::Options } else { Method::Get },
        path: path.into(),
        ask: Ask::Origin { claim: claim.clone(), preflight: preflight.cloned(), round },
    };
    let fixed = matches!(claim, Claim::Own(_));
    if !fixed && seen.answer(&round(0)).is_some_and(|exchange| exchange.last().echoes_origin()) {
        questions.push(round(1).into());
    }
    questions.push(round(0).into());
}

/// Asked on every path, by GET and by preflight.
fn claims(place: &Endpoint) -> Vec<Claim> {
    let mut all = vec![Claim::Foreign, Claim::Null, Claim::PlainHttp, Claim::OtherPort];
    all.extend(DEVELOPMENT.map(|origin| Claim::Development(origin.into())));
    if let Host::Name(name) = &place.host {
        all.extend([Claim::Suffix, Claim::MissingDot, Claim::Separator("_".into()), Claim::Subdomain]);
        all.extend(unescaped_dots(name).map(Claim::UnescapedDot));
        if has_parent(name) {
            all.extend([Claim::MissingDotParent, Claim::Sibling]);
        }
    }
    all
}

/// Who is let in by a handler of errors of its own. A name below the domain is no look-alike where its siblings are let
/// in as well.
fn claims_on_errors(place: &Endpoint) -> impl Iterator<Item = Claim> {
    let alike = place.host.name().map(|_| [Claim::Suffix, Claim::MissingDot]);
    let sibling = place.host.name().is_some_and(has_parent).then_some(Claim::Sibling);
    iter::once(Claim::Null).chain(alike.into_iter().flatten()).chain(sibling)
}

/// At most how many they are.
const ON_ERRORS: usize = 4;

/// The rest of what scanners and testers try.
fn rare_claims(spec: &Spec, place: &Endpoint) -> Vec<Claim> {
    let plain = |claim| Claim::Plain(Box::new(claim));
    let mut all =
        vec![Claim::File, Claim::Extension, Claim::Localhost, plain(Claim::Localhost), plain(Claim::Foreign)];
    all.extend(SHARED.map(|origin| Claim::Shared(origin.into())));
    if let Host::Name(name) = &place.host {
        all.extend([Claim::UpperCase, Claim::TrailingDot, Claim::DeepSubdomain]);
        all.extend(SEPARATORS.split(' ').skip(1).map(|text| Claim::Separator(text.into())));
        all.extend(DOTTED_SEPARATORS.split(' ').map(|text| Claim::DottedSeparator(text.into())));
        let alike = || [Claim::Joined, Claim::AllDots, Claim::DroppedFirst];
        all.extend(alike().into_iter().chain(alike().map(plain)));
        all.extend([Claim::Suffix, Claim::MissingDot, Claim::Subdomain].map(plain));
        all.extend(unescaped_dots(name).map(Claim::UnescapedDot).map(plain));
        if has_parent(name) {
            all.extend([Claim::MissingDotParent, Claim::Sibling].map(plain));
        }
    }
    all.extend(likes(spec, place));
    all
}

/// What is like the other names of the owner's list: each may have a pattern of its own.
fn likes(spec: &Spec, place: &Endpoint) -> Vec<Claim> {
    let like = |origin: &Origin, plain: Option<Claim>| {
        let name = origin.host.name().filter(|_| origin.host != place.host)?;
        let forms = [Claim::Suffix, Claim::Joined, Claim::MissingDot, Claim::Separator("_".into())];
        let forms = forms.into_iter().chain(unescaped_dots(name).map(Claim::UnescapedDot)).chain(plain);
        Some(forms.map(|form| Claim::Like(origin.clone(), Box::new(form))).collect::<Vec<_>>())
    };
    let written = spec.cors.origins.iter().flatten().filter_map(|pattern| match pattern {
        OriginPattern::Exact(origin) => like(origin, Some(Claim::PlainHttp)),
        OriginPattern::Below(above) => like(above, None),
    });
    written.flatten().collect()
}

/// One path of each folder for programs, where a pattern matters most: many claims are asked there, by GET alone, since
/// one middleware answers GET and preflight by one list.
fn rare_paths(spec: &Spec) -> Vec<String> {
    let is_for_programs = |path: &String| match &spec.api {
        Some(api) => api.iter().any(|prefix| path.starts_with(prefix.as_str())),
        None => path != "/",
    };
    let (programs, others): (Vec<_>, Vec<_>) = sampled_paths(spec).into_iter().partition(is_for_programs);
    if programs.is_empty() { others } else { programs }
}

fn has_parent(name: &str) -> bool {
    registrable(name).is_some_and(|domain| domain != name)
}

/// The owner's origins that are cross-origin to the place: the site's own origin needs no permission.
pub fn own_origins(spec: &Spec, place: &Endpoint) -> Vec<Origin> {
    let written = spec.cors.origins.iter().flatten().filter_map(|pattern| match pattern {
        OriginPattern::Exact(origin) => Some(origin.clone()),
        OriginPattern::Below(_) => None,
    });
    written.filter(|origin| *origin != place.origin()).collect()
}
