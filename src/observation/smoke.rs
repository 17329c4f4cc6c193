//! The owner's own steps, walked in order over connections of one dialogue, and what needs their login.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Exchange, Method, ProbeError};
use crate::target::Endpoint;

/// The steps, at one address. What they expect is no part of it: another expectation judges the same answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Smoke {
    pub at: Endpoint,
    pub steps: Vec<Sends>,
}

/// What a step sends and captures. `${NAME}` stands for what an earlier step captured, else for a variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sends {
    pub login: bool,
    pub method: Method,
    pub path: String,
    pub fields: Vec<(String, String)>,
    pub content: SentContent,
    /// Names and JSON paths (RFC 9535).
    pub captures: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SentContent {
    #[default]
    Nothing,
    Json(String),
    Form(Vec<(String, String)>),
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
    /// The same with a user and a password that nobody has: what a refusal looks like.
    #[serde(default)]
    pub stranger: Option<SignedIn>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub name: String,
    /// `NotSent` where a capture is missing. What was sent is recorded with `${NAME}` in place of every value of the
    /// environment and every capture.
    pub outcome: Result<Exchange, ProbeError>,
    /// From the first byte that was sent to the last that came, of every hop; the connections and waiting for a place
    /// apart.
    pub took_ms: u64,
    /// It carried a cookie, an Authorization field, or another whose value is not in the file.
    pub credentials: bool,
    /// The same request without credentials, where a step that carried some is a GET.
    #[serde(default)]
    pub anonymous: Option<Result<Exchange, ProbeError>>,
    /// The values at the JSON paths that the step names, in the order of the step. Empty where nothing is there.
    pub found: Vec<Found>,
    /// Whether the texts that the step names are in the content.
    pub texts: Vec<Held>,
    /// Whether the fields that the step names have the values that it names.
    #[serde(default)]
    pub fields: Vec<HeldField>,
    /// Names of what was captured.
    pub captured: Vec<String>,
}

/// The values at a JSON path (RFC 9535).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub path: String,
    /// Every node that the path selects, at most 16. Texts that may be a secret are marks.
    pub values: Vec<Value>,
    /// More were selected, or one was too long to be kept.
    pub cut: bool,
    /// How they compare with a value of the owner's, before marks were made.
    #[serde(default)]
    pub compared: Option<Compared>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Compared {
    pub value: Value,
    /// Something is selected, and all of it is this.
    pub equal: bool,
}

/// A text that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Held {
    pub text: String,
    pub held: bool,
}

/// A field that was looked for, in the answer of that number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeldField {
    pub name: String,
    pub value: String,
    pub hop: usize,
    pub held: bool,
}

/// An opening handshake of the WebSocket protocol (RFC 6455 §4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Upgraded {
    pub path: String,
    pub asker: Asker,
    /// Names of the cookies that went with it.
    #[serde(default)]
    pub cookies: Vec<String>,
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
    /// Another site's page, with the cookies of somebody who is signed in.
    Foreign,
    /// Another site's page, without cookies.
    ForeignAnonymous,
}

/// A try to sign in with another account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedIn {
    /// The user as the owner wrote it; empty for the one that nobody is.
    pub user: String,
    pub outcome: Result<Exchange, ProbeError>,
    /// Names of what the login step captures and was found.
    pub captured: Vec<String>,
}

impl Smoke {
    /// SHA-256 of what the steps send and capture; the first 16 hexadecimal digits.
    pub fn digest(&self) -> String {
        let text = serde_json::to_vec(&self.steps).unwrap_or_default();
        Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether the value of a field is the one that is expected; parameters may follow (RFC 9110 §5.6.6).
pub fn is_field_value(value: &str, expected: &str) -> bool {
    let (value, expected) = (value.trim(), expected.trim());
    let begins = value.get(..expected.len()).is_some_and(|start| start.eq_ignore_ascii_case(expected));
    begins && matches!(value[expected.len()..].trim_start().chars().next(), None | Some(';'))
}

/// Whether two values are the same; 1 and 1.0 are.
pub fn same_json(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        (one, other) => one == other,
    }
}

impl fmt::Display for Smoke {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "smoke:{}@{}#{}", self.at.origin(), self.at.socket(), self.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_may_have_parameters() {
        for (value, expected, want) in [
            ("application/json", "application/json", true),
            ("Application/JSON; charset=utf-8", "application/json", true),
            ("application/json ;a=b", "application/json", true),
            ("application/json-patch", "application/json", false),
            ("text/html", "application/json", false),
            ("é", "a", false),
            ("", "", true),
        ] {
            assert_eq!(is_field_value(value, expected), want, "{value}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        for (one, other, want) in [
            (json!(1), json!(1.0), true),
            (json!([1, {"a": 2}]), json!([1.0, {"a": 2.0}]), true),
            (json!("1"), json!(1), false),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
        ] {
            assert_eq!(same_json(&one, &other), want, "{one} {other}");
        }
    }
}
