//! Paths that refuse whoever is not signed in, asked for in every spelling.

use super::files::{most_further_places, serving};
use crate::observation::{Ask, Http, Method, Observations, Probe, Trick};
use crate::spec::Spec;
use crate::target::Endpoint;

/// Each path of the owner's; where none is written, those that lead a visitor to a login.
pub fn questions(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let mut questions = vec![];
    for at in serving(spec, seen) {
        for path in paths(spec, seen, &at) {
            for trick in Trick::all(&path) {
                let first = Http {
                    at: at.clone(),
                    method: Method::Get,
                    path: path.clone(),
                    ask: Ask::Guarded { trick, round: 0 },
                };
                // What is shown once may be chance.
                let shown = seen.answer(&first).is_some_and(|exchange| {
                    let last = &exchange.last().response;
                    (200..=299).contains(&last.status) && last.content.length > 0
                });
                if shown && trick != Trick::Beside {
                    questions.push(Http { ask: Ask::Guarded { trick, round: 1 }, ..first.clone() }.into());
                }
                questions.push(first.into());
            }
        }
    }
    questions
}

fn paths(spec: &Spec, seen: &Observations, at: &Endpoint) -> Vec<String> {
    if !spec.exposure.guarded.is_empty() {
        return spec.exposure.guarded.clone();
    }
    let leads = |path: &&String| {
        let visit = Http { at: at.clone(), method: Method::Get, path: (*path).clone(), ask: Ask::Visit };
        seen.answer(&visit).is_some_and(|exchange| exchange.first().leads_to_login())
    };
    spec.paths.iter().filter(leads).take(MOST_FOUND).cloned().collect()
}

/// Paths that are tried where nobody named one.
const MOST_FOUND: usize = 4;

/// At most how many of them follow from the answers.
pub fn most(spec: &Spec, seen: &Observations) -> usize {
    let each = |paths: &[String]| paths.iter().map(|path| Trick::all(path).count()).sum::<usize>();
    let places = super::places(spec, seen).len();
    match &spec.exposure.guarded[..] {
        [] => {
            let mut counts: Vec<usize> = spec.paths.iter().map(|path| Trick::all(path).count()).collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            2 * places * counts.iter().take(MOST_FOUND).sum::<usize>()
        }
        guarded => (places + most_further_places(spec, seen)) * each(guarded),
    }
}
