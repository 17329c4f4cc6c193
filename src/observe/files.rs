//! Files of an owner's own, recognised by what is in them. Names are kept, values never.

use crate::observation::Mark;

/// Names of variables and of services that are kept.
const MOST_KEPT: usize = 32;

/// Bytes in which a text says what it is.
const HEAD: usize = 64 * 1024;

/// What is no text: how its bytes begin.
pub fn of_bytes(body: &[u8]) -> Option<Mark> {
    let archive = |kind: &str| Mark::Archive { kind: kind.into() };
    if let Some((_, kind)) = ARCHIVES.iter().find(|(magic, _)| body.starts_with(magic)) {
        return Some(archive(kind));
    }
    // POSIX.1-2024, pax: the magic field of a ustar header.
    if body.get(257..262) == Some(b"ustar") {
        return Some(archive("tar"));
    }
    // The SQLite database file format, §1.3.
    body.starts_with(b"SQLite format 3\0").then(|| Mark::Database { kind: "SQLite".into() })
}

const ARCHIVES: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh91AY&SY", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"PGDMP", "pg_dump"),
];

/// Docker's configuration: `auths`, and in one of them a login.
pub fn of_json(text: &str) -> Option<Mark> {
    let configuration: serde_json::Value =
        serde_json::from_str(text).ok().filter(|_| text.contains("\"auths\""))?;
    let logins = configuration.get("auths")?.as_object()?.values();
    let is_held = |login: &serde_json::Value| {
        let held = |name: &str| login.get(name).and_then(|value| value.as_str()).is_some_and(|v| !v.is_empty());
        held("auth") || held("identitytoken")
    };
    logins.into_iter().any(is_held).then_some(Mark::DockerLogin)
}

pub fn of_text(text: &str) -> Vec<Mark> {
    let start = head(text);
    [
        dotenv(text).map(|keys| Mark::Dotenv { keys }),
        is_git_head(text).then_some(Mark::GitHead),
        is_git_config(text).then_some(Mark::GitConfig),
        compose(text).map(|services| Mark::Compose { services }),
        is_private_key(text).then_some(Mark::PrivateKey),
        is_sql_dump(start).then_some(Mark::SqlDump),
        is_aws_credentials(start).then_some(Mark::AwsCredentials),
        is_npm_token(start).then_some(Mark::NpmToken),
        is_dockerfile(start).then_some(Mark::Dockerfile),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn head(text: &str) -> &str {
    let end = (0..=HEAD.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// A content that begins as a key: RFC 7468 §2, OpenSSH's own form, PuTTY's.
fn is_private_key(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').trim_start().lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let label = first.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
    let is_pem = label.is_some_and(|label| label.ends_with("PRIVATE KEY"));
    let is_putty = first.starts_with("PuTTY-User-Key-File-");
    (is_pem || is_putty) && lines.next().is_some_and(|line| line.len() >= 8)
}

/// What dumps begin with; or tables that are made and filled.
fn is_sql_dump(text: &str) -> bool {
    const HEADS: [&str; 5] = [
        "-- PostgreSQL database dump",
        "-- MySQL dump",
        "-- MariaDB dump",
        "-- phpMyAdmin SQL Dump",
        "PRAGMA foreign_keys=OFF;",
    ];
    let mut lines = text.lines().map(str::trim_start);
    if lines.clone().take(10).any(|line| HEADS.iter().any(|head| line.starts_with(head))) {
        return true;
    }
    let begins = |line: &str, word: &str| line.get(..word.len()).is_some_and(|s| s.eq_ignore_ascii_case(word));
    lines.clone().any(|line| begins(line, "CREATE TABLE ") && line.contains('('))
        && lines.any(|line| begins(line, "INSERT INTO ") || begins(line, "COPY "))
}

fn is_aws_credentials(text: &str) -> bool {
    let has = |name: &str| {
        let values = text.lines().filter_map(|line| line.split_once('=')).filter(|(n, _)| n.trim() == name);
        values.into_iter().any(|(_, value)| !value.trim().is_empty())
    };
    text.trim_start().starts_with(['[', '#']) && has("aws_access_key_id") && has("aws_secret_access_key")
}

/// A value that is a variable's name is none.
fn is_npm_token(text: &str) -> bool {
    let secret = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let is_one = ["_authToken", "_auth", "_password"].iter().any(|key| name.ends_with(key));
        (is_one && !value.is_empty() && !value.starts_with("${") && !name.contains(' ')).then_some(())
    };
    text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])).any(|line| secret(line).is_some())
}

/// `FROM` or `ARG` first, and further instructions (Dockerfile reference).
fn is_dockerfile(text: &str) -> bool {
    const INSTRUCTIONS: [&str; 8] =
        ["RUN ", "COPY ", "CMD ", "ENTRYPOINT ", "WORKDIR ", "ADD ", "ENV ", "EXPOSE "];
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let begins = first.starts_with("FROM ") || first.starts_with("ARG ") && text.contains("\nFROM ");
    begins && lines.any(|line| INSTRUCTIONS.iter().any(|word| line.starts_with(word)))
}

