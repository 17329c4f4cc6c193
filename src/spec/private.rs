//! What the owner lets this process know, and nobody else.

use std::collections::BTreeMap;
use std::fmt;

use super::Files;
use super::own::{OwnText, Setting, compose, env};

/// Values beside the promise. They are no part of it: never written, never shown, not even for debugging.
#[derive(Clone, Default, PartialEq)]
pub struct Private {
    /// Of the environment, by the names that the promise has as `${NAME}`.
    pub variables: BTreeMap<String, String>,
    /// Secrets that must not be in use.
    pub candidates: Vec<Candidate>,
    /// Texts of the files of `--env` and `--compose`, by their names as given.
    pub texts: BTreeMap<String, String>,
    /// How those files lie on this machine.
    pub standings: BTreeMap<String, Standing>,
    /// Of those files, long enough to be searched for.
    pub(super) secrets: Vec<Candidate>,
}

/// A value that must not sign anything, and the name it goes by.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `.env.example:12 APP_SECRET`
    pub name: String,
    pub value: String,
}

/// Who may read a file. `None`: that could not be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub readable_by_others: Option<bool>,
    /// By git.
    pub tracked: Option<bool>,
}

impl Private {
    /// Secrets of the owner's files, at least eight characters each: name as `.env:12 APP_SECRET`, and value.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets.iter().map(|secret| (secret.name.as_str(), secret.value.as_str()))
    }

    /// The files as they were read, by their names: environment files first, whose variables the others may use.
    pub fn files<'f>(&self, files: &'f Files) -> BTreeMap<&'f str, OwnText> {
        let mut setting = Setting::new();
        let mut all = BTreeMap::new();
        for name in &files.env {
            let own = self.texts.get(name).and_then(|text| env(text, &mut setting).ok());
            all.extend(own.map(|own| (name.as_str(), own)));
        }
        for name in &files.compose {
            let own = self.texts.get(name).and_then(|text| compose(text, &setting).ok());
            all.extend(own.map(|own| (name.as_str(), own)));
        }
        all
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Private")
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Candidate({})", self.name)
    }
}
