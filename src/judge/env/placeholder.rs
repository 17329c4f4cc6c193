//! Is every secret one of the deployment's own?

use super::{each, entry, in_force, read, unless_by_profile};
use crate::finding::{Status, Verdict};
use crate::judge::{Word, fail, pass, skip};
use crate::observation::{FileFacts, FileForm, OwnFile, OwnVariable, Seen, Source};
use crate::spec::Spec;

/// Without these, a server starts unprotected or not at all.
const NEVER_EMPTY: [&str; 4] = ["POSTGRES_PASSWORD", "APP_SECRET", "SECRET_KEY", "FERNET_KEY"];

pub fn replaced(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let env = read(spec, seen, FileForm::Env);
    let is_set = |name: &str| {
        let set = |variable: &OwnVariable| variable.name == name && variable.source == Source::Written;
        env.iter().any(|(_, facts)| facts.variables.iter().any(set))
    };
    each(seen, "no secret variable is in the files", |file, facts| {
        let secrets = in_force(facts).filter(|variable| variable.is_secret);
        // The environment file that sets it is judged itself.
        let here = secrets.filter(|variable| variable.source != Source::Elsewhere || !is_set(&variable.name));
        let mut verdicts: Vec<Verdict> = here.map(|variable| verdict(file, facts, variable)).collect();
        for service in facts.services.iter().filter(|service| !service.other_files.is_empty()) {
            let subject = crate::finding::Subject::Entry { file: file.name.clone(), name: service.name.clone() };
            let message = format!("{} was not given, which {} reads", service.other_files.join(" "), service.name);
            verdicts.push(Verdict::new(subject, Status::Skip, message).unseen());
        }
        verdicts
    })
}

fn verdict(file: &OwnFile, facts: &FileFacts, variable: &OwnVariable) -> Verdict {
    let (status, message) = word(facts, variable);
    let verdict = Verdict::new(entry(file, variable), status, message);
    let is_empty = variable.value.as_ref().is_some_and(|value| value.is_empty);
    match status {
        Status::Skip => verdict.unseen(),
        Status::Fail if is_empty && !NEVER_EMPTY.contains(&variable.name.as_str()) => verdict.as_advice(),
        _ => unless_by_profile(facts, variable.service.as_deref(), verdict),
    }
}

fn word(facts: &FileFacts, variable: &OwnVariable) -> Word {
    let OwnVariable { line, name, source, .. } = variable;
    let Some(value) = &variable.value else {
        return skip(format!("{name} is set elsewhere: no file given sets it"));
    };
    let known = value.secret.as_ref().and_then(|secret| secret.known.as_deref());
    match (source, known) {
        (Source::Default(of), _) if value.is_empty => {
            fail(format!("line {line} is empty: no file given sets {of}"))
        }
        (Source::Default(of), _) => {
            fail(format!("line {line} falls back to a default that stands in the file: no file given sets {of}"))
        }
        _ if value.is_empty => fail(format!("line {line} is empty")),
        (_, Some(what)) if what.starts_with("a placeholder") => fail(format!("line {line} is {what}")),
        (_, Some(entry)) => fail(format!("line {line} has the value of {entry}")),
        (_, None) if facts.candidates > 0 => {
            pass(format!("line {line} is no placeholder and none of {} candidates", facts.candidates))
        }
        (_, None) => pass(format!("line {line} is no placeholder")),
    }
}
