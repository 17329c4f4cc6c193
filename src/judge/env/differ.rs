//! Does every secret open one thing only?

use std::collections::BTreeMap;

use super::role::purpose;
use super::{each, entry, in_force, read};
use crate::finding::{Status, Subject, Verdict};
use crate::observation::{FileFacts, FileForm, OwnVariable, Seen};
use crate::spec::Spec;

/// A secret with its file.
type Held<'s> = (&'s str, &'s OwnVariable);

pub fn differ(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let files = [FileForm::Env, FileForm::Compose].map(|form| read(spec, seen, form)).concat();
    let mut groups: BTreeMap<u32, Vec<Held>> = BTreeMap::new();
    for (file, facts) in &files {
        for variable in secrets(facts) {
            if let Some(group) = group(variable) {
                groups.entry(group).or_default().push((file, variable));
            }
        }
    }
    each(seen, "no secret variable is in the files", |file, facts| {
        let own: Vec<&OwnVariable> = secrets(facts).collect();
        let shared = own.iter().filter_map(|variable| {
            let mut before =
                groups.get(&group(variable)?)?.iter().take_while(|(_, held)| !std::ptr::eq(*held, *variable));
            let (other_file, other) = before.find(|(_, other)| clash(other, variable))?;
            let message =
                format!("line {} has the value of {other_file}:{} {}", variable.line, other.line, other.name);
            Some(Verdict::new(entry(file, variable), Status::Fail, message))
        });
        let shared: Vec<Verdict> = shared.collect();
        let count = own.len();
        let said =
            || if count == 1 { "its secret is its own".into() } else { format!("its {count} secrets differ") };
        match (shared.is_empty(), count) {
            (false, _) => shared,
            (true, 0) => vec![],
            (true, _) => vec![Verdict::new(Subject::Name(file.name.clone()), Status::Pass, said())],
        }
    })
}

/// What is a placeholder is another check's matter, and a vendor's token is one secret under any name.
fn secrets(facts: &FileFacts) -> impl Iterator<Item = &OwnVariable> {
    in_force(facts).filter(|variable| {
        let secret = variable.value.as_ref().and_then(|value| value.secret.as_ref());
        secret.is_some_and(|secret| secret.known.is_none() && secret.vendor.is_none())
    })
}

fn group(variable: &OwnVariable) -> Option<u32> {
    variable.value.as_ref()?.secret.as_ref()?.group
}

/// Whether two variables with one value open different things.
fn clash(one: &OwnVariable, other: &OwnVariable) -> bool {
    let same_name = one.name.eq_ignore_ascii_case(&other.name);
    let opened = (purpose(one), purpose(other));
    !same_name && matches!(opened, (Some(one), Some(other)) if one != other)
}
