//! Is every secret that the deployment chooses long and drawn?

use super::role::Role;
use super::{each, entry, in_force, unless_by_profile};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass};
use crate::observation::{OwnVariable, SecretFacts, Seen, Source};
use crate::spec::Spec;

/// Different characters that a drawn secret has at least: 32 hexadecimal digits have fewer once in a million.
const LEAST_DISTINCT: usize = 8;

pub fn strong(_: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(seen, "no secret that a deployment chooses is in the files", |file, facts| {
        let chosen = in_force(facts).filter_map(|variable| {
            let secret = variable.value.as_ref()?.secret.as_ref()?;
            // A placeholder and a default are another check's matter.
            let is_own = secret.known.is_none() && variable.source == Source::Written;
            let (status, message) = is_own.then(|| word(variable, secret, Role::of(variable)))??;
            let verdict = Verdict::new(entry(file, variable), status, message);
            Some(unless_by_profile(facts, variable.service.as_deref(), verdict))
        });
        chosen.collect()
    })
}

fn word(variable: &OwnVariable, secret: &SecretFacts, role: Option<Role>) -> Option<Word> {
    let (role, line) = (role?, variable.line);
    let SecretFacts { length, distinct, .. } = secret;
    Some(match (&secret.vendor, &secret.named) {
        (Some(vendor), _) => pass(format!("line {line} is as {vendor} gives it")),
        _ if role == Role::Fernet && secret.is_fernet_key => pass(format!("line {line} is 32 bytes of base64url")),
        _ if role == Role::Fernet => {
            fail(format!("line {line} has {length} characters that are not 32 bytes of base64url"))
        }
        _ if *length < role.least() => {
            fail(format!("line {line} has {length} characters; {} has {} at least", role.words(), role.least()))
        }
        (None, Some(whose)) => fail(format!("line {line} is the name of {whose}")),
        _ if secret.is_word => fail(format!("line {line} is made of words, or of a word and digits")),
        _ if *distinct < LEAST_DISTINCT => {
            fail(format!("line {line} has {distinct} different characters in {length}"))
        }
        _ => pass(format!("line {line} has {length} characters, {distinct} of them different")),
    })
}
