//! Files of the owner's, read on this machine and never sent. Facts of their variables and ports, never a value.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Observations;

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
pub struct FileFacts {
    pub variables: Vec<OwnVariable>,
    pub services: Vec<OwnService>,
    pub ports: Vec<OwnPort>,
    /// Values of the owner's other files that each secret was compared with.
    pub candidates: usize,
    /// Every user of this machine may read it; `None`: that could not be told.
    pub readable_by_others: Option<bool>,
    /// By git.
    pub tracked: Option<bool>,
}

/// A variable that the file sets, by itself or for a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnVariable {
    pub line: u32,
    pub service: Option<String>,
    pub name: String,
    pub source: Source,
    /// Its name, or a password in its URL, says that it is secret; with an empty value too.
    pub is_secret: bool,
    /// `None`: there is no value here.
    pub value: Option<ValueFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Written,
    /// The default of `${NAME:-value}` with this name, which no file given sets.
    Default(String),
    /// The shell or another file sets it.
    Elsewhere,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ValueFacts {
    pub is_empty: bool,
    /// It says true or false.
    pub switch: Option<bool>,
    /// The scheme of a URL.
    pub scheme: Option<String>,
    /// Of the value of a secret variable, or of the password in a URL.
    pub secret: Option<SecretFacts>,
    pub list: Option<ListFacts>,
    pub pattern: Option<PatternFacts>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SecretFacts {
    /// In characters.
    pub length: usize,
    /// Different characters.
    pub distinct: usize,
    /// The placeholder that it is, or the entry of the owner's files that has the same value.
    pub known: Option<String>,
    /// A word, or a word and digits.
    pub is_word: bool,
    /// Whose name it is: "the user", "the host".
    pub named: Option<String>,
    /// 32 bytes in base64url, as Fernet's keys are.
    pub is_fernet_key: bool,
    /// Who issues values like this one.
    pub vendor: Option<String>,
    /// Equal secrets of a run have the same number; `None`: no other has this value.
    pub group: Option<u32>,
}

/// A value as a list, separated by commas or spaces, or of JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListFacts {
    pub entries: usize,
    /// `*` alone, or with a scheme alone.
    pub has_star: bool,
    pub has_null: bool,
    pub has_localhost: bool,
    pub has_plain_http: bool,
}

/// A value as a regular expression for origins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatternFacts {
    /// Each alternative begins with `^` and ends with `$`, or what means the same.
    pub is_anchored: bool,
    /// A dot that stands for one character of any kind.
    pub has_open_dot: bool,
    /// A repeated dot that a name runs on behind, or that is the end.
    pub runs_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnService {
    pub line: u32,
    pub name: String,
    /// Without its registry and its tag.
    pub image: Option<String>,
    /// The lines that say so.
    pub host_network: Option<u32>,
    pub privileged: Option<u32>,
    pub docker_socket: Option<u32>,
    /// `ports: !reset` or `!override`: those of earlier files are gone.
    pub replaces_ports: bool,
    /// It is started only when a profile of it is named.
    pub by_profile: bool,
    /// What it reads that was not given.
    pub other_files: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnPort {
    pub line: u32,
    pub service: String,
    /// `None`: a variable in it is set elsewhere, or it is no port that golive can read.
    pub access: Option<PortAccess>,
}

/// How a port of a container is reached from its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PortAccess {
    /// `None`: every address.
    pub address: Option<IpAddr>,
    /// First and last port on the host; `None`: any that is free.
    pub host: Option<(u16, u16)>,
    pub container: (u16, u16),
    pub udp: bool,
}

impl Observations {
    /// Whether nothing but the owner's files was asked about.
    pub fn are_of_files_alone(&self) -> bool {
        !self.files.is_empty() && self.answered().1 == self.files.len()
    }
}

impl fmt::Display for OwnFile {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let form = match self.form {
            FileForm::Env => "env",
            FileForm::Compose => "compose",
        };
        write!(f, "{form}-file:{}", self.name)
    }
}

/// As a compose file has it: `127.0.0.1:5432:5432`.
impl fmt::Display for PortAccess {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let range = |(first, last): (u16, u16)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        match self.address {
            None => {}
            Some(IpAddr::V4(ip)) => write!(f, "{ip}:")?,
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]:")?,
        }
        match (self.address, self.host) {
            (_, Some(host)) => write!(f, "{}:", range(host))?,
            (Some(_), None) => f.write_str(":")?,
            (None, None) => {}
        }
        f.write_str(&range(self.container))?;
        if self.udp { f.write_str("/udp") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_written_as_in_the_file() {
        let ip = |text: &str| Some(text.parse().unwrap());
        for (address, host, container, udp, want) in [
            (None, Some((5432, 5432)), (5432, 5432), false, "5432:5432"),
            (None, None, (3000, 3000), false, "3000"),
            (ip("127.0.0.1"), Some((1, 2)), (3, 4), false, "127.0.0.1:1-2:3-4"),
            (ip("::1"), None, (53, 53), true, "[::1]::53/udp"),
        ] {
            assert_eq!(PortAccess { address, host, container, udp }.to_string(), want);
        }
    }
}