/// Lines of `NAME=value`, and hardly anything else.
fn dotenv(text: &str) -> Option<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') {
        return None;
    }
    let (mut keys, mut valued, mut others) = (vec![], 0, 0);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    while let Some(line) = lines.next() {
        match assignment(line) {
            Some((name, value)) => {
                // A key in PEM stands on many lines, with quotes around them or without.
                if let Some(quote) = open_quote(value) {
                    lines.by_ref().find(|line| line.contains(quote));
                } else if value.starts_with("-----BEGIN ") {
                    lines.by_ref().find(|line| line.starts_with("-----END "));
                }
                let named = is_loud(name) && !value.trim_matches('=').is_empty();
                valued += usize::from(named);
                keys.push(name);
            }
            // An INI file has sections.
            None if line.starts_with('[') && line.ends_with(']') => return None,
            None => others += 1,
        }
    }
    let hardly = others * 5 <= keys.len();
    (valued > 0 && hardly).then(|| keys.into_iter().take(MOST_KEPT).map(String::from).collect())
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim_end();
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = name.bytes().next()?;
    (name.len() <= 64 && name.bytes().all(fits) && !first.is_ascii_digit()).then(|| (name, value.trim_start()))
}

fn open_quote(value: &str) -> Option<char> {
    ['"', '\''].into_iter().find(|quote| value.strip_prefix(*quote).is_some_and(|rest| !rest.contains(*quote)))
}

/// The name of a variable as environments have it.
fn is_loud(name: &str) -> bool {
    name.len() > 1 && !name.bytes().any(|b| b.is_ascii_lowercase())
}

fn is_git_head(text: &str) -> bool {
    let text = text.trim_end();
    let hash = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    hash || text
        .strip_prefix("ref: refs/")
        .is_some_and(|name| !name.is_empty() && !name.contains([' ', '<', '\n']))
}

fn is_git_config(text: &str) -> bool {
    let has = |what: &str| text.lines().any(|line| line.trim().starts_with(what));
    has("[core]") && (has("repositoryformatversion") || has("[remote \"") || has("bare"))
}

/// A compose file: services, each with an image or a build.
fn compose(text: &str) -> Option<Vec<String>> {
    let lines = text.lines().map(bare_of_comment).filter(|line| !line.is_empty());
    let mut lines = lines.skip_while(|line| name_of_mapping(line) != Some("services")).skip(1).peekable();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let indent = lines.peek().map(|line| depth(line)).filter(|indent| *indent > 0)?;
    let below: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).collect();
    let inner = below.iter().filter(|line| depth(line) > indent).map(|line| line.trim_start());
    let is_built = inner.into_iter().any(|line| line.starts_with("image:") || line.starts_with("build:"));
    let services = below.iter().filter(|line| depth(line) == indent);
    let names: Vec<String> = services
        .filter_map(|line| name_of_mapping(line.trim_start()))
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
        .map(String::from)
        .take(MOST_KEPT)
        .collect();
    (is_built && !names.is_empty()).then_some(names)
}

/// A line of YAML without its comment.
fn bare_of_comment(line: &str) -> &str {
    let line = if line.trim_start().starts_with('#') { "" } else { line };
    line.split_once(" #").map_or(line, |(line, _)| line).trim_end()
}

