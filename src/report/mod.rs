//! What a reader gets. Reporting never decides.

mod json;
mod junit;
mod terminal;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::gate::Gate;
use crate::observation::{Observations, Timestamp};
use crate::spec::Spec;

pub use terminal::{Screen, Verbosity};

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

    pub fn render(self, report: &Report) -> String {
        match self {
            Self::Json => json::render(report),
            Self::Junit => junit::render(report),
        }
    }
}
