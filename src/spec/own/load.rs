//! The owner's files, read once before anything is sent.

use super::super::error::Wrong;
use super::super::flags::Flags;
use super::super::promises::Outside;
use super::super::reader::Reader;
use super::super::{Candidate, Files, Private, Spec};
use super::{Form, Misread, OwnText, Setting, Variable, compose, env, is_compose};

/// Reads the files that the flags and the promise name, and says what is wrong with them.
pub(in crate::spec) fn load(spec: &mut Spec, flags: &Flags, outside: &Outside, reader: &Reader) -> Private {
    for name in &flags.candidates {
        if !spec.secrets.candidates.contains(name) {
            spec.secrets.candidates.push(name.clone());
        }
    }
    spec.files = Files { env: distinct(&flags.env), compose: distinct(&flags.compose) };
    let mut private = Private::default();
    for name in &spec.secrets.candidates {
        let own = text(name, outside, reader).and_then(|text| {
            let mut setting = Setting::new();
            let compose_file = is_compose(name, &text);
            let own = if compose_file { compose(&text, &setting) } else { env(&text, &mut setting) };
            kept(name, own, compose_file, reader)
        });
        private.candidates.extend(own.iter().flat_map(|own| &own.variables).flat_map(|v| candidates(name, v)));
    }
    let mut setting = Setting::new();
    for name in &spec.files.env {
        let Some(text) = text(name, outside, reader) else { continue };
        let own = kept(name, env(&text, &mut setting), false, reader);
        private.secrets.extend(own.iter().flat_map(|own| &own.variables).flat_map(|v| secrets(name, v)));
        private.standings.insert(name.clone(), (outside.standing)(name));
        private.texts.insert(name.clone(), text);
    }
    for name in &spec.files.compose {
        let Some(text) = text(name, outside, reader) else { continue };
        let own = kept(name, compose(&text, &setting), true, reader);
        private.secrets.extend(own.iter().flat_map(|own| &own.variables).flat_map(|v| secrets(name, v)));
        private.standings.insert(name.clone(), (outside.standing)(name));
        private.texts.insert(name.clone(), text);
    }
    private
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

fn text(name: &str, outside: &Outside, reader: &Reader) -> Option<String> {
    let remedy = "a text of UTF-8, of at most 1 MiB";
    let read = (outside.read)(name).map_err(|why| Wrong::new(why, remedy)).and_then(|bytes| match bytes.len() {
        _ if bytes.contains(&0) => Err(Wrong::new(format!("{name} is binary: it holds a NUL byte"), remedy)),
        length if length > MOST_BYTES => Err(Wrong::new(format!("{name} has {length} bytes"), remedy)),
        _ => String::from_utf8(bytes).map_err(|_| Wrong::new(format!("{name} is no UTF-8 text"), remedy)),
    });
    reader.keep(read, None)
}

fn kept(name: &str, own: Result<OwnText, Misread>, compose_file: bool, reader: &Reader) -> Option<OwnText> {
    let remedy = if compose_file {
        "`docker compose -f FILE config` shows more"
    } else {
        "NAME=value, or # before a comment"
    };
    let said = |Misread { line, what }| Wrong::new(format!("{name}:{line} {what}"), remedy);
    reader.keep(own.map_err(said), None)
}

/// The values that must not be in use: not what says nothing, such as a boolean, a number or three letters.
fn candidates(file: &str, variable: &Variable) -> Vec<Candidate> {
    let Some(text) = variable.text() else { return vec![] };
    let says_something = !matches!(Form::of(text), Form::Empty | Form::Switch(_) | Form::Number);
    let values = says_something.then(|| text.to_string()).into_iter().chain(super::password(text));
    let name = format!("{file}:{} {}", variable.line, variable.name);
    let long = values.filter(|value| value.chars().count() >= SHORTEST_CANDIDATE);
    long.map(|value| Candidate { name: name.clone(), value }).collect()
}

/// The secret, and the whole URL that it stands in.
fn secrets(file: &str, variable: &Variable) -> Vec<Candidate> {
    let Some(secret) = variable.secret() else { return vec![] };
    let whole = variable.text().filter(|text| Form::of(text) == Form::Url).map(String::from);
    let name = format!("{file}:{} {}", variable.line, variable.name);
    let telling = whole.into_iter().chain([secret]).filter(|value| is_telling(value));
    telling.map(|value| Candidate { name: name.clone(), value }).collect()
}

/// Whether a text that holds the value holds it for no other reason: words stand in every page.
fn is_telling(value: &str) -> bool {
    let length = value.chars().count();
    let kinds: [fn(char) -> bool; 4] =
        [char::is_lowercase, char::is_uppercase, char::is_numeric, |c| !c.is_alphanumeric()];
    let letters = value.trim_end_matches(|c: char| !c.is_alphabetic());
    let is_word = letters.chars().all(char::is_alphabetic) && length < 16;
    length >= SHORTEST_SECRET
        && !is_word
        && (length >= 16 || kinds.iter().filter(|kind| value.contains(**kind)).count() > 1)
}

const MOST_BYTES: usize = 1 << 20;

const SHORTEST_CANDIDATE: usize = 4;

const SHORTEST_SECRET: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::super::{Problems, load};
    use super::*;
    use crate::spec::Standing;

    fn files(name: &str) -> Result<Vec<u8>, String> {
        Ok(match name {
            ".env" => b"APP_SECRET=canary-5a6b7c8d9e\nDATABASE_URL=postgresql://u:canary-Pw1@db/x\nDEBUG=false\n\
                        SEED_PASSWORD=changeme\nPORT=8000\n"
                .into(),
            ".env.example" => b"APP_SECRET=REPLACE_ME\nDB=${DB_NAME:-app_db}\nDEBUG=true\nN=12345\nA=abc\n\
                                URL=redis://:dev-password@cache\nX=${Y}\n"
                .into(),
            "compose.yml" => {
                b"services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: canary-compose-9\n".into()
            }
            "broken.yml" => b"services:\n  db: [canary\n".into(),
            "prose" => b"A=canary\nplease ask for the canary\n".into(),
            "binary" => b"A=\0canary".into(),
            "latin" => b"A=caf\xe9".into(),
            "large" => vec![b'#'; MOST_BYTES + 1],
            other => return Err(format!("{other} cannot be read: not there")),
        })
    }

    fn read(env: &[&str], compose: &[&str], candidates: &[&str]) -> Result<(Spec, Private), Problems> {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let flags = Flags {
            site: Some("app.example.com".into()),
            env: list(env),
            compose: list(compose),
            candidates: list(candidates),
            ..Flags::default()
        };
        let standing = |_: &str| Standing { readable_by_others: Some(true), tracked: None };
        let outside = Outside { known: &[], read: &files, standing: &standing, variable: None };
        load(None, &flags, &outside)
    }

    #[test]
    fn files_are_read_and_only_their_names_are_promised() {
        let (spec, private) = read(&[".env", ".env"], &["compose.yml"], &[".env.example"]).expect("files");
        assert_eq!((spec.files.env, spec.files.compose), (vec![".env".into()], vec!["compose.yml".into()]));
        assert_eq!(spec.secrets.candidates, [".env.example"]);
        let names =
            |list: &[Candidate]| list.iter().map(|c| format!("{} {}", c.name, c.value)).collect::<Vec<_>>();
        let want = [
            ".env.example:1 APP_SECRET REPLACE_ME",
            ".env.example:2 DB app_db",
            ".env.example:6 URL redis://:dev-password@cache",
            ".env.example:6 URL dev-password",
        ];
        assert_eq!(names(&private.candidates), want);
        let secrets: Vec<String> = private.secrets().map(|(name, value)| format!("{name} {value}")).collect();
        let want = [
            ".env:1 APP_SECRET canary-5a6b7c8d9e",
            ".env:2 DATABASE_URL postgresql://u:canary-Pw1@db/x",
            ".env:2 DATABASE_URL canary-Pw1",
            "compose.yml:4 POSTGRES_PASSWORD canary-compose-9",
        ];
        assert_eq!(secrets, want);
        assert_eq!(private.standings[".env"].readable_by_others, Some(true));
        assert!(!format!("{private:?}").contains("canary"));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_and_its_text_is_not() {
        let said = |env: &[&str], compose: &[&str], candidates: &[&str]| {
            let problems = read(env, compose, candidates).map(|_| ()).expect_err("wrong");
            assert!(!problems.render(true).contains("canary"), "{problems}");
            problems.said()
        };
        let text = "a text of UTF-8, of at most 1 MiB";
        for (name, want) in [
            ("none", format!("none cannot be read: not there | {text}")),
            ("binary", format!("binary is binary: it holds a NUL byte | {text}")),
            ("latin", format!("latin is no UTF-8 text | {text}")),
            ("large", format!("large has 1048577 bytes | {text}")),
            ("prose", "prose:2 is no `NAME=value` | NAME=value, or # before a comment".into()),
        ] {
            let want = [want];
            assert_eq!(said(&[name], &[], &[]), want);
            assert_eq!(said(&[], &[], &[name]), want);
        }
        let want = "broken.yml:3 is no YAML | `docker compose -f FILE config` shows more";
        assert_eq!(said(&[], &["broken.yml"], &[]), [want]);
        let want = ".env:1 is no YAML | `docker compose -f FILE config` shows more";
        assert_eq!(said(&[], &[".env"], &[])[0].split('|').count(), want.split('|').count());
    }

    #[test]
    fn words_of_every_page_are_not_looked_for() {
        for (value, want) in [
            ("password", false),
            ("changeme2024", false),
            ("Kq8vZ2", false),
            ("aaaaaaaa", false),
            ("Kq8vZ2mX", true),
            ("correct-horse", true),
            ("qkzjxwvbnmplokijuhyg", true),
        ] {
            assert_eq!(is_telling(value), want, "{value}");
        }
    }
}
