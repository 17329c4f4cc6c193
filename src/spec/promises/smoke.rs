//! `[[smoke]]` and `secrets.accounts`: what is sent in the owner's name, without a secret in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::{Map, Number, Value};
use serde_json_path::JsonPath;
use toml::de::DeValue;

use super::{Outside, set};
use crate::spec::error::{Wrong, quoted};
use crate::spec::nearest::{did_you_mean, nearest};
use crate::spec::reader::{Pairs, Reader, Table};
use crate::spec::steps::{USERS, is_name, is_secret_name};
use crate::spec::text::{field, path};
use crate::spec::value::{boolean, duration, kind, number, text, words};
use crate::spec::{Account, Body, Capture, Expect, Limits, Spec, Step, Template};

/// Whether the steps could be read.
pub(super) fn smoke(root: &mut Table, spec: &mut Spec, outside: &Outside) -> bool {
    let mut names = Names::default();
    let mut before: Vec<String> = vec![];
    let mut login = false;
    let steps = root.rows("smoke", |row| {
        let step = step(row);
        if let Some(name) = &step.name {
            if before.contains(name) {
                let wrong = Wrong::new(format!("two steps have the name {}", quoted(name)), "a name of its own");
                row.reader().problem(wrong, row.span("name"));
            }
            before.push(name.clone());
        }
        if step.login && std::mem::replace(&mut login, true) {
            let wrong = Wrong::new("two steps say `login`", "the one whose cookies are the session's");
            row.reader().problem(wrong, row.span("login"));
        }
        names.step(step.templates, step.capture.iter().flatten().map(|capture| capture.name.clone()));
        Some(Step {
            name: step.name?,
            login: step.login,
            method: step.method?,
            path: step.path?,
            headers: step.headers?,
            body: step.body?,
            expect: step.expect?,
            capture: step.capture?,
            line: row.line(),
        })
    });
    let sound = steps.is_some() || !root.has("smoke");
    set(&mut spec.smoke, steps);
    names.check(root.reader(), outside);
    sound
}

pub(super) fn accounts(table: &mut Table, spec: &mut Spec, outside: &Outside, with_steps: bool) {
    let mut names = Names::default();
    let accounts = table.rows("accounts", |row| {
        let all = "each account is { user = \"admin@example.com\", password = \"${SEED_PASSWORD}\" }";
        let user = row.required("user", all, words);
        let span = row.span("password").unwrap_or_default();
        let password = row.required("password", all, text(password));
        names.used.extend(password.iter().flat_map(Template::names).map(|name| (name.into(), span.clone(), 0)));
        Some(Account { user: user?, password: password? })
    });
    let span = table.span("accounts");
    let wrong = match &accounts {
        Some(accounts) if accounts.len() > MOST_ACCOUNTS => {
            let count = accounts.len();
            Some(Wrong::new(format!("`accounts` has {count} entries"), format!("at most {MOST_ACCOUNTS}")))
        }
        Some(accounts) if !accounts.is_empty() && with_steps => no_login(spec),
        _ => None,
    };
    if let Some(wrong) = wrong {
        table.reader().problem(wrong, span);
    }
    set(&mut spec.secrets.accounts, accounts);
    names.check(table.reader(), outside);
}

/// Each is tried a second after the other.
const MOST_ACCOUNTS: usize = 8;

/// An account can only be tried where the login step shows which fields it takes.
fn no_login(spec: &Spec) -> Option<Wrong> {
    let fields = format!("the one field `password`, and one of {}, in its `json` or `form`", USERS.join(", "));
    match spec.smoke.iter().find(|step| step.login) {
        None => {
            Some(Wrong::new("accounts are tried by the login step, and there is none", "`login = true` in a step"))
        }
        Some(step) => match step.body.as_ref().and_then(|body| body.signing_in("", "")) {
            None => Some(Wrong::new("of the login step nobody can tell where an account goes", fields)),
            Some(_) => None,
        },
    }
}

/// The password of an account: a variable alone.
fn password(text: &str) -> Result<Template, Wrong> {
    let template = Template(text.into());
    match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(is_name) {
        true => Ok(template),
        false => Err(Wrong::new(
            "a password stands in the file",
            "password = \"${SEED_PASSWORD}\", from the environment",
        )),
    }
}

/// What a row holds, as far as it could be read.
struct Read {
    name: Option<String>,
    login: bool,
    method: Option<String>,
    path: Option<Template>,
    headers: Option<Vec<(String, Template)>>,
    body: Option<Option<Body>>,
    expect: Option<Expect>,
    capture: Option<Vec<Capture>>,
    templates: Vec<(Template, Range<usize>)>,
}

