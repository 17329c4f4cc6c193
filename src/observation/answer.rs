//! What the network can say.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Method, ProbeError, Timestamp, Token, names_login};

/// What a lookup found. A name that does not exist is an answer; a resolver that is silent is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// Sorted; empty when there is no record of the family.
    pub addresses: Vec<IpAddr>,
    /// Names on the way, in order (CNAME).
    pub aliases: Vec<String>,
    /// NXDOMAIN (RFC 9499: the rcode says that the name does not exist).
    pub absent: bool,
    /// Given by hand (`--resolve`), not asked.
    pub pinned: bool,
}

/// What a knock on a port found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PortState {
    /// The handshake was completed.
    Open {
        /// The first bytes that came back, made printable, at most 64 characters.
        greeting: Option<String>,
        /// It was reset at once.
        reset: bool,
    },
    /// A RST answered the SYN.
    Refused,
    /// An ICMP error that a filter or a host sends instead of a RST.
    Rejected { offender: IpAddr },
    /// Five fresh sockets met silence, while the reference answered.
    Filtered,
}

/// What a TLS handshake showed. The certificate was accepted unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// DER in base64, as sent: the leaf first.
    pub chain: Vec<String>,
    /// More came than is kept.
    pub chain_cut: bool,
    pub version: String,
    pub suite: String,
    pub group: Option<String>,
    pub alpn: Option<String>,
    /// The server proved that it holds the key; false when that could not be checked.
    pub key_proven: bool,
    /// The stapled OCSP response: DER in base64, empty when none came; `None` in recordings that did not look.
    #[serde(default)]
    pub staple: Option<String>,
    /// The issuer that leads to a root of this machine's own trust store, where no root of Mozilla is led to:
    /// somebody on our side opens TLS, or it is an authority of the owner's.
    #[serde(default)]
    pub local_issuer: Option<String>,
}

/// One dialogue: the requests and responses of one question, redirects inside the site included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// At least one.
    pub hops: Vec<Hop>,
    /// Why the last redirect was not followed to an answer.
    pub stopped: Option<Stopped>,
}

/// The end of a redirect chain before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// It leads off the site.
    OffSite,
    /// It leads back to plain http.
    PlainHttp,
    /// It leads back to an address that was asked before.
    Loop,
    TooMany,
    /// The next hop did not answer.
    Error(ProbeError),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hop {
    pub request: Request,
    pub response: Response,
}

/// What went on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: Method,
    /// `https://app.example.com`: scheme and authority of the connection, not of the Host field.
    pub origin: String,
    /// The request-target: in origin form, or in absolute form where another authority is named.
    pub target: String,
    /// The name in the TLS hello; `None` without TLS or without a name.
    pub sni: Option<String>,
    pub fields: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    /// In the order and spelling of the wire, values redacted.
    pub fields: Vec<(String, String)>,
    /// One for each Set-Cookie field, in order.
    pub cookies: Vec<CookieValue>,
    /// Tokens of known forms in cookies, fields and content; `None` in recordings that did not look.
    #[serde(default)]
    pub tokens: Option<Vec<Token>>,
    pub content: Content,
}

/// What may be known of a cookie's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CookieValue {
    /// In bytes.
    pub length: usize,
    /// It looks like a random or encoded value, not like a word.
    pub opaque: bool,
}

/// Facts of the whole content (RFC 9110 §6.4), taken before it is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Bytes that were read.
    pub length: u64,
    /// More came than `limits.body_bytes`, or it ended early.
    pub cut: bool,
    /// It came in a coding that nobody asked for, and was not looked into.
    pub coded: Option<String>,
    /// SHA-256 of the content without what varies (nonces, dates, ids); the first 16 hexadecimal digits.
    pub digest: String,
    /// Smallest hashes of its word triples, at most 64, sorted: what two contents share here, they share as a whole.
    pub sketch: Vec<u32>,
    pub marks: Vec<Mark>,
    /// At most 32, of the kinds below.
    pub links: Vec<Link>,
    /// Where a value that we sent came back.
    pub echoes: Vec<Echo>,
    /// What a page says of its own policy; `None` in recordings that did not look.
    #[serde(default)]
    pub page: Option<Markup>,
}

/// What the markup of a page brings with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Markup {
    /// The policies of `<meta http-equiv=Content-Security-Policy>` in its head, redacted; at most 8.
    pub policies: Vec<String>,
    /// Scripts, styles, frames and objects that it loads over plain http, redacted; at most 32.
    pub insecure: Vec<String>,
    /// SHA-256 of what lasts of its title; the first 8 hexadecimal digits. None without a title.
    pub title: Option<String>,
}

