//! Files of the owner's, read on this machine and never sent. Facts of their variables and ports, never a value.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Facts of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OwnFile {
    /// Its name, as it was given.
    pub name: String,
    pub form: FileForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// Lines of `NAME=value`.
    Env,
    /// The YAML of docker-compose.
    Compose,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileFacts {}

impl fmt::Display for OwnFile {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let form = match self.form {
            FileForm::Env => "env",
            FileForm::Compose => "compose",
        };
        write!(f, "{form}-file:{}", self.name)
    }
}
