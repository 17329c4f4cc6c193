//! The owner's own steps: what is sent, what must come back, what is kept for the next.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Spec;

/// One step of the smoke test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// Its cookies and tokens are judged as a session's.
    pub login: bool,
    /// GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.
    pub method: String,
    pub path: Template,
    /// In the order of the file.
    pub headers: Vec<(String, Template)>,
    pub body: Option<Body>,
    pub expect: Expect,
    pub capture: Vec<Capture>,
    /// Its line in the file.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Every text in it is a template.
    Json(Value),
    Form(Vec<(String, Template)>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Empty: below 400.
    pub status: Vec<u16>,
    /// Name and value; a value in the answer may have parameters after it.
    pub header: Vec<(String, String)>,
    /// A text in the content.
    pub body: Option<String>,
    /// JSON path (RFC 9535) and value.
    pub json: Vec<(String, Value)>,
    pub within_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Capture {
    pub name: String,
    /// RFC 9535.
    pub path: String,
}

/// A text in which `${NAME}` stands for what an earlier step captured, else for a variable of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Template(pub String);

/// An account that must not work: of a seed, or of a tutorial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub user: String,
    /// `${NAME}` alone: no password stands in the file.
    pub password: Template,
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// The name in `${NAME}`.
    Name(&'a str),
}

impl Template {
    /// Its pieces in order. What is no `${NAME}` is text.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        pieces(&self.0)
    }

    /// The names that it has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces().into_iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Text(_) => None,
        })
    }

    /// The text with values in place of names.
    ///
    /// # Errors
    /// The first name that has no value.
    pub fn fill(&self, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        let texts = self.pieces().into_iter().map(|piece| match piece {
            Piece::Text(text) => Ok(text.to_string()),
            Piece::Name(name) => value(name).ok_or_else(|| name.to_string()),
        });
        texts.collect()
    }
}

impl Body {
    /// Every text in it.
    pub fn templates(&self) -> Vec<Template> {
        match self {
            Self::Json(value) => {
                let mut all = vec![];
                texts(value, &mut |text| all.push(Template(text.into())));
                all
            }
            Self::Form(fields) => fields.iter().map(|(_, value)| value.clone()).collect(),
        }
    }

    /// The same with an account in place of the one that signs in; `None` where its two fields cannot be told.
    pub fn signing_in(&self, user: &str, password: &str) -> Option<Self> {
        let mut body = self.clone();
        let mut replaced = (0, 0);
        let mut put = |name: &str, slot: &mut String| {
            if name == "password" {
                replaced.0 += 1;
                *slot = password.into();
            } else if USERS.contains(&name) {
                replaced.1 += 1;
                *slot = user.into();
            }
        };
        match &mut body {
            Self::Json(value) => fields(value, &mut put),
            Self::Form(all) => all.iter_mut().for_each(|(name, value)| put(name, &mut value.0)),
        }
        (replaced == (1, 1)).then_some(body)
    }
}

impl Step {
    /// Every template of what it sends.
    pub fn templates(&self) -> Vec<Template> {
        let headers = self.headers.iter().map(|(_, value)| value.clone());
        let body = self.body.iter().flat_map(Body::templates);
        std::iter::once(self.path.clone()).chain(headers).chain(body).collect()
    }
}

impl Expect {
    /// Which of the answers of a dialogue, given by their statuses in order, the status and the fields are expected of:
    /// the last, or the first where its redirect is what is expected.
    pub fn answer(&self, statuses: &[u16]) -> usize {
        let last = statuses.len().saturating_sub(1);
        match (statuses.first(), statuses.last()) {
            (Some(first), Some(end)) if self.status.contains(first) && !self.status.contains(end) => 0,
            _ => last,
        }
    }

    pub fn takes(&self, status: u16) -> bool {
        if self.status.is_empty() { status < 400 } else { self.status.contains(&status) }
    }
}

impl Spec {
    /// The names of the environment that steps and accounts need.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut captured = BTreeSet::new();
        let mut all = BTreeSet::new();
        for step in &self.smoke {
            for template in step.templates() {
                all.extend(template.names().filter(|name| !captured.contains(*name)).map(String::from));
            }
            captured.extend(step.capture.iter().map(|capture| capture.name.clone()));
        }
        for account in &self.secrets.accounts {
            all.extend(account.password.names().map(String::from));
        }
        all
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Fields that name the user, beside the one field `password`.
pub const USERS: [&str; 4] = ["email", "user", "username", "login"];

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut all = vec![];
    let (mut begin, mut from) = (0, 0);
    while let Some(at) = text[from..].find("${").map(|at| from + at) {
        let end = text[at..].find('}').map(|end| at + end);
        match end.map(|end| (end, &text[at + 2..end])).filter(|(_, name)| is_name(name)) {
            Some((end, name)) => {
                all.extend((at > begin).then(|| Piece::Text(&text[begin..at])));
                all.push(Piece::Name(name));
                (begin, from) = (end + 1, end + 1);
            }
            None => from = at + 2,
        }
    }
    all.extend((begin < text.len()).then(|| Piece::Text(&text[begin..])));
    all
}

