//! A search of pages, and of the scripts that they load, for secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ProbeError;
use crate::target::Endpoint;

/// One page with its same-origin scripts. What the page names is asked inside the question: no later request holds
/// text of the target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Search {
    pub at: Endpoint,
    /// Pages; each is asked once.
    pub paths: Vec<String>,
}

impl Search {
    /// Scripts that are read.
    pub const MOST_SCRIPTS: usize = 40;
    /// Bytes that are read in all.
    pub const MOST_BYTES: u64 = 8 * 1024 * 1024;
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Searched {
    /// Pages and scripts, in the order in which they were read.
    pub read: Vec<ReadThrough>,
    /// What the pages load from their own origin and was not read any more.
    pub left: usize,
    pub secrets: Vec<Secret>,
}

/// A page or a script that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadThrough {
    /// Redacted.
    pub url: String,
    pub outcome: Result<Extent, ProbeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Extent {
    pub status: u16,
    pub bytes: u64,
    /// It ended before its end, or the bytes of the search ran out.
    pub cut: bool,
    /// It came in a coding that nobody asked for, and was not looked into.
    pub coded: bool,
}

/// A secret that was found: where and of what kind, never what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Redacted URL of the page or script.
    pub url: String,
    /// What it is: `private key (RSA)`, `Stripe secret key`.
    pub kind: String,
    /// Byte of the content where it begins.
    pub at: u64,
    /// Its length in bytes.
    pub length: usize,
    /// The variable of the owner's file whose value it is: `.env.production:12 APP_SECRET`.
    pub variable: Option<String>,
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "search:{}@{}:{}", self.at.origin(), self.at.socket(), self.paths.join(","))
    }
}
