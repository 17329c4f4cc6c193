//! Files of the owner's: environment files and compose files, read on this machine. Their values stay in this process.

mod compose;
mod dotenv;
mod interpolate;
mod load;
mod name;
mod shape;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use compose::{Written, services};
use dotenv::{Raw, dotenv};
use interpolate::resolve;

pub(super) use load::load;
pub use name::{is_public_name, is_secret_name, words};
pub use shape::{Form, password, scheme};

/// What a file says, without the variables in its values.
pub struct OwnText {
    pub variables: Vec<Variable>,
    pub services: Vec<Service>,
    pub ports: Vec<Published>,
}

/// A variable that a file sets, by itself or for a service.
#[derive(Clone)]
pub struct Variable {
    pub line: u32,
    pub service: Option<String>,
    pub name: String,
    pub value: Value,
}

/// What is known of a value.
#[derive(Clone)]
pub enum Value {
    Written(String),
    /// The default of `${NAME:-value}`, which nothing given overrides.
    Default {
        of: String,
        value: String,
    },
    /// The shell or another file sets it.
    Elsewhere,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub line: u32,
    pub name: String,
    /// Without its registry and its tag.
    pub image: Option<String>,
    /// Lines of `network_mode: host`, `privileged: true` and the mount of Docker's socket.
    pub host_network: Option<u32>,
    pub privileged: Option<u32>,
    pub docker_socket: Option<u32>,
    /// `ports: !reset` or `!override`: those of earlier files are gone.
    pub replaces_ports: bool,
    /// It is started only when a profile of it is named.
    pub by_profile: bool,
    pub env_files: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub line: u32,
    pub service: String,
    /// `None`: a variable in it is set elsewhere, or it is no port that golive can read.
    pub access: Option<Access>,
}

/// How a port of a container is reached from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// `None`: every address.
    pub address: Option<IpAddr>,
    /// First and last port on the host; `None`: any that is free.
    pub host: Option<(u16, u16)>,
    pub container: (u16, u16),
    pub udp: bool,
}

/// Why a text cannot be read, and where. It never quotes the text.
pub(super) struct Misread {
    pub line: u32,
    pub what: &'static str,
}

/// Values by name, of all environment files that were given.
pub type Setting = BTreeMap<String, String>;

/// Reads environment files one after the other: what an earlier line sets, a later one may use.
pub(super) fn env(text: &str, setting: &mut Setting) -> Result<OwnText, Misread> {
    let mut variables = vec![];
    for assignment in dotenv(text)? {
        let value = match &assignment.value {
            Some(raw) => resolve(raw, &|name| setting.get(name).cloned()),
            None => Value::Elsewhere,
        };
        if let Value::Written(text) | Value::Default { value: text, .. } = &value {
            setting.insert(assignment.name.clone(), text.clone());
        }
        variables.push(Variable { line: assignment.line, service: None, name: assignment.name, value });
    }
    Ok(OwnText { variables, services: vec![], ports: vec![] })
}

/// Reads a compose file, with what environment files set.
pub(super) fn compose(text: &str, setting: &Setting) -> Result<OwnText, Misread> {
    let find = |raw: &Raw| resolve(raw, &|name| setting.get(name).cloned());
    let mut all = OwnText { variables: vec![], services: vec![], ports: vec![] };
    for Written { service, variables, ports } in services(text)? {
        all.variables.extend(variables.into_iter().map(|(line, name, raw)| Variable {
            line,
            service: Some(service.name.clone()),
            name,
            value: raw.as_ref().map_or(Value::Elsewhere, find),
        }));
        let published = ports.iter().map(|(line, port)| compose::published(*line, &service.name, port, find));
        all.ports.extend(published);
        all.services.push(service);
    }
    Ok(all)
}

/// Whether a file is a compose file, by its name or else by its content.
pub fn is_compose(name: &str, text: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    if file.ends_with(".yml") || file.ends_with(".yaml") {
        return true;
    }
    let is_env = file.starts_with(".env") || file.ends_with(".env");
    !is_env && text.lines().any(|line| line.trim_end() == "services:")
}

