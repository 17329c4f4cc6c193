//! A search of pages, and of the scripts that they load, for secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ProbeError, Stopped};
use crate::target::Endpoint;

/// Pages with their same-origin scripts. What a page names is asked inside the question: no later request holds text
/// of the target.
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
    /// Of a page, these bytes are looked at for the scripts that it loads.
    pub const MARKUP_BYTES: u64 = 2 * 1024 * 1024;
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Searched {
    /// The pages in the order of the question, then the scripts as the pages name them.
    pub read: Vec<ReadThrough>,
    /// What the pages load from their own origin and was not read any more, by the path of the page.
    pub left: Vec<Left>,
    pub secrets: Vec<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Left {
    pub path: String,
    pub scripts: usize,
}

/// A page or a script that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadThrough {
    /// The page's path in the question; of a script, that of the first page that loads it.
    pub path: String,
    pub part: Part,
    /// Redacted; where its redirects ended.
    pub url: String,
    pub outcome: Result<Extent, ProbeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Page,
    Script,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Extent {
    pub status: u16,
    /// That were looked into.
    pub bytes: u64,
    pub end: End,
    /// It came in a coding that nobody asked for, and was not looked into.
    pub coded: Option<String>,
    /// It asks a visitor to prove that they are human.
    pub challenge: bool,
    /// Why its redirect was not followed.
    pub stopped: Option<Stopped>,
}

/// How the reading of a content ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum End {
    Whole,
    /// The server broke off.
    Broken,
    /// It did not come in time.
    Late,
    /// The bytes of the search ran out.
    Bound,
}

/// A secret that was found: where and of what kind, never what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The page's path in the question, as of what was read.
    pub path: String,
    /// Redacted URL of the page or script.
    pub url: String,
    /// What it is: `private key (RSA)`, `live secret key (sk_live_)`.
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
