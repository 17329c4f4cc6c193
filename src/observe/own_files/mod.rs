//! Facts of the owner's files. Their texts were read before the run; no value leaves.

mod known;
mod pattern;
mod secret;

use std::collections::{BTreeMap, BTreeSet};

use crate::observation::{
    FileFacts, ListFacts, OwnFile, OwnPort, OwnService, OwnVariable, PortAccess, ProbeError, SecretFacts, Source,
    ValueFacts,
};
use crate::spec::{
    Form, OwnText, Private, Published, Service, Spec, Standing, Value, Variable, is_public_name, is_secret_name,
    scheme, words,
};

pub fn facts(private: &Private, spec: &Spec, question: &OwnFile) -> Result<FileFacts, ProbeError> {
    let files = private.files(&spec.files);
    let own = files.get(question.name.as_str()).ok_or_else(|| ProbeError::not_sent("was not read"))?;
    let beside = Beside { groups: groups(&files), private, hosts: hosts(spec), own };
    let Standing { readable_by_others, tracked } =
        private.standings.get(&question.name).copied().unwrap_or_default();
    Ok(FileFacts {
        variables: own
            .variables
            .iter()
            .filter(|variable| is_judged(variable))
            .map(|v| beside.variable(v))
            .collect(),
        services: own.services.iter().map(|service| of_service(service, spec)).collect(),
        ports: own.ports.iter().map(of_port).collect(),
        candidates: private.candidates.len(),
        readable_by_others,
        tracked,
    })
}

/// What a value is compared with.
struct Beside<'f> {
    private: &'f Private,
    /// The number of each secret that stands more than once in the files.
    groups: BTreeMap<String, u32>,
    /// The names of the site.
    hosts: Vec<String>,
    own: &'f OwnText,
}

impl Beside<'_> {
    fn variable(&self, variable: &Variable) -> OwnVariable {
        OwnVariable {
            line: variable.line,
            service: variable.service.clone(),
            name: variable.name.clone(),
            source: match &variable.value {
                Value::Written(_) => Source::Written,
                Value::Default { of, .. } => Source::Default(of.clone()),
                Value::Elsewhere => Source::Elsewhere,
            },
            is_secret: variable.secret().is_some() || is_empty_secret(variable),
            value: variable.text().map(|text| self.value(variable, text)),
        }
    }

    fn value(&self, variable: &Variable, text: &str) -> ValueFacts {
        let form = Form::of(text);
        let switch = match form {
            Form::Switch(on) => Some(on),
            _ => None,
        };
        let is_pattern = words(&variable.name).any(|word| {
            ["REGEX", "REGEXES", "REGEXP", "PATTERN"].iter().any(|name| word.eq_ignore_ascii_case(name))
        });
        ValueFacts {
            is_empty: form == Form::Empty,
            switch,
            scheme: scheme(text).filter(|_| form == Form::Url).map(known_scheme),
            secret: variable.secret().map(|secret| self.secret(variable, text, &secret)),
            list: list(text).filter(|_| !is_pattern && variable.secret().is_none()),
            pattern: is_pattern.then(|| pattern::facts(text)),
        }
    }

    fn secret(&self, variable: &Variable, text: &str, secret: &str) -> SecretFacts {
        let candidate = self.private.candidates.iter().find(|candidate| candidate.value == secret);
        let placeholder = || known::placeholder(secret).map(|what| format!("a placeholder ({what})"));
        SecretFacts {
            length: secret.chars().count(),
            distinct: secret.chars().collect::<BTreeSet<char>>().len(),
            known: candidate.map(|candidate| candidate.name.clone()).or_else(placeholder),
            is_word: secret::is_word(secret),
            named: self.named(variable, text, secret),
            is_fernet_key: secret::is_fernet_key(secret),
            vendor: secret::vendor(text, secret).map(String::from),
            group: self.groups.get(secret).copied(),
        }
    }

    /// Whose name a secret is.
    fn named(&self, variable: &Variable, text: &str, secret: &str) -> Option<String> {
        let beside = |ending: &'static str| {
            let same = move |other: &&Variable| {
                other.service == variable.service && other.name.to_ascii_uppercase().ends_with(ending)
            };
            self.own.variables.iter().filter(same).filter_map(Variable::text)
        };
        let (user, host, path) = secret::parts(text);
        let first = words(&variable.name).next().unwrap_or_default();
        let names = [(variable.name.as_str(), "the variable"), (first, "the variable")].into_iter();
        let names = names.chain(user.map(|user| (user, "the user"))).chain(host.map(|host| (host, "the host")));
        let names = names.chain(path.map(|path| (path, "the database")));
        let names = names.chain(beside("USER").map(|user| (user, "the user")));
        let names = names.chain(beside("_DB").map(|name| (name, "the database")));
        let names = names.chain(beside("HOST").map(|host| (host, "the host")));
        let names = names.chain(self.hosts.iter().map(|host| (host.as_str(), "the site")));
        let bare = secret::letters(secret);
        let is_it = |name: &str| bare.len() >= SHORTEST_NAME && secret::letters(name) == bare;
        let mut names = names;
        names.find(|(name, _)| is_it(name)).map(|(_, whose)| whose.into())
    }
}

