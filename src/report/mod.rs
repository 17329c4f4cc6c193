//! What a reader gets. Reporting never decides.

mod evidence;
mod json;
mod junit;
#[cfg(test)]
mod sample;
pub mod terminal;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Page;
use crate::finding::Finding;
use crate::gate::Gate;
use crate::observation::{Observations, Timestamp};
use crate::spec::Spec;

pub use terminal::{Screen, Verbosity};
pub use text::{clipped, plain};

/// The recording and its verdicts. `--json` is this; `judge` reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub schema: u32,
    pub tool: Tool,
    /// The site's origin.
    pub site: String,
    pub labels: BTreeMap<String, String>,
    pub started_at: Timestamp,
    pub elapsed_ms: u64,
    /// How long the site was waited for before the start.
    #[serde(default)]
    pub waited_ms: u64,
    pub interrupted: bool,
    pub policy: Spec,
    pub spec_sha256: String,
    pub gate: Gate,
    pub findings: Vec<Finding>,
    pub observations: Observations,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// A report file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Json,
    Junit,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Json, Self::Junit];

    /// Its name under `-o DIR`.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Json => "golive.json",
            Self::Junit => "TEST-golive.xml",
        }
    }

    /// The whole text of the file. `pages` say how a check is fixed; those of other checks do no harm.
    pub fn render(self, report: &Report, pages: &[Page]) -> String {
        match self {
            Self::Json => json::render(report),
            Self::Junit => junit::render(report, pages),
        }
    }
}
