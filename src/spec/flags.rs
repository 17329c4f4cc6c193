//! What the command line says about the promise, laid over what the file says.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::error::{Wrong, quoted};
use super::nearest::{did_you_mean, nearest};
use super::promises::Outside;
use super::reader::Reader;
use super::roots::own;
use super::text::https_origin;
use super::value::within;
use super::{Limits, Spec};
use crate::target::{Family, Origin};

/// A check that exists: its family and its id.
pub type Known = (&'static str, &'static str);

/// What the command line says about the promise. Flags win over the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub site: Option<String>,
    pub family: Option<Family>,
    pub cacert: Option<String>,
    pub only: Vec<String>,
    pub skip: Vec<String>,
    pub control: Vec<IpAddr>,
    pub origin: Vec<IpAddr>,
    pub assume_egress: bool,
    pub max_time: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub strict: bool,
    pub user_agent: Option<String>,
    /// Files to be judged, and files whose values must not be in use.
    pub env: Vec<String>,
    pub compose: Vec<String>,
    pub candidates: Vec<String>,
    /// Nothing is asked of a site, and none is needed.
    pub files_alone: bool,
}

impl Flags {
    /// The site it names, if it names one.
    pub(super) fn site(&self, reader: &Reader) -> Option<Origin> {
        reader.keep(named("SITE", https_origin(self.site.as_deref()?)), None)
    }

    /// Lays the other flags over a Spec. Returns the keys of the file that no longer say what holds.
    pub(super) fn apply(&self, spec: &mut Spec, outside: &Outside, reader: &Reader) -> Vec<&'static str> {
        let mut replaced = vec![];
        if self.site.is_some() {
            replaced.push("site");
        }
        let own = self.cacert.as_deref().map(|file| named("--cacert", own(outside.read, file)));
        if let Some(roots) = own.and_then(|own| reader.keep(own, None)) {
            spec.certificate.roots = roots;
            replaced.push("certificate.roots");
        }
        if let Some(ms) = self.max_time.and_then(|time| in_range("--max-time", time, Limits::TOTAL_MS, reader)) {
            spec.limits.total_ms = ms;
            replaced.push("limits.total");
        }
        if let Some(ms) =
            self.connect_timeout.and_then(|time| in_range("--connect-timeout", time, Limits::CONNECT_MS, reader))
        {
            spec.limits.connect_ms = Some(ms);
            replaced.push("limits.connect");
        }
        for ip in self.control.iter().map(IpAddr::to_canonical) {
            if !spec.vantage.control.contains(&ip) {
                spec.vantage.control.push(ip);
            }
        }
        for ip in self.origin.iter().map(IpAddr::to_canonical) {
            if !spec.origin.contains(&ip) {
                spec.origin.push(ip);
            }
        }
        if self.assume_egress && !spec.vantage.assume_egress {
            spec.vantage.assume_egress = true;
            replaced.push("vantage.assume_egress");
        }
        spec.gate.strict = self.strict;
        spec.user_agent.clone_from(&self.user_agent);
        self.narrow(spec, outside.known, reader);
        replaced
    }

    /// Which checks are left, and the families of which none is.
    fn narrow(&self, spec: &mut Spec, known: &[Known], reader: &Reader) {
        spec.scope.family = self.family;
        spec.scope.only = names("--only", &self.only, known, reader);
        spec.scope.skip = names("--skip", &self.skip, known, reader);
        let families: BTreeSet<&str> = known.iter().map(|(family, _)| *family).collect();
        let left: BTreeSet<&str> =
            known.iter().filter(|(family, id)| spec.scope.asks(family, id)).map(|(family, _)| *family).collect();
        spec.scope.omitted = families.difference(&left).map(|family| String::from(*family)).collect();
        spec.scope.files_alone = left == BTreeSet::from(["env"]);
        if left.is_empty() && !known.is_empty() {
            reader.problem(Wrong::new("--only and --skip leave no check", "ask at least one"), None);
        } else if spec.scope.files_alone && self.env.is_empty() && self.compose.is_empty() {
            let wrong =
                Wrong::new("--only and --skip leave checks of files alone, and no file is given", "--env FILE");
            reader.problem(wrong, None);
        }
    }
}

/// Names of families and checks, each once.
fn names(flag: &str, given: &[String], known: &[Known], reader: &Reader) -> Vec<String> {
    let all: BTreeSet<&str> = known.iter().flat_map(|(family, id)| [*family, *id]).collect();
    let mut found = vec![];
    for name in given {
        if !all.contains(name.as_str()) {
            let near = nearest(name, all.iter().copied());
            let message = format!("{flag} {} names no check and no family", quoted(name));
            reader.problem(Wrong::new(message, did_you_mean(&near, "`golive explain` lists them")), None);
        } else if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

fn in_range(flag: &str, time: Duration, range: std::ops::RangeInclusive<u64>, reader: &Reader) -> Option<u64> {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    reader.keep(within(flag, ms, range), None)
}

fn named<T>(flag: &str, read: Result<T, Wrong>) -> Result<T, Wrong> {
    read.map_err(|wrong| Wrong::new(format!("{flag} {}", wrong.message), wrong.remedy))
}