impl Variable {
    /// The value, if it is here.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Written(text) | Value::Default { value: text, .. } => Some(text),
            Value::Elsewhere => None,
        }
    }

    /// What must stay secret of it: the value of a secret variable, or the password in a URL.
    pub fn secret(&self) -> Option<String> {
        let text = self.text()?;
        if is_public_name(&self.name) {
            return None;
        }
        match Form::of(text) {
            Form::Url => password(text),
            // Digits alone may be a password; they are no key or token.
            Form::Number if self.name.to_ascii_uppercase().ends_with("PASSWORD") => Some(text.into()),
            Form::Text if is_secret_name(&self.name) => Some(text.into()),
            Form::Text | Form::Number | Form::Empty | Form::Switch(_) | Form::Path => None,
        }
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Variable({}:{})", self.line, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(pairs: &[(&str, &str)]) -> Setting {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn said(variables: &[Variable]) -> Vec<String> {
        let value = |variable: &Variable| match &variable.value {
            Value::Written(text) => text.clone(),
            Value::Default { of, value } => format!("{value} for {of}"),
            Value::Elsewhere => "elsewhere".into(),
        };
        variables.iter().map(|v| format!("{}={}", v.name, value(v))).collect()
    }

    #[test]
    fn later_lines_use_earlier_ones() {
        let mut setting = Setting::new();
        let read = env("PW=a\nURL=postgresql://u:${PW}@db/x\nB=${LATER}\nLATER=1\nC=${D:-d}\nE\n", &mut setting);
        let read = read.unwrap_or_else(|e| panic!("{}", e.what));
        let want = ["PW=a", "URL=postgresql://u:a@db/x", "B=elsewhere", "LATER=1", "C=d for D", "E=elsewhere"];
        assert_eq!(said(&read.variables), want);
        assert_eq!(setting.get("C").map(String::as_str), Some("d"));
    }

    #[test]
    fn a_default_counts_where_no_file_sets_the_variable() {
        let text = "services:\n  db:\n    environment:\n      A: ${X:-x}\n      B: ${Y:-y}\n      C: ${Z:?}\n";
        let read = compose(text, &setting(&[("X", "1")])).unwrap_or_else(|e| panic!("{}", e.what));
        assert_eq!(said(&read.variables), ["A=1", "B=y for Y", "C=elsewhere"]);
    }

    #[test]
    fn the_name_or_the_content_says_what_a_file_is() {
        for (name, text, want) in [
            ("docker-compose.yml", "", true),
            ("/srv/app/compose.PROD.YAML", "", true),
            (".env", "services:", false),
            (".env.production", "", false),
            ("prod.env", "services:\n", false),
            ("stack", "# x\nservices:\n  db:\n", true),
            ("secrets", "A=1\n", false),
        ] {
            assert_eq!(is_compose(name, text), want, "{name}");
        }
    }

    #[test]
    fn a_secret_is_the_value_or_the_password_in_it() {
        for (name, value, want) in [
            ("APP_SECRET", "abc", Some("abc")),
            ("APP_SECRET", "", None),
            ("APP_SECRET", "true", None),
            ("API_TOKEN", "15", None),
            ("DB_PASSWORD", "123456", Some("123456")),
            ("TLS_KEY", "/run/secrets/key", None),
            ("DATABASE_URL", "postgresql://u:p%40s@db/x", Some("p@s")),
            ("DATABASE_URI", "postgresql://u@db/x", None),
            ("API_URL", "https://api.example.com", None),
            ("VITE_API_KEY", "abc", None),
            ("NEXT_PUBLIC_TOKEN", "abc", None),
            ("APP_NAME", "abc", None),
        ] {
            let value = Value::Written(value.into());
            let variable = Variable { line: 1, service: None, name: name.into(), value };
            assert_eq!(variable.secret().as_deref(), want, "{name}");
            assert_eq!(format!("{variable:?}"), format!("Variable(1:{name})"));
        }
    }
}
