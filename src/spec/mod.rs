//! What the owner promises, checked: a Spec that exists can be scanned and judged.
//! It is the `policy` of a report, so it is written and read whole.

mod error;
mod file;
mod flags;
mod limits;
mod nearest;
mod network;
mod own;
mod private;
mod promises;
mod reader;
mod roots;
mod scope;
mod sibling;
mod steps;
mod sweep;
mod text;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::finding::Waiver;
use crate::target::{Family, Host, Origin};

pub use error::{Problem, Problems};
pub use file::load;
pub use flags::{Flags, Known};
pub use limits::Limits;
pub use nearest::{did_you_mean, nearest};
pub use network::Network;
pub use own::{
    Access, Form, OwnText, Published, Service, Value, Variable, is_compose, is_public_name, is_secret_name,
    password, scheme, words,
};
pub use private::{Candidate, Private, Standing};
pub use promises::{Environment, Outside};
pub use scope::Scope;
pub use sibling::Sibling;
pub use steps::{Account, Body, Capture, Expect, Piece, Step, Template};
pub use sweep::{COMMON, Sweep, usual_service};
pub use text::REFERRER_POLICIES;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Always https.
    pub site: Origin,
    pub aliases: Vec<Origin>,
    /// Each begins with `/`; never empty.
    pub paths: Vec<String>,
    /// Prefixes whose answers are for programs; `None` where the owner left it to what is seen.
    pub api: Option<Vec<String>>,
    /// Further addresses of the same host, which must not serve the world: what stands behind a CDN.
    #[serde(default)]
    pub origin: Vec<IpAddr>,
    pub vantage: Vantage,
    pub ports: Ports,
    pub certificate: Certificate,
    #[serde(default)]
    pub tls: Tls,
    pub headers: Headers,
    pub hosts: Hosts,
    pub cookies: Cookies,
    pub cors: Cors,
    pub exposure: Exposure,
    #[serde(default)]
    pub secrets: Secrets,
    #[serde(default)]
    pub smoke: Vec<Step>,
    /// Read on this machine, judged and never sent.
    #[serde(default)]
    pub files: Files,
    pub gate: Gate,
    pub waive: Vec<Waiver>,
    pub limits: Limits,
    pub scope: Scope,
    /// Sent as User-Agent; `None`: the name and version of golive.
    pub user_agent: Option<String>,
    /// Name of the file it was read from, as given.
    pub file: Option<String>,
    /// Line of each key that was written, by dotted name.
    pub lines: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Vantage {
    /// Addresses of the owner's that listen on the same ports.
    pub control: Vec<IpAddr>,
    pub allow_private: bool,
    pub own_networks: Vec<Network>,
    #[serde(default)]
    pub path_proof: PathProof,
    /// A refusal counts only when it is known to come from the host.
    #[serde(default)]
    pub strict: bool,
    pub assume_egress: bool,
}

/// How far a packet must be seen to come for silence to count as the target's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PathProof {
    /// To the last router before the target.
    #[default]
    Edge,
    /// Two networks of others beyond our own.
    Beyond,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// The only ones that may be open, beside those of the site.
    #[serde(default = "Ports::may_be_open")]
    pub open: Vec<u16>,
    pub closed: Vec<ClosedPort>,
    #[serde(default)]
    pub sweep: Sweep,
    /// The port of plain HTTP.
    pub http: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosedPort {
    pub port: u16,
    pub service: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    pub roots: Roots,
    pub min_left: MinLeft,
    /// The issuer's revocation list is fetched and read.
    #[serde(default)]
    pub revocation: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub minimum: TlsVersion,
}

/// A version that may be the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum TlsVersion {
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    #[serde(rename = "1.3")]
    V1_3,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Roots {
    Mozilla,
    /// DER in base64.
    Own(Vec<String>),
}

