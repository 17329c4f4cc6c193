//! The keys of golive.toml, table by table: each line here is one key and what it may hold.

mod smoke;

use super::error::{Wrong, quoted};
use super::flags::{Flags, Known};
use super::nearest::{did_you_mean, nearest};
use super::reader::Table;
use super::roots::{Read, roots};
use super::sweep::sweep;
use super::text::{
    address, cookie_domain, cookie_name, feature, field, file, https_origin, method, network, origin_pattern,
    path, prefix, referrer, trusted,
};
use super::value::{
    boolean, day, duration, min_left, number, or_auto, path_proof, port, text, tls_version, words,
};
use super::{ClosedPort, Headers, Limits, Spec, Standing};
use crate::finding::Waiver;
use crate::target::Origin;

/// Gives the value of a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a file refers to, and what stands outside of it.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// The checks that exist.
    pub known: &'a [Known],
    /// Reads a file.
    pub read: Read<'a>,
    /// Who may read a file.
    pub standing: &'a dyn Fn(&str) -> Standing,
    /// The value of a variable of the environment; `None` where nothing is sent, and none is needed.
    pub variable: Option<Environment<'a>>,
}

/// Reads every key but `site` into a Spec that holds the defaults.
pub(super) fn promises(
    root: &mut Table,
    spec: &mut Spec,
    site: Option<&Origin>,
    flags: &Flags,
    outside: &Outside,
) {
    let from_flag = flags.site.is_some();
    let other = |text: &str| match https_origin(text)? {
        alias if Some(&alias) == site && !from_flag => {
            Err(Wrong::new(format!("{} is the site itself", quoted(text)), "aliases are its other names"))
        }
        alias => Ok(alias),
    };
    set(&mut spec.aliases, root.texts("aliases", other));
    spec.aliases.retain(|alias| Some(alias) != site);
    set(&mut spec.paths, root.texts("paths", path));
    if spec.paths.is_empty() {
        root.reader().problem(Wrong::new("`paths` is empty", "at least [\"/\"]"), root.span("paths"));
    }
    spec.api = root.texts("api", prefix);
    set(&mut spec.origin, root.texts("origin", address));
    vantage(root.table("vantage"), spec);
    ports(root.table("ports"), spec, site);
    certificate(root.table("certificate"), spec, outside);
    tls(root.table("tls"), spec);
    headers(root.table("headers"), spec);
    hosts(root.table("hosts"), spec);
    cookies(root.table("cookies"), spec, site);
    cors(root.table("cors"), spec);
    exposure(root.table("exposure"), spec);
    let with_steps = smoke::smoke(root, spec, outside);
    secrets(root.table("secrets"), spec, outside, with_steps);
    gate(root.table("gate"), spec, outside.known);
    waive(root, spec, outside.known);
    limits(root.table("limits"), spec);
}

fn vantage(mut table: Table, spec: &mut Spec) {
    let vantage = &mut spec.vantage;
    set(&mut vantage.control, table.texts("control", address));
    set(&mut vantage.allow_private, table.value("allow_private", boolean));
    set(&mut vantage.own_networks, table.texts("own_networks", network));
    set(&mut vantage.path_proof, table.value("path_proof", text(path_proof)));
    set(&mut vantage.strict, table.value("strict", boolean));
    set(&mut vantage.assume_egress, table.value("assume_egress", boolean));
    table.finish();
}

fn ports(mut table: Table, spec: &mut Spec, site: Option<&Origin>) {
    set(&mut spec.ports.http, table.value("http", port));
    let http = spec.ports.http;
    let https: Vec<u16> = site.into_iter().chain(&spec.aliases).map(|origin| origin.port).collect();
    if https.contains(&http) {
        let wrong = Wrong::new(format!("port {http} is the site's own HTTPS port"), "the port of plain HTTP");
        let span = table.span("http");
        table.reader().problem(wrong, span);
    }
    let open = table.numbers("open", port);
    let mut before = vec![];
    let closed = table.rows("closed", |row| {
        let all = "each entry is { port = 5432, service = \"postgresql\" }";
        let port = row.required("port", all, port);
        let service = row.required("service", all, words);
        let wrong = match port? {
            port if https.contains(&port) => Some(Wrong::new(
                format!("port {port} is the site's own HTTPS port"),
                "a port that must not be reachable",
            )),
            port if port == http => {
                Some(Wrong::new(format!("port {port} is `ports.http`"), "a port that must not be reachable"))
            }
            port if open.as_ref().is_some_and(|open| open.contains(&port)) => {
                Some(Wrong::new(format!("port {port} stands in `open` too"), "one of the two"))
            }
            port if before.contains(&port) => {
                Some(Wrong::new(format!("port {port} stands twice in `closed`"), "write it once"))
            }
            _ => None,
        };
        before.extend(port);
        match wrong {
            Some(wrong) => row.reader().keep(Err(wrong), row.span("port")),
            None => Some(ClosedPort { port: port?, service: service? }),
        }
    });
    // A port that serves the site was not meant by the default.
    spec.ports.closed.retain(|closed| closed.port != http && !https.contains(&closed.port));
    set(&mut spec.ports.closed, closed);
    // A port that the owner wants open is not closed by default.
    if let Some(open) = open {
        spec.ports.closed.retain(|closed| !open.contains(&closed.port));
        spec.ports.open = open;
    }
    let own: Vec<u16> = https.iter().chain([&http]).chain(&spec.ports.open).copied().collect();
    set(&mut spec.ports.sweep, table.value("sweep", |_, value| sweep(value, &own)));
    table.finish();
}

