//! The owner's own steps: what is sent, what must come back, what is kept for the next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of the smoke test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// Its cookies and tokens are judged as a session's.
    pub login: bool,
    /// GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.
    pub method: String,
    pub path: Template,
    /// In the order of the file.
    pub headers: Vec<(String, Template)>,
    pub body: Option<Body>,
    pub expect: Expect,
    pub capture: Vec<Capture>,
    /// Its line in the file.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Every text in it is a template.
    Json(serde_json::Value),
    Form(Vec<(String, Template)>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Empty: below 400.
    pub status: Vec<u16>,
    /// Name and value; a value in the answer may have parameters after it.
    pub header: Vec<(String, String)>,
    /// A text in the content.
    pub body: Option<String>,
    /// JSON path (RFC 9535) and value.
    pub json: Vec<(String, serde_json::Value)>,
    pub within_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Capture {
    pub name: String,
    /// RFC 9535.
    pub path: String,
}

/// A text in which `${NAME}` stands for what an earlier step captured, else for a variable of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Template(pub String);

/// An account that must not work: of a seed, or of a tutorial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub user: String,
    /// `${NAME}` alone: no password stands in the file.
    pub password: Template,
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
