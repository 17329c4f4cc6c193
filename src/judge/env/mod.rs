//! Are the owner's files fit for production? Read on this machine: what is written, not what runs.

mod differ;
mod placeholder;
mod policy;
mod ports;
mod private;
mod role;
mod strong;

use super::{Check, check};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{FileFacts, FileForm, OwnFile, OwnVariable, Seen};
use crate::spec::{Files, Spec};

pub(super) const CHECKS: &[Check] = &[
    check!("env/env-placeholder-replaced", placeholder::replaced),
    check!("env/env-secret-strong", strong::strong),
    check!("env/env-secrets-differ", differ::differ),
    check!("env/env-policy-restricted", policy::restricted),
    check!("env/compose-ports-on-loopback", ports::on_loopback),
    check!("env/env-file-private", private::private),
];

/// Whether a file was given.
pub(super) fn is_asked(spec: &Spec) -> bool {
    spec.files != Files::default()
}

/// What is said of each file; nothing at all is a Skip, for what the files do not hold.
fn each(seen: &Seen, nothing: &str, judge: impl Fn(&OwnFile, &FileFacts) -> Vec<Verdict>) -> Vec<Verdict> {
    let mut all = vec![];
    for o in seen.asked::<OwnFile>() {
        match &o.outcome {
            Ok(facts) => all.extend(judge(&o.question, facts).into_iter().map(|v| v.resting_on([o.id()]))),
            Err(error) => {
                let subject = Subject::Name(o.question.name.clone());
                all.push(Verdict::new(subject, Status::Unknown, error.to_string()).resting_on([o.id()]));
            }
        }
    }
    if all.is_empty() {
        let read = seen.asked::<OwnFile>().map(crate::observation::Observation::id);
        all.push(Verdict::new(Subject::Site, Status::Skip, nothing).unseen().resting_on(read));
    }
    all
}

/// The files that were read, in the order in which they were given.
fn read<'s>(spec: &'s Spec, seen: &'s Seen, form: FileForm) -> Vec<(&'s str, &'s FileFacts)> {
    let names = if form == FileForm::Env { &spec.files.env } else { &spec.files.compose };
    let facts = |name: &'s String| Some((name.as_str(), seen.answer(&OwnFile { name: name.clone(), form })?));
    names.iter().filter_map(facts).collect()
}

/// The variables that hold: of several lines with one name, the last.
fn in_force(facts: &FileFacts) -> impl Iterator<Item = &OwnVariable> {
    facts.variables.iter().enumerate().filter_map(|(at, variable)| {
        let again = |later: &OwnVariable| later.name == variable.name && later.service == variable.service;
        let is_last = variable.service.is_some() || !facts.variables[at + 1..].iter().any(again);
        is_last.then_some(variable)
    })
}

fn entry(file: &OwnFile, variable: &OwnVariable) -> Subject {
    let name = match &variable.service {
        Some(service) => format!("{service} {}", variable.name),
        None => variable.name.clone(),
    };
    Subject::Entry { file: file.name.clone(), name }
}

/// A verdict on a service that is started only by name decides nothing.
fn unless_by_profile(facts: &FileFacts, service: Option<&str>, verdict: Verdict) -> Verdict {
    let by_profile = facts.services.iter().any(|held| Some(held.name.as_str()) == service && held.by_profile);
    if by_profile && verdict.status != Status::Pass { verdict.as_advice() } else { verdict }
}

#[cfg(test)]
mod tests;