/// A line of a key that was pasted without quotes may look like a name: only names with a meaning are recorded.
fn is_judged(variable: &Variable) -> bool {
    const STEERING: [&str; 5] = ["SECURE", "DEBUG", "ORIGIN", "ORIGINS", "HOSTS"];
    let steers = words(&variable.name).any(|word| STEERING.iter().any(|name| word.eq_ignore_ascii_case(name)));
    steers || variable.secret().is_some() || is_empty_secret(variable)
}

/// Without its driver: `postgresql` of `postgresql+asyncpg`.
fn known_scheme(scheme: &str) -> String {
    const KNOWN: [&str; 18] = [
        "postgresql",
        "postgres",
        "pgsql",
        "mysql",
        "mysql2",
        "mariadb",
        "cockroachdb",
        "redis",
        "rediss",
        "valkey",
        "mongodb",
        "amqp",
        "amqps",
        "clickhouse",
        "smtp",
        "smtps",
        "https",
        "http",
    ];
    let lower = scheme.to_ascii_lowercase();
    let base = lower.split('+').next().unwrap_or_default();
    if KNOWN.contains(&base) { base.into() } else { "other".into() }
}

fn is_empty_secret(variable: &Variable) -> bool {
    variable.text().is_none_or(str::is_empty) && is_secret_name(&variable.name) && !is_public_name(&variable.name)
}

/// The site's names, whole and by their labels without the last.
fn hosts(spec: &Spec) -> Vec<String> {
    let names: Vec<&str> = spec.origins().filter_map(|origin| origin.host.name()).collect();
    let labels = names.iter().flat_map(|name| name.rsplit_once('.').map_or("", |(head, _)| head).split('.'));
    names.iter().copied().chain(labels.filter(|label| !label.is_empty())).map(String::from).collect()
}

/// Numbers in the order of the files.
fn groups(files: &BTreeMap<&str, OwnText>) -> BTreeMap<String, u32> {
    let all: Vec<String> = files.values().flat_map(|own| &own.variables).filter_map(Variable::secret).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().for_each(|secret| *counts.entry(secret).or_default() += 1);
    let mut groups = BTreeMap::new();
    for secret in all.iter().filter(|secret| counts[secret.as_str()] > 1) {
        let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
        groups.entry(secret.clone()).or_insert(next);
    }
    groups
}

fn list(text: &str) -> Option<ListFacts> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '"' | '\'');
    let entries = text.split([',', ' ', ';', '\n', '\t']).map(|entry| entry.trim_matches(is_edge));
    let entries: Vec<String> = entries.filter(|entry| !entry.is_empty()).map(str::to_ascii_lowercase).collect();
    let any = |is: fn(&str) -> bool| entries.iter().any(|entry| is(entry));
    let facts = ListFacts {
        entries: entries.len(),
        has_star: any(|e| matches!(e, "*" | "https://*" | "http://*" | "*://*")),
        has_null: any(|e| e == "null"),
        has_localhost: any(is_localhost),
        has_plain_http: any(|e| e.starts_with("http://")),
    };
    (!entries.is_empty()).then_some(facts)
}

fn is_localhost(entry: &str) -> bool {
    let host = entry.split_once("://").map_or(entry, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with("127.")
        || name == "0.0.0.0"
        || host.starts_with("[::1")
}

fn of_service(service: &Service, spec: &Spec) -> OwnService {
    let file = |name: &str| name.rsplit('/').next().unwrap_or(name).to_string();
    let given: BTreeSet<String> = spec.files.env.iter().map(|name| file(name)).collect();
    OwnService {
        line: service.line,
        name: service.name.clone(),
        image: service.image.clone(),
        host_network: service.host_network,
        privileged: service.privileged,
        docker_socket: service.docker_socket,
        replaces_ports: service.replaces_ports,
        by_profile: service.by_profile,
        other_files: service.env_files.iter().filter(|name| !given.contains(&file(name))).cloned().collect(),
    }
}

fn of_port(port: &Published) -> OwnPort {
    let access = port.access.map(|access| PortAccess {
        address: access.address,
        host: access.host,
        container: access.container,
        udp: access.udp,
    });
    OwnPort { line: port.line, service: port.service.clone(), access }
}

/// Letters of a name that is compared.
const SHORTEST_NAME: usize = 3;

#[cfg(test)]
mod tests;