/// A name of the shell (POSIX, Base Definitions §3.216).
pub fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|b| letter(b) || b.is_ascii_digit())
}

/// The values of such names are secrets, whatever they hold.
pub fn is_secret_name(name: &str) -> bool {
    const WITHIN: [&str; 4] = ["password", "passwd", "passphrase", "passcode"];
    const ENDS: [&str; 9] = [
        "secret",
        "token",
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "cookie",
        "privatekey",
        "accesskey",
    ];
    const WHOLE: [&str; 5] = ["pwd", "pin", "otp", "auth", "jwt"];
    let letters = |c: &char| c.is_ascii_alphanumeric();
    let name: String = name.chars().filter(letters).map(|c| c.to_ascii_lowercase()).collect();
    WITHIN.iter().any(|word| name.contains(word))
        || ENDS.iter().any(|word| name.ends_with(word))
        || WHOLE.contains(&name.as_str())
}

fn texts(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every text with the name of its field.
fn fields(value: &mut Value, put: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fields(item, put)),
        Value::Object(all) => all.iter_mut().for_each(|(name, field)| match field {
            Value::String(text) => put(name, text),
            field => fields(field, put),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn any_text_is_made_of_its_pieces(text in r"(\$|\{|\}|[a-zA-Z_1]|é){0,24}") {
            let said = pieces(&text).into_iter().map(|piece| match piece {
                Piece::Text(text) => text.to_string(),
                Piece::Name(name) => format!("${{{name}}}"),
            });
            prop_assert_eq!(said.collect::<String>(), text);
        }
    }

    #[test]
    fn a_template_is_filled_by_name() {
        let value = |name: &str| (name == "token").then(|| "abc".to_string());
        for (text, want) in [
            ("Bearer ${token}", Ok("Bearer abc")),
            ("${token}${token}", Ok("abcabc")),
            ("$token ${} ${1a} ${a b}", Ok("$token ${} ${1a} ${a b}")),
            ("${${token}", Ok("${abc")),
            ("a${other}${third}", Err("other")),
        ] {
            let want = want.map(String::from).map_err(String::from);
            assert_eq!(Template(text.into()).fill(&value), want, "{text}");
        }
    }

    #[test]
    fn an_account_takes_the_place_of_the_one_that_signs_in() {
        for (body, want) in [
            (json!({"email": "${U}", "password": "${P}"}), Some(json!({"email": "u", "password": "p"}))),
            (
                json!({"user": {"login": "${U}", "password": "${P}"}, "n": 1}),
                Some(json!({"user": {"login": "u", "password": "p"}, "n": 1})),
            ),
            (json!({"password": "${P}"}), None),
            (json!({"email": "a", "username": "b", "password": "${P}"}), None),
            (json!({"email": "a", "password": 1}), None),
        ] {
            assert_eq!(Body::Json(body).signing_in("u", "p"), want.map(Body::Json));
        }
        let field = |name: &str, value: &str| (name.to_string(), Template(value.into()));
        let form = Body::Form(vec![field("username", "${U}"), field("password", "${P}")]);
        let signing = Body::Form(vec![field("username", "u"), field("password", "p")]);
        assert_eq!(form.signing_in("u", "p"), Some(signing));
    }

    #[test]
    fn names_that_hold_secrets_are_known() {
        let secret =
            ["password", "newPassword", "access_token", "X-Api-Key", "Authorization", "client_secret", "Cookie"];
        for name in secret {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["token_type", "email", "grant_type", "key", "accept", "secretary"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_expected_of_the_first_answer_or_the_last() {
        for (status, statuses, want) in [
            (vec![], vec![303, 200], 1),
            (vec![200], vec![303, 200], 1),
            (vec![303], vec![303, 200], 0),
            (vec![303, 200], vec![303, 200], 1),
            (vec![303], vec![200], 0),
        ] {
            assert_eq!(Expect { status, ..Expect::default() }.answer(&statuses), want);
        }
    }
}
