//! What to ask next, given the promise and what was answered so far. Pure: no socket, no clock, no verdict.

mod doors;
mod files;
mod hellos;
mod hosts;
mod names;
mod origins;
mod paths;
mod protocols;
mod request;
mod revocation;
mod siblings;
mod sweep;
mod visits;
mod zone;

use std::collections::BTreeSet;

use crate::observation::{self, Greet, Observations, Probe};
use crate::spec::Spec;

pub use names::{addresses, places};
pub use request::{Follow, follow, hop, request};

/// Questions of one kind, and who needs them.
struct Ask {
    /// Families of checks that read the answers; the questions are not sent when all of them are left out.
    families: &'static [&'static str],
    questions: fn(&Spec, &Observations) -> Vec<Probe>,
    /// Whether the next phase waits for the answers. The last one waits for everything.
    awaited: bool,
}

/// Quiet before loud: names, then what a visitor does, then what no visitor does, then the plain request again.
const PHASES: &[&[Ask]] = &[
    &[Ask { families: &[], questions: names::questions, awaited: true }],
    &[
        Ask { families: &[], questions: doors::web, awaited: false },
        Ask { families: &["vantage", "ports"], questions: doors::closed, awaited: false },
        Ask { families: &["vantage", "ports"], questions: doors::controls, awaited: false },
        Ask { families: &["vantage", "ports"], questions: doors::decoys, awaited: false },
        Ask { families: &["vantage", "ports"], questions: paths::routes, awaited: false },
        Ask { families: &["vantage", "ports"], questions: paths::passages, awaited: false },
        Ask { families: &["vantage", "certificate"], questions: zone::questions, awaited: false },
        Ask { families: &["certificate", "https"], questions: visits::sessions, awaited: false },
        Ask { families: &["certificate"], questions: revocation::questions, awaited: false },
        // What is forged later is compared with these.
        Ask { families: &[], questions: visits::visits, awaited: true },
        Ask { families: &[], questions: visits::by_other_names, awaited: false },
        Ask { families: &["smoke"], questions: visits::health, awaited: false },
        Ask { families: &["headers", "exposure", "cookies"], questions: visits::absent, awaited: false },
        Ask { families: &["https", "hosts"], questions: visits::upgrades, awaited: false },
        Ask { families: &["https", "cookies"], questions: visits::toggled, awaited: false },
    ],
    &[
        Ask { families: &["hosts"], questions: hosts::questions, awaited: true },
        Ask { families: &["cors"], questions: origins::questions, awaited: true },
        Ask { families: &["exposure"], questions: files::questions, awaited: true },
        Ask { families: &["ports"], questions: doors::direct, awaited: true },
        Ask { families: &["https"], questions: siblings::questions, awaited: true },
        Ask { families: &["https"], questions: protocols::questions, awaited: true },
        Ask { families: &["tls", "certificate"], questions: hellos::questions, awaited: true },
    ],
    &[Ask { families: &["ports"], questions: sweep::questions, awaited: true }],
    // A refusal is believed only between two good answers; that port 80 is shut is one.
    &[Ask { families: &["https", "hosts", "cors", "exposure", "ports"], questions: visits::again, awaited: true }],
];

/// Every question wanted so far. Grows with the answers, never shrinks; done when `seen` holds them all.
pub fn wanted(spec: &Spec, seen: &Observations) -> BTreeSet<Probe> {
    let mut all = BTreeSet::new();
    for (index, phase) in PHASES.iter().enumerate() {
        let is_last = index + 1 == PHASES.len();
        if is_last && !all.iter().all(|probe| seen.holds(probe)) {
            break;
        }
        let mut wait = false;
        for ask in phase.iter().filter(|ask| is_needed(spec, ask)) {
            let questions = (ask.questions)(spec, seen);
            wait |= ask.awaited && !questions.iter().all(|probe| seen.holds(probe));
            all.extend(questions);
        }
        if wait {
            break;
        }
    }
    all
}

fn is_needed(spec: &Spec, ask: &Ask) -> bool {
    ask.families.is_empty() || ask.families.iter().any(|family| spec.scope.asks_any(family))
}

/// At most how many questions may follow from the answers, redirects and retries apart: an origin that is reflected
/// is asked again, an open application port is visited, a silent port is tried at the owner's controls, a port that
/// answers where nothing should is followed by others, the path to an open port and to others is looked at, and what the
/// owner did not write is looked for: a path that answers, the folders that answer programs.
pub fn follow_ups(spec: &Spec, planned: &Observations) -> usize {
    let reflected = planned.http.iter().filter(|o| is_claim(&o.question.ask)).count();
    let controls: usize = planned.ports.iter().map(|o| spec.vantage.controls(o.question.at).count()).sum();
    let open = planned.ports.iter().filter(|o| o.question.greet == Greet::Listen).count();
    // Each is visited over http, and over TLS where that is not spoken.
    reflected
        + controls
        + open * 2 * visits::sampled_paths(spec).len()
        + visits::most_health(spec, planned)
        + visits::most_folders(spec) * places(spec, planned).len()
        + origins::most_by_folder(spec, planned)
        + names::hosts(spec, planned).len() * (doors::DECOYS + paths::MOST)
}

fn is_claim(ask: &observation::Ask) -> bool {
    matches!(ask, observation::Ask::Origin { claim, .. } if !matches!(claim, observation::Claim::Own(_)))
}

#[cfg(test)]
mod tests;