/// The key of a line that opens a mapping: nothing stands behind its colon but an anchor.
fn name_of_mapping(line: &str) -> Option<&str> {
    let (name, behind) = line.split_once(':')?;
    let opens = behind.is_empty() || behind.starts_with(" &") && !behind[2..].contains(' ');
    opens.then(|| name.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_compose_file_is_told_as_people_write_it() {
        for (text, want) in [
            ("version: \"3.8\"\nservices:\n  db:\n    image: postgres\n", &["db"][..]),
            (
                "# shop\n---\nservices: # all\n\n  # the data\n  db: # pg\n    image: x\n  web:\n    build: .\n",
                &["db", "web"],
            ),
            ("services:\r\n  web: &web\r\n    image: x\r\n  job:\r\n    <<: *web\r\n", &["web", "job"]),
            ("\"services\":\n    \"web\":\n        image: x\nvolumes:\n    data:\n", &["web"]),
            ("services:\n  - web\n  - image: x\n", &[]),
            ("services:\n  image:\n", &[]),
            ("Our services:\n  image: nice\n", &[]),
            ("services: many\n  web:\n    image: x\n", &[]),
        ] {
            assert_eq!(compose(text).unwrap_or_default(), want, "{text}");
        }
    }

    #[test]
    fn what_has_an_equals_sign_is_no_environment() {
        for text in [
            "E=mc2\n",
            "The sum is A=1, as everybody knows.\nAnd more of it.",
            "name,NOTE=1,value\n1,2,3\n",
            "[database]\nHOST=db\nPASSWORD=x\nUser=y\n",
            "[mysqld]\nuser=mysql\nPORT = 1",
            "import os\nSECRET_KEY = os.environ['X']\nDEBUG = True\n",
            "User-agent: *\nDisallow: /search?Q=1\nSitemap: https://app.example.com/map.xml?A=1\n",
            "{\"A\": \"B=1\"}",
            "{\n\"A\": 1,\nTOKEN=x",
            "<!-- x -->\n<!doctype html>\nDB_PASSWORD=x",
            "MFRGGZDFMZTWQ===\n",
            "dGhpcyBpcyBhIHRva2Vu=",
            "fl=123\nh=app.example.com\nip=203.0.113.7\n",
            "Warning: KEY=1 is old\nWarning: KEY=2 is older\n",
            "a=1&B=2",
        ] {
            assert_eq!(dotenv(text), None, "{text}");
        }
        let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
        let pem = format!("A_KEY=\"{begin}\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n{end}\"\nB_2='x'\nempty=\n");
        let unquoted = pem.replace('"', "");
        for (text, keys) in [
            (pem.as_str(), &["A_KEY", "B_2", "empty"][..]),
            (&unquoted, &["A_KEY", "B_2", "empty"]),
            ("\u{feff}POSTGRES_PASSWORD=hunter2\r\n", &["POSTGRES_PASSWORD"]),
            ("# see below\nexport URL=postgres://u:p@db/x?A=b\n\nNOTE='it''s'\n", &["URL", "NOTE"]),
            ("OPEN=\"", &["OPEN"]),
        ] {
            let want = keys.iter().map(|key| String::from(*key)).collect();
            assert_eq!(of_text(text), [Mark::Dotenv { keys: want }], "{text}");
        }
    }

    #[test]
    fn what_opens_doors_is_told_by_its_form() {
        let key = |label: &str| format!("-----BEGIN {label}-----\nMIIEvQIBADAN\n-----END {label}-----\n");
        for (text, want) in [
            (key("PRIVATE KEY"), &[Mark::PrivateKey][..]),
            (key("OPENSSH PRIVATE KEY"), &[Mark::PrivateKey]),
            (key("CERTIFICATE"), &[]),
            ("-----BEGIN PRIVATE KEY-----".into(), &[]),
            (format!("How to read\n{}", key("PRIVATE KEY")), &[]),
            ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n".into(), &[Mark::PrivateKey]),
            ("--\n-- PostgreSQL database dump\n--\n\nSET x;".into(), &[Mark::SqlDump]),
            ("/*!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19\n".into(), &[Mark::SqlDump]),
            ("create table t (\n a int);\nINSERT INTO t VALUES (1);\n".into(), &[Mark::SqlDump]),
            ("CREATE TABLE t (a int);\n".into(), &[]),
            ("INSERT INTO the story\n".into(), &[]),
            ("[default]\naws_access_key_id = AKIA1\naws_secret_access_key=x\n".into(), &[Mark::AwsCredentials]),
            ("[default]\naws_access_key_id = \naws_secret_access_key=x\n".into(), &[]),
            ("//registry.example/:_authToken=npm_1\n".into(), &[Mark::NpmToken]),
            ("//registry.example/:_authToken=${NPM_TOKEN}\nsave-exact=true\n".into(), &[]),
            ("# ARG\nFROM node:24\nCOPY . .\n".into(), &[Mark::Dockerfile]),
            ("ARG V=1\nFROM node:$V AS b\nRUN x\n".into(), &[Mark::Dockerfile]),
            ("FROM the beginning\nwe were two\n".into(), &[]),
        ] {
            assert_eq!(of_text(&text), want, "{text}");
        }
        for (text, want) in [
            (r#"{"auths":{"registry.example":{"auth":"dTpw"}}}"#, Some(Mark::DockerLogin)),
            (r#"{"auths":{"registry.example":{}},"credsStore":"pass"}"#, None),
            (r#"{"auths":[1]}"#, None),
            (r#"{"auth":"x"}"#, None),
        ] {
            assert_eq!(of_json(text), want, "{text}");
        }
    }

    #[test]
    fn bytes_are_told_by_how_they_begin() {
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (body, want) in [
            (&b"PK\x03\x04\x14"[..], Some(Mark::Archive { kind: "zip".into() })),
            (b"\x1f\x8b\x08\0", Some(Mark::Archive { kind: "gzip".into() })),
            (b"PGDMP\x01", Some(Mark::Archive { kind: "pg_dump".into() })),
            (&tar, Some(Mark::Archive { kind: "tar".into() })),
            (b"SQLite format 3\0\x10", Some(Mark::Database { kind: "SQLite".into() })),
            (b"SQLite format 3 is", None),
            (b"PK", None),
            (b"", None),
        ] {
            assert_eq!(of_bytes(body), want, "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in "(\\PC|\n|=|\\[|-----BEGIN |PRIVATE KEY-----|FROM |RUN |CREATE TABLE \\(|INSERT INTO |\"auths\":|\\{|\\}|_auth=|\u{feff}){0,40}") {
            let _ = (of_text(&text), of_json(&text), of_bytes(text.as_bytes()));
        }
    }
}