/// How much of a certificate's life must be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MinLeft {
    /// A sixth of its lifetime, at most 14 days.
    Auto,
    Share {
        numerator: u32,
        denominator: u32,
    },
    Seconds(u64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// In seconds.
    pub hsts_max_age: u64,
    /// The page rules hold for API answers too.
    pub everywhere: bool,
    pub permissions_off: Vec<String>,
    pub referrer: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hosts {
    /// Written: everything else is foreign. Lower case; `*.example.com` may stand in it.
    pub trusted: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cookies {
    /// Lower case, without a leading dot.
    pub domain: Option<String>,
    pub script_readable: Vec<String>,
    pub preferences: Vec<String>,
    pub cross_site: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cors {
    pub origins: Option<Vec<OriginPattern>>,
    pub credentials: bool,
    /// Where the origins must work; `None`: the configured paths under `api`.
    pub paths: Option<Vec<String>>,
    pub methods: Vec<String>,
    pub headers: Vec<String>,
}

/// An entry of `cors.origins`: an origin, or `https://*.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OriginPattern {
    Exact(Origin),
    /// Any name below this one, with its scheme and port.
    Below(Origin),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// Paths that are meant to be seen; with `/` at the end, all below them too.
    pub public: Vec<String>,
    /// Paths that refuse whoever is not signed in.
    #[serde(default)]
    pub guarded: Vec<String>,
    /// Paths that take WebSocket upgrades.
    #[serde(default)]
    pub websockets: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Files whose values must not be in use.
    pub candidates: Vec<String>,
    pub accounts: Vec<Account>,
}

/// Names of files of the owner's, as given (`--env`, `--compose`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub env: Vec<String>,
    pub compose: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub promote: Vec<String>,
    pub demote: Vec<String>,
    pub require: Vec<String>,
    /// `--strict`: all advice counts.
    pub strict: bool,
}

impl Spec {
    /// The defaults for a site.
    pub fn of(site: Origin) -> Self {
        let closed = [(3000, "web"), (8000, "api"), (5432, "postgresql"), (6379, "redis")];
        let closed = closed.map(|(port, service)| ClosedPort { port, service: service.into() });
        Self {
            site,
            aliases: vec![],
            paths: vec!["/".into()],
            api: None,
            origin: vec![],
            vantage: Vantage::default(),
            ports: Ports { open: Ports::may_be_open(), closed: closed.into(), sweep: Sweep::Common, http: 80 },
            certificate: Certificate { roots: Roots::Mozilla, min_left: MinLeft::Auto, revocation: false },
            tls: Tls::default(),
            headers: Headers {
                hsts_max_age: 15_552_000,
                everywhere: false,
                permissions_off: vec![],
                referrer: vec![],
            },
            hosts: Hosts::default(),
            cookies: Cookies::default(),
            cors: Cors {
                origins: None,
                credentials: false,
                paths: None,
                methods: vec!["GET".into()],
                headers: vec![],
            },
            exposure: Exposure::default(),
            secrets: Secrets::default(),
            smoke: vec![],
            files: Files::default(),
            gate: Gate::default(),
            waive: vec![],
            limits: Limits {
                total_ms: 60_000,
                connect_ms: None,
                exchange_ms: 5_000,
                parallel: 32,
                sweep_rate: Limits::usual_sweep_rate(),
                body_bytes: 262_144,
            },
            scope: Scope::default(),
            user_agent: None,
            file: None,
            lines: BTreeMap::new(),
        }
    }

    /// The site and its aliases.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.site).chain(&self.aliases)
    }

    /// Whether a host is one of the site's names.
    pub fn is_own(&self, host: &Host) -> bool {
        self.origins().any(|origin| origin.host == *host)
    }

    /// Where the origins of `cors.origins` must work: as written, or the configured paths that answer programs.
    pub fn cors_paths(&self, json_folders: &BTreeSet<String>) -> Vec<String> {
        if let Some(paths) = &self.cors.paths {
            return paths.clone();
        }
        let folders: Vec<&String> = match &self.api {
            Some(api) => api.iter().collect(),
            None => json_folders.iter().collect(),
        };
        let below = |path: &&String| folders.iter().any(|folder| path.starts_with(folder.as_str()));
        self.paths.iter().filter(below).cloned().collect()
    }

    /// Where a promise was written: its line, or the line of the table or key above it.
    pub fn line(&self, key: &str) -> Option<u32> {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return Some(*line);
            }
            key = key.rsplit_once('.')?.0;
        }
    }

    /// `EXPECTED (golive.toml:17)`, or the text alone when the key was not written.
    pub fn promised(&self, expected: &str, key: &str) -> String {
        match (self.lines.get(key), &self.file) {
            (Some(line), Some(file)) => format!("{expected} ({file}:{line})"),
            _ => expected.into(),
        }
    }
}

impl Vantage {
    /// Where the owner's controls of a family listen beside a port.
    pub fn controls(&self, at: SocketAddr) -> impl Iterator<Item = SocketAddr> {
        let same_family = move |ip: &&IpAddr| Family::of(**ip) == Family::of(at.ip());
        self.control.iter().filter(same_family).map(move |ip| SocketAddr::from((*ip, at.port())))
    }

    /// Whether the owner says that an address is of our own network.
    pub fn is_own(&self, ip: IpAddr) -> bool {
        self.own_networks.iter().any(|network| network.contains(ip))
    }
}

impl Ports {
    fn may_be_open() -> Vec<u16> {
        vec![22, 80, 443]
    }
}

impl ClosedPort {
    /// Datastores are judged apart: an open one is critical.
    pub fn is_datastore(&self) -> bool {
        const DATASTORES: [&str; 14] = [
            "postgresql",
            "postgres",
            "redis",
            "valkey",
            "mysql",
            "mariadb",
            "mongodb",
            "mongo",
            "memcached",
            "elasticsearch",
            "opensearch",
            "rabbitmq",
            "clickhouse",
            "datastore",
        ];
        DATASTORES.contains(&self.service.to_ascii_lowercase().as_str())
    }
}

impl Headers {
    /// What `hsts_max_age` may be: up to ten years.
    pub const HSTS_MAX_AGE: RangeInclusive<u64> = 1..=315_360_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_cited_where_it_was_written() {
        let mut spec = Spec::of("app.example.com".parse().expect("an origin"));
        assert_eq!((spec.line("ports.closed"), spec.promised("closed", "ports.closed")), (None, "closed".into()));
        spec.file = Some("golive.toml".into());
        spec.lines = BTreeMap::from([("ports".into(), 3), ("ports.closed".into(), 4)]);
        for (key, line, text) in [
            ("ports.closed", Some(4), "x (golive.toml:4)"),
            ("ports.http", Some(3), "x"),
            ("cors.origins", None, "x"),
        ] {
            assert_eq!((spec.line(key), spec.promised("x", key).as_str()), (line, text), "{key}");
        }
    }
}