/// What a content is recognised as. Recognition, not opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    Html,
    Json,
    /// Lines of `NAME=value`; at most 32 names.
    Dotenv {
        keys: Vec<String>,
    },
    /// `ref: refs/heads/…` or a commit hash alone.
    GitHead,
    /// Sections of git's own configuration.
    GitConfig,
    /// A compose file; at most 32 names of services.
    Compose {
        services: Vec<String>,
    },
    /// A page that asks a visitor to prove that they are human.
    Challenge,
    /// Lines as RFC 9116 has them.
    SecurityTxt {
        /// How many Contact fields hold a URI.
        contacts: usize,
        /// One for each Expires field, at most 4; `None` where it is no date.
        expires: Vec<Option<Timestamp>>,
    },
    /// A console or an API that administers or diagnoses, or a datastore's own.
    Software {
        name: String,
    },
    /// A private key in PEM or PuTTY's form.
    PrivateKey,
    /// Statements that make and fill tables.
    SqlDump,
    /// The file that a database keeps its data in.
    Database {
        kind: String,
    },
    Archive {
        kind: String,
    },
    /// Access keys with their secrets, as AWS's tools keep them.
    AwsCredentials,
    /// npm's configuration with a token or a password in it.
    NpmToken,
    /// Docker's configuration with a login in it.
    DockerLogin,
    Dockerfile,
    /// Frames of a program's stack.
    StackTrace {
        language: String,
    },
    /// What a framework shows, and what a server sends, while somebody develops.
    Debug {
        name: String,
    },
    /// The names of what a folder holds, made by the server.
    Listing,
    /// What describes an API: a document, or a page that shows one.
    ApiDocument {
        name: String,
    },
    /// A page that asks for one password.
    Login,
}

/// A place in a page that a browser follows or remembers. The URL is redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub place: Place,
    pub url: String,
}

/// A value of ours that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Echo {
    pub place: Place,
    /// The host name that was sent.
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The Location field.
    Location,
    /// The Domain attribute of a Set-Cookie field.
    CookieDomain,
    Canonical,
    FormAction,
    Base,
    Refresh,
    /// `og:url`
    OpenGraph,
    /// `href` of a link or anchor.
    Href,
    /// `src` of a script.
    Script,
    /// Plain text: nothing follows it.
    Text,
}

impl Exchange {
    /// The first answer: what the request itself got.
    pub fn first(&self) -> &Response {
        &self.hops[0].response
    }

    /// The last answer: the end of the redirects that were followed.
    pub fn last(&self) -> &Hop {
        &self.hops[self.hops.len() - 1]
    }
}

impl Hop {
    /// Did the origin that was sent come back, as a browser compares it (Fetch, CORS check)?
    /// A fact of one exchange: planner and judge both ask for it.
    pub fn echoes_origin(&self) -> bool {
        let sent = self.request.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("origin"));
        match (sent, &self.response.values("access-control-allow-origin")[..]) {
            (Some((_, origin)), [allowed]) => allowed.trim_matches([' ', '\t']) == origin,
            _ => false,
        }
    }
}

impl Response {
    /// The values of a field, in order. The name is compared without case.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect()
    }

    /// The only value of a field, or the first.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.value("content-type")?;
        let essence = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        (!essence.is_empty()).then_some(essence)
    }

    /// What a browser shows as a page: html, xhtml, svg, or nothing said.
    pub fn is_document(&self) -> bool {
        match self.media_type().as_deref() {
            None | Some("text/html" | "application/xhtml+xml" | "image/svg+xml") => true,
            Some(_) => false,
        }
    }

    /// `application/json`, or a type built on it (RFC 6839 §3.1).
    pub fn is_json(&self) -> bool {
        self.media_type().is_some_and(|media| media == "application/json" || media.ends_with("+json"))
    }

    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.value("location").is_some()
    }

    /// Whether a stranger is led to where one signs in.
    pub fn leads_to_login(&self) -> bool {
        self.is_redirect() && self.value("location").is_some_and(names_login)
    }
}

impl Content {
    /// Whether two contents are the same but for what varies: the digests agree, or four fifths of the sketches.
    pub fn is_like(&self, other: &Self) -> bool {
        if self.coded.is_some() || other.coded.is_some() {
            return false;
        }
        self.digest == other.digest || resemblance(&self.sketch, &other.sketch) >= 0.8
    }

    /// Whether both have a title, and not the same one.
    pub fn is_titled_otherwise(&self, other: &Self) -> bool {
        let title = |content: &Self| content.page.as_ref().and_then(|page| page.title.clone());
        title(self).zip(title(other)).is_some_and(|(one, two)| one != two)
    }

    /// The software that it is recognised as.
    pub fn software(&self) -> Option<&str> {
        self.marks.iter().find_map(|mark| match mark {
            Mark::Software { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// The share of words that two contents have in common; `None` where either has too few to tell.
    pub fn likeness(&self, other: &Self) -> Option<f64> {
        let tells = |content: &Self| content.sketch.len() >= SKETCH_SIZE / 4;
        (tells(self) && tells(other)).then(|| resemblance(&self.sketch, &other.sketch))
    }
}

/// How many hashes a sketch keeps: the estimate below is off by about an eighth at most.
pub const SKETCH_SIZE: usize = 64;

/// The estimated share of word triples that two contents have in common (Broder 1997, bottom-k sketch).
fn resemblance(a: &[u32], b: &[u32]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let mut union: Vec<u32> = a.iter().chain(b).copied().collect();
    union.sort_unstable();
    union.dedup();
    union.truncate(SKETCH_SIZE);
    let both = union.iter().filter(|h| a.binary_search(h).is_ok() && b.binary_search(h).is_ok()).count();
    both as f64 / union.len() as f64
}
