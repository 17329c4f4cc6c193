//! What a judge says, and what becomes of it.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Ordered from the best to the worst: the status of a check is its worst verdict's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Skip,
    Pass,
    Unknown,
    Fail,
}

/// Orders the report; never decides. Ordered from the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

/// The five questions of the gate, and advice, which is shown and never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    OnlyProxyReachable,
    HttpsOnly,
    PolicyRestricted,
    SecretsUnexposed,
    SmokePasses,
    Advice,
}

/// What a verdict is about. Its text is stable from run to run: waivers and comparisons match it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Site,
    Name(String),
    /// A host's address as a whole.
    Address(IpAddr),
    Port(u16, IpAddr),
    Url {
        method: String,
        url: String,
        at: IpAddr,
    },
    Cookie {
        name: String,
        url: String,
        at: IpAddr,
    },
    /// A token in a field or in a text of an answer.
    Token {
        place: String,
        url: String,
        at: IpAddr,
    },
    /// One of the owner's steps.
    Step {
        name: String,
        at: IpAddr,
    },
    /// A variable, a port or the like in a file of the owner's.
    Entry {
        file: String,
        name: String,
    },
}

/// A judge's word on one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub subject: Subject,
    pub status: Status,
    /// A fact in the present tense, lower case, no full stop, numbers in.
    pub message: String,
    pub expected: Option<String>,
    /// Ids of the observations it rests on.
    pub evidence: Vec<String>,
    /// Counts as advice whatever the page says.
    pub advice: bool,
    /// Nothing of the kind was shown, or a wall stands before it: listed beside the verdict as not seen.
    pub unseen: bool,
    /// The owner's word that it rests on.
    pub declared: Option<String>,
}

/// The owner's acceptance of a Fail, in writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    pub check: String,
    /// `*` stands for any text.
    pub subject: String,
    pub owner: String,
    pub reason: String,
    /// The last day it holds, `YYYY-MM-DD` (UTC).
    pub until: String,
}

/// A verdict with everything a reader needs beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    pub check: String,
    pub family: String,
    pub severity: Severity,
    pub gate: Item,
    pub subject: String,
    pub status: Status,
    pub message: String,
    pub expected: Option<String>,
    /// The line of golive.toml that promised otherwise.
    pub line: Option<u32>,
    pub unseen: bool,
    pub declared: Option<String>,
    pub evidence: Vec<String>,
    /// Commands of public tools that show the same.
    pub repeat: Vec<String>,
    pub waived: Option<Waiver>,
}

impl Verdict {
    pub fn new(subject: Subject, status: Status, message: impl Into<String>) -> Self {
        Self {
            subject,
            status,
            message: message.into(),
            expected: None,
            evidence: vec![],
            advice: false,
            unseen: false,
            declared: None,
        }
    }

    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub fn resting_on(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub fn as_advice(mut self) -> Self {
        self.advice = true;
        self
    }

    pub fn unseen(mut self) -> Self {
        self.unseen = true;
        self
    }

    pub fn declared(mut self, word: impl Into<String>) -> Self {
        self.declared = Some(word.into());
        self
    }
}

impl Finding {
    /// Whether it can decide: not advice.
    pub fn decides(&self) -> bool {
        self.gate != Item::Advice
    }

    /// A Fail that nobody has accepted, or an Unknown, of a check that decides.
    pub fn is_problem(&self) -> bool {
        self.decides()
            && match self.status {
                Status::Fail => self.waived.is_none(),
                Status::Unknown => true,
                Status::Pass | Status::Skip => false,
            }
    }
}

impl Item {
    /// The five that decide, in the order of every report.
    pub const GATE: [Self; 5] = [
        Self::OnlyProxyReachable,
        Self::HttpsOnly,
        Self::PolicyRestricted,
        Self::SecretsUnexposed,
        Self::SmokePasses,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::OnlyProxyReachable => "only-proxy-reachable",
            Self::HttpsOnly => "https-only",
            Self::PolicyRestricted => "policy-restricted",
            Self::SecretsUnexposed => "secrets-unexposed",
            Self::SmokePasses => "smoke-passes",
            Self::Advice => "advice",
        }
    }

    /// As the screen says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::OnlyProxyReachable => "only the proxy is reachable",
            Self::HttpsOnly => "HTTPS is the only way in",
            Self::PolicyRestricted => "policy is restricted",
            Self::SecretsUnexposed => "no secret shows",
            Self::SmokePasses => "the application works",
            Self::Advice => "advice",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Site => f.write_str("site"),
            Self::Name(name) => f.write_str(name),
            Self::Address(ip) => write!(f, "{ip}"),
            Self::Port(port, ip) => write!(f, "{port}/tcp {ip}"),
            Self::Url { method, url, at } => write!(f, "{method} {url} [{at}]"),
            Self::Cookie { name, url, at } => write!(f, "cookie {name} {url} [{at}]"),
            Self::Token { place, url, at } => write!(f, "token {place} {url} [{at}]"),
            Self::Step { name, at } => write!(f, "step {name} [{at}]"),
            Self::Entry { file, name } => write!(f, "{file} {name}"),
        }
    }
}

impl Waiver {
    /// Whether it is for this check and subject.
    pub fn matches(&self, check: &str, subject: &str) -> bool {
        self.check == check && wildcard(&self.subject, subject)
    }
}

/// `*` stands for any text, also none.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, want) in [
            ("*", "anything", true),
            ("", "", true),
            ("6379/tcp *", "6379/tcp 203.0.113.7", true),
            ("*/docs*", "GET https://app.example.com/docs [::1]", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-", false),
            ("exact", "exactly", false),
            ("*aa", "a", false),
        ] {
            assert_eq!(wildcard(pattern, text), want, "{pattern} {text}");
        }
    }
}
