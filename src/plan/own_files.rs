//! Files of the owner's. Nothing of them is sent.

use crate::observation::{FileForm, Observations, OwnFile, Probe};
use crate::spec::Spec;

pub fn questions(spec: &Spec, _: &Observations) -> Vec<Probe> {
    let env = spec.files.env.iter().map(|name| (name, FileForm::Env));
    let compose = spec.files.compose.iter().map(|name| (name, FileForm::Compose));
    env.chain(compose).map(|(name, form)| OwnFile { name: name.clone(), form }.into()).collect()
}