fn step(row: &mut Table) -> Read {
    let all = "each step has a name and a path";
    let name = row.required("name", all, words);
    let login = row.value("login", boolean).unwrap_or(false);
    let mut templates = vec![];
    let method = row.optional("method", text(method)).map(|method| method.unwrap_or_else(|| "GET".into()));
    let span = row.span("path").unwrap_or_default();
    let path = row.required("path", all, text(target));
    templates.extend(path.iter().map(|path| (path.clone(), span.clone())));
    let headers = match row.pairs("headers", header) {
        Some(pairs) => pairs.map(|pairs| {
            templates.extend(pairs.iter().map(|(_, value, span)| (value.clone(), span.clone())));
            pairs.into_iter().map(|(name, value, _)| (name.to_ascii_lowercase(), value)).collect()
        }),
        None => Some(vec![]),
    };
    let body = body(row, &mut templates);
    if let (Some("GET" | "HEAD"), Some(Some(_))) = (method.as_deref(), &body) {
        let key = if row.has("json") { "json" } else { "form" };
        let wrong = Wrong::new(format!("`{key}` goes with no GET"), "method = \"POST\"");
        row.reader().problem(wrong, row.span(key));
    }
    let expect = expect(row.table("expect"));
    let capture = match row.pairs("capture", capture) {
        Some(pairs) => pairs.map(|pairs| pairs.into_iter().map(|(_, capture, _)| capture).collect()),
        None => Some(vec![]),
    };
    Read { name, login, method, path, headers, body, expect, capture, templates }
}

fn body(row: &mut Table, templates: &mut Vec<(Template, Range<usize>)>) -> Option<Option<Body>> {
    if row.has("json") && row.has("form") {
        row.reader()
            .problem(Wrong::new("`json` and `form` stand in one step", "one of the two"), row.span("form"));
    }
    let json_span = row.span("json").unwrap_or_default();
    let json = row.optional("json", |_, value| json("json", value));
    let form = row.pairs("form", form_field);
    if let Some(json) = json? {
        let body = Body::Json(json);
        templates.extend(body.templates().into_iter().map(|template| (template, json_span.clone())));
        return Some(Some(body));
    }
    let Some(form) = form else { return Some(None) };
    let form = form?;
    templates.extend(form.iter().map(|(_, value, span)| (value.clone(), span.clone())));
    Some(Some(Body::Form(form.into_iter().map(|(name, value, _)| (name, value)).collect())))
}

fn expect(mut table: Table) -> Option<Expect> {
    let status = table.optional("status", statuses).map(Option::unwrap_or_default);
    let header = pairs_or_none(table.pairs("header", |name, value| {
        field(name)?;
        text(|text| Ok(text.to_string()))(name, value)
    }));
    let body = table.optional("body", words);
    let json = pairs_or_none(table.pairs("json", |path, value| {
        json_path(path)?;
        // What comes back is the owner's own affair: only what is sent is kept out of the file.
        json("json", value)
    }));
    let within = duration(1..=*Limits::EXCHANGE_MS.end(), "\"800ms\" or \"2s\"");
    let within_ms = table.optional("within", within);
    table.finish();
    Some(Expect { status: status?, header: header?, body: body?, json: json?, within_ms: within_ms? })
}

/// What is not written is empty; what is wrong is nothing.
fn pairs_or_none<T>(pairs: Option<Option<Pairs<T>>>) -> Option<Vec<(String, T)>> {
    match pairs {
        Some(pairs) => pairs.map(|pairs| pairs.into_iter().map(|(name, value, _)| (name, value)).collect()),
        None => Some(vec![]),
    }
}

fn method(text: &str) -> Result<String, Wrong> {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    match METHODS.contains(&text) {
        true => Ok(text.into()),
        false => {
            let near = nearest(&text.to_ascii_uppercase(), METHODS);
            let remedy = did_you_mean(&near, format!("one of {}", METHODS.join(", ")));
            Err(Wrong::new(format!("{} is no method of a step", quoted(text)), remedy))
        }
    }
}

/// A path of the site, in which values may stand.
fn target(text: &str) -> Result<Template, Wrong> {
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let literal = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, value)| is_secret_name(name) && !value.is_empty() && !has_name(value));
    if let Some((name, _)) = literal {
        return Err(stands_in_file(name));
    }
    path(text).map(Template)
}

/// A field of the step's own. Those of the connection are not the owner's.
fn header(name: &str, value: &DeValue) -> Result<Template, Wrong> {
    const OURS: [&str; 8] = [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "upgrade",
        "te",
        "expect",
        "accept-encoding",
    ];
    field(name)?;
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Wrong::new(format!("the field {} is golive's own", quoted(name)), "leave it out"));
    }
    let parse = |text: &str| match text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\t') {
        true if is_secret_name(name) && !text.is_empty() && !has_name(text) => Err(stands_in_file(name)),
        true => Ok(Template(text.into())),
        false => Err(Wrong::new(
            format!("the field {} holds what no field may hold", quoted(name)),
            "ASCII in one line",
        )),
    };
    text(parse)(name, value)
}

fn form_field(name: &str, value: &DeValue) -> Result<Template, Wrong> {
    let parse = |text: &str| match is_secret_name(name) && !text.is_empty() && !has_name(text) {
        true => Err(stands_in_file(name)),
        false => Ok(Template(text.into())),
    };
    text(parse)(name, value)
}

