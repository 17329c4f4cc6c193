//! What to ask next, given the promise and what was answered so far. Pure: no socket, no clock, no verdict.

mod behind;
mod doors;
mod exposed;
mod files;
mod guarded;
mod hellos;
mod hosts;
mod names;
mod origins;
mod own_files;
mod paths;
mod protocols;
mod request;
mod revocation;
mod search;
mod siblings;
pub mod smoke;
mod sweep;
mod visits;
mod zone;

use std::collections::BTreeSet;

use crate::observation::{self, Greet, Observations, Probe};
use crate::spec::Spec;

pub use names::{addresses, places};
pub use request::{Follow, follow, hop, request};

/// Quiet before loud: names, then what a visitor does, then what no visitor does, then the plain request again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Names,
    Quiet,
    Forged,
    Sweep,
    End,
}

/// Questions of one kind, and who needs them.
struct Ask {
    /// Families of checks that read the answers; the questions are not sent when all of them are left out. None: all
    /// that look at the site.
    families: &'static [&'static str],
    questions: fn(&Spec, &Observations) -> Vec<Probe>,
    /// The first phase that waits for the answers.
    until: Phase,
}

/// What a phase waits for follows from nothing that it does not wait for: else it would be taken back.
const PHASES: &[(Phase, &[Ask])] = &[
    (
        Phase::Names,
        &[
            Ask { families: &[], questions: names::questions, until: Phase::Quiet },
            Ask { families: &["env"], questions: own_files::questions, until: Phase::Quiet },
        ],
    ),
    (
        Phase::Quiet,
        &[
            Ask { families: &[], questions: doors::web, until: Phase::Sweep },
            Ask { families: &["vantage", "ports", "secrets"], questions: doors::closed, until: Phase::Sweep },
            Ask { families: &["secrets"], questions: doors::startups, until: Phase::End },
            Ask { families: &["vantage", "ports"], questions: behind::knocks, until: Phase::Sweep },
            Ask { families: &["vantage", "ports", "secrets"], questions: doors::controls, until: Phase::End },
            Ask { families: &["vantage", "ports", "secrets"], questions: doors::decoys, until: Phase::End },
            Ask { families: &["vantage", "ports", "secrets"], questions: paths::routes, until: Phase::End },
            Ask { families: &["vantage", "ports", "secrets"], questions: paths::passages, until: Phase::End },
            Ask { families: &["vantage"], questions: zone::authorities, until: Phase::End },
            Ask { families: &["certificate"], questions: zone::authorisations, until: Phase::End },
            Ask { families: &["certificate", "https"], questions: visits::sessions, until: Phase::Sweep },
            Ask { families: &["certificate"], questions: visits::nameless_sessions, until: Phase::Sweep },
            Ask { families: &["certificate"], questions: revocation::questions, until: Phase::End },
            // What is forged later is compared with these.
            Ask { families: &[], questions: visits::visits, until: Phase::Forged },
            Ask { families: &[], questions: visits::by_other_names, until: Phase::Sweep },
            Ask { families: &["smoke"], questions: visits::health, until: Phase::Sweep },
            Ask { families: &["headers", "exposure", "cookies"], questions: visits::absent, until: Phase::Sweep },
            Ask { families: &["headers"], questions: visits::published, until: Phase::End },
            Ask { families: &["https", "hosts"], questions: visits::upgrades, until: Phase::Sweep },
            Ask { families: &["https", "cookies"], questions: visits::toggled, until: Phase::Sweep },
            // Their time is measured: beside as little as can be.
            Ask {
                families: &["smoke", "secrets", "hosts", "cookies", "headers"],
                questions: smoke::questions,
                until: Phase::Sweep,
            },
        ],
    ),
    (
        Phase::Forged,
        &[
            Ask { families: &["hosts"], questions: hosts::questions, until: Phase::Sweep },
            Ask { families: &["cors"], questions: origins::questions, until: Phase::Sweep },
            // Plain requests, many of them: the sweep may begin beside the last.
            Ask { families: &["exposure"], questions: files::questions, until: Phase::End },
            Ask { families: &["exposure"], questions: exposed::consoles, until: Phase::End },
            Ask { families: &["exposure"], questions: exposed::folders, until: Phase::End },
            Ask { families: &["exposure"], questions: exposed::documents, until: Phase::End },
            Ask { families: &["exposure"], questions: guarded::questions, until: Phase::End },
            Ask { families: &["exposure"], questions: search::questions, until: Phase::End },
            Ask { families: &["headers"], questions: visits::traces, until: Phase::End },
            Ask { families: &["ports"], questions: doors::direct, until: Phase::Sweep },
            Ask { families: &["ports"], questions: behind::questions, until: Phase::Sweep },
            Ask { families: &["https"], questions: siblings::questions, until: Phase::End },
            Ask { families: &["https"], questions: protocols::questions, until: Phase::End },
            Ask { families: &["tls", "certificate"], questions: hellos::questions, until: Phase::Sweep },
        ],
    ),
    (Phase::Sweep, &[Ask { families: &["ports"], questions: sweep::questions, until: Phase::End }]),
    // A refusal is believed only between two good answers; that port 80 is shut is one.
    (
        Phase::End,
        &[
            Ask {
                families: &["https", "hosts", "headers", "cors", "exposure", "ports", "secrets"],
                questions: visits::again,
                until: Phase::End,
            },
            Ask { families: &["headers"], questions: visits::twice, until: Phase::End },
        ],
    ),
];

