//! The owner's own steps, walked in order over connections of one dialogue, and what needs their login.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Exchange, ProbeError};
use crate::target::Endpoint;

/// The steps, at one address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Smoke {
    pub at: Endpoint,
    /// SHA-256 of what the steps send and capture, variables by their names; the first 16 hexadecimal digits.
    /// What they expect is no part of it: another expectation judges the same answers.
    pub steps: String,
}

/// What came of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Walked {
    /// One for each step, in order.
    pub steps: Vec<Walk>,
    /// One for each path of `exposure.websockets` and each asker, when a login step worked.
    pub upgrades: Vec<Upgraded>,
    /// One for each of `secrets.accounts`, in order, when a login step worked.
    pub accounts: Vec<SignedIn>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub name: String,
    /// `NotSent` where a capture is missing. What was sent is recorded with every value of the environment and every
    /// capture as a mark.
    pub outcome: Result<Exchange, ProbeError>,
    /// From the first byte that was sent to the last that came; the connection and waiting for a place apart.
    pub took_ms: u64,
    /// It carried a cookie or an Authorization field.
    pub credentials: bool,
    /// The same request without credentials, where a step that carried some is a GET.
    #[serde(default)]
    pub anonymous: Option<Result<Exchange, ProbeError>>,
    /// The values at the JSON paths that the step names, in the order of the step. Empty where nothing is there.
    pub found: Vec<Found>,
    /// Whether the texts that the step names are in the content.
    pub texts: Vec<Held>,
    /// Names of what was captured.
    pub captured: Vec<String>,
}

/// A value at a JSON path (RFC 9535).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub path: String,
    /// Every node that the path selects, at most 16. Texts that may be a secret are marks.
    pub values: Vec<serde_json::Value>,
    /// More were selected, or one was too long to be kept.
    pub cut: bool,
}

/// A text that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Held {
    pub text: String,
    pub held: bool,
}

/// An opening handshake of the WebSocket protocol (RFC 6455 §4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Upgraded {
    pub path: String,
    pub asker: Asker,
    /// The status of the answer; 101 when the protocol was switched.
    pub outcome: Result<u16, ProbeError>,
}

/// Who asks for an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Asker {
    /// The site's own page, signed in.
    Own,
    /// Another site's page, in the browser of somebody who is signed in.
    Foreign,
    /// Another site's page, without cookies.
    ForeignAnonymous,
}

/// A try to sign in with a seed account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedIn {
    /// The user as the owner wrote it.
    pub user: String,
    pub outcome: Result<Exchange, ProbeError>,
    /// A session-like cookie or a token came back.
    pub signed_in: bool,
}

impl fmt::Display for Smoke {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "smoke:{}@{}#{}", self.at.origin(), self.at.socket(), self.steps)
    }
}