fn capture(name: &str, value: &DeValue) -> Result<Capture, Wrong> {
    if !is_name(name) {
        let remedy = "letters, digits and `_`: { token = \"$.access_token\" }";
        return Err(Wrong::new(format!("{} is no name for a capture", quoted(name)), remedy));
    }
    let parse = |path: &str| json_path(path).map(|()| Capture { name: name.into(), path: path.into() });
    text(parse)(name, value)
}

/// RFC 9535.
fn json_path(text: &str) -> Result<(), Wrong> {
    match JsonPath::parse(text) {
        _ if text.len() > LONGEST => {
            Err(Wrong::new(format!("a JSON path has {} bytes", text.len()), "at most 1024"))
        }
        Ok(_) => Ok(()),
        Err(e) => {
            let wrong = format!("{} is no JSON path: {}, at byte {}", quoted(text), e.message(), e.position());
            Err(Wrong::new(wrong, "\"$.user.role\" (RFC 9535)"))
        }
    }
}

const LONGEST: usize = 1024;

fn statuses(key: &str, value: &DeValue) -> Result<Vec<u16>, Wrong> {
    let one =
        |value: &DeValue| number(100..=599)(key, value).map(|status| u16::try_from(status).unwrap_or(u16::MAX));
    match value {
        DeValue::Array(items) if items.is_empty() => {
            Err(Wrong::new(format!("`{key}` is empty"), "a status, or a list of some"))
        }
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
        value => one(value).map(|status| vec![status]),
    }
}

/// A value as JSON has it, in the order of the file.
fn json(name: &str, value: &DeValue) -> Result<Value, Wrong> {
    let literal = match value {
        DeValue::String(text) => !text.is_empty() && !has_name(text),
        DeValue::Integer(_) | DeValue::Float(_) => true,
        _ => false,
    };
    if literal && is_secret_name(name) {
        return Err(stands_in_file(name));
    }
    let number = |found: Option<Number>| {
        found
            .map(Value::Number)
            .ok_or_else(|| Wrong::new(format!("a number of {} is none of JSON's", quoted(name)), "a number"))
    };
    match value {
        DeValue::String(text) => Ok(Value::String(text.to_string())),
        DeValue::Boolean(yes) => Ok(Value::Bool(*yes)),
        DeValue::Integer(digits) => {
            number(i64::from_str_radix(digits.as_str(), digits.radix()).ok().map(Number::from))
        }
        DeValue::Float(digits) => number(digits.as_str().parse().ok().and_then(Number::from_f64)),
        DeValue::Array(items) => {
            items.iter().map(|item| json(name, item.get_ref())).collect::<Result<_, _>>().map(Value::Array)
        }
        DeValue::Table(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.span().start);
            let read = fields.into_iter().map(|(name, value)| {
                let name = name.get_ref().to_string();
                json(&name, value.get_ref()).map(|value| (name, value))
            });
            read.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        DeValue::Datetime(_) => {
            let other = kind(value);
            Err(Wrong::new(format!("{} is {other}, and JSON has none", quoted(name)), "the text in quotes"))
        }
    }
}

fn has_name(text: &str) -> bool {
    Template(text.into()).names().next().is_some()
}

fn stands_in_file(name: &str) -> Wrong {
    let variable: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let remedy =
        format!("{} = \"${{SMOKE_{variable}}}\", from the environment or an earlier capture", quoted(name));
    Wrong::new(format!("the value of {} stands in the file", quoted(name)), remedy)
}

/// The names that templates have, and where; and the names that are captured.
#[derive(Default)]
struct Names {
    /// With the number of the step.
    used: Vec<(String, Range<usize>, usize)>,
    /// With the number of the first step that captures it.
    captured: BTreeMap<String, usize>,
    steps: usize,
}

impl Names {
    fn step(&mut self, templates: Vec<(Template, Range<usize>)>, captured: impl Iterator<Item = String>) {
        for (template, span) in &templates {
            self.used.extend(template.names().map(|name| (name.into(), span.clone(), self.steps)));
        }
        for name in captured {
            self.captured.entry(name).or_insert(self.steps);
        }
        self.steps += 1;
    }

    /// Each name was captured before, or is a variable.
    fn check(&self, reader: &Reader, outside: &Outside) {
        let mut met = BTreeSet::new();
        for (name, span, step) in &self.used {
            let wrong = match self.captured.get(name) {
                Some(captured) if captured < step => continue,
                Some(_) => Wrong::new(
                    format!("`{name}` is used before a step captures it"),
                    "capture it in an earlier step",
                ),
                None => match outside.variable.map(|variable| variable(name)) {
                    None => continue,
                    Some(Some(value)) if !value.is_empty() => continue,
                    Some(Some(_)) => {
                        Wrong::new(format!("the variable {name} is empty"), format!("export {name}=…"))
                    }
                    Some(None) => Wrong::new(
                        format!("the variable {name} is not set"),
                        format!("export {name}=…, or capture it in an earlier step"),
                    ),
                },
            };
            if met.insert((name, span.start)) {
                reader.problem(wrong, Some(span.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
