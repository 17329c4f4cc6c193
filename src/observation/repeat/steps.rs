//! The owner's steps as commands: variables of a shell stand for what is no part of the file, and a jar keeps the cookies.

use super::{Dialled, Repeat, flag, quoted};
use crate::observation::{Observation, Sends, SentContent, Smoke};
use crate::target::Endpoint;

impl Repeat for Observation<Smoke> {
    /// One a step. Behind it stands what the next ones take from its content.
    fn repeat(&self) -> Vec<String> {
        self.question.steps.iter().map(|step| command(&self.question.at, step)).collect()
    }
}

fn command(at: &Endpoint, step: &Sends) -> String {
    let dialled = Dialled { origin: at.origin(), ip: Some(at.ip), foreign: false };
    let content = if step.captures.is_empty() { " -o/dev/null" } else { "" };
    let mut words = format!("curl -sD-{content} -b golive.cookies -c golive.cookies{}", flag(step.method));
    for (name, value) in &step.fields {
        words += &format!(" -H {}", filled(&format!("{name}: {value}")));
    }
    let is_typed = step.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    match &step.content {
        SentContent::Nothing => {}
        SentContent::Json(text) => {
            if !is_typed {
                words += " -H 'Content-Type: application/json'";
            }
            words += &format!(" --data-raw {}", filled(text));
        }
        SentContent::Form(fields) => {
            for (name, value) in fields {
                words += &format!(" --data-urlencode {}", filled(&format!("{name}={value}")));
            }
        }
    }
    words += &dialled.flags();
    if step.path.contains(['[', ']']) {
        words += " -g";
    }
    words += &format!(" {}", filled(&format!("{}{}", dialled.origin, step.path)));
    let captures = step.captures.iter().map(|(name, path)| format!("  # {name}: {path}"));
    captures.fold(words, |words, capture| words + &capture)
}

/// A word of a POSIX shell in which `${NAME}` stays a variable.
fn filled(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, name, behind)) = variable(rest) {
        if !before.is_empty() {
            out += &quoted(before);
        }
        out += &format!("\"${{{name}}}\"");
        rest = behind;
    }
    if out.is_empty() || !rest.is_empty() {
        out += &quoted(rest);
    }
    out
}

/// The first `${NAME}`, with what stands before and behind it.
fn variable(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("${")?;
        let end = at + text[at..].find('}')?;
        let name = &text[at + 2..end];
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
        if is_name {
            return Some((&text[..at], name, &text[end + 1..]));
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Method;
    use crate::target::Origin;

    #[test]
    fn a_step_is_repeated_with_variables_for_what_is_secret() {
        let at = "https://app.example.com".parse::<Origin>().unwrap().at([203, 0, 113, 7].into());
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        let get = Sends {
            login: false,
            method: Method::Get,
            path: "/api/me".into(),
            fields: vec![pair("authorization", "Bearer ${token}")],
            content: SentContent::Nothing,
            captures: vec![],
        };
        let resolve = "--resolve app.example.com:443:203.0.113.7";
        for (step, want) in [
            (
                get.clone(),
                format!(
                    "curl -sD- -o/dev/null -b golive.cookies -c golive.cookies -H 'authorization: Bearer '\"${{token}}\" {resolve} https://app.example.com/api/me"
                ),
            ),
            (
                Sends {
                    method: Method::Post,
                    path: "/login".into(),
                    fields: vec![],
                    content: SentContent::Json(r#"{"email":"it's","password":"${P}"}"#.into()),
                    captures: vec![pair("token", "$.t")],
                    ..get.clone()
                },
                format!(
                    r#"curl -sD- -b golive.cookies -c golive.cookies -X POST -H 'Content-Type: application/json' --data-raw '{{"email":"it'\''s","password":"'"${{P}}"'"}}' {resolve} https://app.example.com/login  # token: $.t"#
                ),
            ),
            (
                Sends {
                    method: Method::Post,
                    path: "/a/${id}?b=${}".into(),
                    fields: vec![],
                    content: SentContent::Form(vec![pair("p", "${P}")]),
                    ..get
                },
                format!(
                    "curl -sD- -o/dev/null -b golive.cookies -c golive.cookies -X POST --data-urlencode p=\"${{P}}\" {resolve} https://app.example.com/a/\"${{id}}\"'?b=${{}}'"
                ),
            ),
        ] {
            assert_eq!(command(&at, &step), want);
        }
    }
}