/// Every question wanted so far. Grows with the answers, never shrinks; done when `seen` holds them all.
pub fn wanted(spec: &Spec, seen: &Observations) -> BTreeSet<Probe> {
    let mut all = BTreeSet::new();
    // The first phase that waits for something that has no answer yet.
    let mut held_up = None;
    for (phase, asks) in PHASES {
        if held_up.is_some_and(|until| until <= *phase) {
            break;
        }
        for ask in asks.iter().filter(|ask| is_needed(spec, ask)) {
            let questions = (ask.questions)(spec, seen);
            if !questions.iter().all(|probe| seen.holds(probe)) {
                held_up = Some(held_up.map_or(ask.until, |until| ask.until.min(until)));
            }
            all.extend(questions);
        }
    }
    all
}

fn is_needed(spec: &Spec, ask: &Ask) -> bool {
    match ask.families {
        [] => !spec.scope.files_alone,
        families => families.iter().any(|family| spec.scope.asks_any(family)),
    }
}

/// At most how many questions may follow from the answers, redirects and retries apart: an origin that is reflected
/// is asked again, an open application port is visited, a silent port is tried at the owner's controls, and what the
/// owner did not write is looked for: a path that answers, the folders that answer programs. A host behind a CDN is asked
/// where it listens, the sibling of a name where it leads, HTTP/2 and HTTP/3 where they are offered. A certificate names
/// its revocation list. A name that serves something of its own is asked for more, what a login guards is tried twice, and
/// an open PostgreSQL is asked whether it asks a password. A port that answers where nothing should is followed by others, and the path to an open port and
/// to others is looked at.
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
        + visits::most_twice(spec, planned)
        + names::swept_hosts(spec, planned).len() * sweep::most_each(spec)
        + behind::most(spec, planned)
        + siblings::most(spec, planned)
        + protocols::most(spec, planned)
        + revocation::most(spec, planned)
        + files::most(spec, planned)
        + exposed::most(spec, planned)
        + guarded::most(spec, planned)
        + planned.ports.iter().filter(|o| o.question.greet == Greet::Postgresql).count()
        + names::hosts(spec, planned).len() * (doors::DECOYS + paths::MOST)
}

fn is_claim(ask: &observation::Ask) -> bool {
    matches!(ask, observation::Ask::Origin { claim, .. } if !matches!(claim, observation::Claim::Own(_)))
}

#[cfg(test)]
mod tests;