fn certificate(mut table: Table, spec: &mut Spec, outside: &Outside) {
    set(&mut spec.certificate.roots, table.value("roots", text(|name| roots(outside.read, name))));
    set(&mut spec.certificate.min_left, table.value("min_left", text(min_left)));
    set(&mut spec.certificate.revocation, table.value("revocation", boolean));
    table.finish();
}

fn tls(mut table: Table, spec: &mut Spec) {
    set(&mut spec.tls.minimum, table.value("minimum", text(tls_version)));
    table.finish();
}

fn headers(mut table: Table, spec: &mut Spec) {
    let headers = &mut spec.headers;
    set(&mut headers.hsts_max_age, table.value("hsts_max_age", number(Headers::HSTS_MAX_AGE)));
    set(&mut headers.everywhere, table.value("everywhere", boolean));
    set(&mut headers.permissions_off, table.texts("permissions_off", feature));
    set(&mut headers.referrer, table.texts("referrer", referrer));
    table.finish();
}

fn hosts(mut table: Table, spec: &mut Spec) {
    spec.hosts.trusted = table.texts("trusted", trusted);
    table.finish();
}

fn cookies(mut table: Table, spec: &mut Spec, site: Option<&Origin>) {
    let cookies = &mut spec.cookies;
    let host = site.map(|origin| &origin.host);
    cookies.domain = table.value("domain", text(|domain| cookie_domain(host, domain)));
    set(&mut cookies.script_readable, table.texts("script_readable", cookie_name));
    set(&mut cookies.preferences, table.texts("preferences", cookie_name));
    set(&mut cookies.cross_site, table.texts("cross_site", cookie_name));
    table.finish();
}

fn cors(mut table: Table, spec: &mut Spec) {
    let cors = &mut spec.cors;
    cors.origins = table.texts("origins", origin_pattern);
    set(&mut cors.credentials, table.value("credentials", boolean));
    cors.paths = table.texts("paths", path);
    set(&mut cors.methods, table.texts("methods", method));
    if cors.methods.is_empty() {
        let span = table.span("methods");
        table.reader().problem(Wrong::new("`methods` is empty", "at least [\"GET\"]"), span);
    }
    set(&mut cors.headers, table.texts("headers", field));
    table.finish();
}

fn exposure(mut table: Table, spec: &mut Spec) {
    set(&mut spec.exposure.public, table.texts("public", prefix));
    set(&mut spec.exposure.guarded, table.texts("guarded", path));
    set(&mut spec.exposure.websockets, table.texts("websockets", path));
    table.finish();
}

fn secrets(mut table: Table, spec: &mut Spec, outside: &Outside, with_steps: bool) {
    set(&mut spec.secrets.candidates, table.texts("candidates", file));
    smoke::accounts(&mut table, spec, outside, with_steps);
    table.finish();
}

fn gate(mut table: Table, spec: &mut Spec, known: &[Known]) {
    let promoted = table.texts("promote", |id| check(known, id));
    set(&mut spec.gate.promote, promoted);
    let promoted = &spec.gate.promote;
    let demoted = table.texts("demote", |id| match promoted.iter().any(|other| other == id) {
        true => Err(Wrong::new(format!("{} is promoted and demoted", quoted(id)), "one of the two")),
        false => check(known, id),
    });
    set(&mut spec.gate.demote, demoted);
    set(&mut spec.gate.require, table.texts("require", |id| check(known, id)));
    table.finish();
}

fn waive(root: &mut Table, spec: &mut Spec, known: &[Known]) {
    let waivers = root.rows("waive", |row| {
        let all = "check, subject, owner, reason and until are all needed";
        let id = row.required("check", all, text(|id| check(known, id)));
        let subject = row.required("subject", all, words);
        let owner = row.required("owner", all, words);
        let reason = row.required("reason", all, words);
        let until = row.required("until", all, day);
        Some(Waiver { check: id?, subject: subject?, owner: owner?, reason: reason?, until: until? })
    });
    set(&mut spec.waive, waivers);
}

fn limits(mut table: Table, spec: &mut Spec) {
    let limits = &mut spec.limits;
    set(&mut limits.total_ms, table.value("total", duration(Limits::TOTAL_MS, "\"60s\" or \"2m\"")));
    let connect = duration(Limits::CONNECT_MS, "\"3s\" or \"300ms\"");
    set(&mut limits.connect_ms, table.value("connect", or_auto(connect)));
    set(&mut limits.exchange_ms, table.value("exchange", duration(Limits::EXCHANGE_MS, "\"5s\" or \"800ms\"")));
    let parallel = table.value("parallel", number(Limits::PARALLEL));
    set(&mut limits.parallel, parallel.and_then(|count| usize::try_from(count).ok()));
    let rate = table.value("sweep_rate", number(Limits::SWEEP_RATE));
    set(&mut limits.sweep_rate, rate.and_then(|rate| u32::try_from(rate).ok()));
    set(&mut limits.body_bytes, table.value("body_bytes", number(Limits::BODY_BYTES)));
    table.finish();
}

/// The id of a check that exists.
fn check(known: &[Known], id: &str) -> Result<String, Wrong> {
    if known.iter().any(|(_, other)| *other == id) {
        return Ok(id.into());
    }
    let near = nearest(id, known.iter().map(|(_, other)| *other));
    Err(Wrong::new(format!("{} names no check", quoted(id)), did_you_mean(&near, "`golive explain` lists them")))
}

/// Keeps the default where nothing was read.
fn set<T>(slot: &mut T, read: Option<T>) {
    if let Some(value) = read {
        *slot = value;
    }
}

#[cfg(test)]
mod tests;
