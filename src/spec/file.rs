//! golive.toml and the flags beside it, read into a Spec.

use toml::de::DeTable;

use super::error::{Problems, Wrong};
use super::flags::Flags;
use super::own;
use super::promises::{Outside, promises};
use super::reader::{Reader, Table};
use super::text::https_origin;
use super::value::text;
use super::{Private, Spec};
use crate::target::{Host, Origin, Scheme};

/// Reads a Spec, and what it needs beside it, from a file's name and text (either may be missing) and the flags.
///
/// # Errors
/// All that is wrong, at once.
pub fn load(file: Option<(&str, &str)>, flags: &Flags, outside: &Outside) -> Result<(Spec, Private), Problems> {
    let content = file.map_or("", |(_, content)| content);
    let reader = Reader::new(content);
    let parsed = DeTable::parse(content);
    let entries = parsed.as_ref().ok().map(|document| document.get_ref());
    if let Err(e) = &parsed {
        let (message, remedy) = e.message().split_once(", expected ").unwrap_or((e.message(), ""));
        let remedy = if remedy.is_empty() { String::new() } else { format!("expected {remedy}") };
        reader.problem(Wrong::new(message, remedy), Some(e.span().unwrap_or_default()));
    }
    let mut root = reader.root(entries);
    let site = site(&mut root, flags, parsed.is_ok());
    // Without a site there is no Spec; the rest is read all the same, to say what else is wrong.
    let mut spec = Spec::of(site.clone().unwrap_or_else(nowhere));
    promises(&mut root, &mut spec, site.as_ref(), flags, outside);
    root.finish();
    let replaced = flags.apply(&mut spec, outside, &reader);
    let value = |name: String| Some((name.clone(), outside.variable?(&name)?));
    let variables = spec.variables().into_iter().filter_map(value).collect();
    let private = Private { variables, ..own::load(&mut spec, flags, outside, &reader) };
    let (problems, lines) = reader.into_parts();
    if !problems.is_empty() {
        let file = file.map(|(name, text)| (name.into(), text.into()));
        return Err(Problems { file, list: problems });
    }
    spec.file = file.map(|(name, _)| name.into());
    spec.lines = lines;
    spec.lines.retain(|key, _| !replaced.contains(&key.as_str()));
    Ok((spec, private))
}

/// The flag's site, else the file's.
fn site(root: &mut Table, flags: &Flags, readable: bool) -> Option<Origin> {
    let written = root.value("site", text(https_origin));
    if flags.site.is_some() {
        return flags.site(root.reader());
    }
    if readable && !root.has("site") && !flags.files_alone {
        let remedy = "`golive scan app.example.com`, or `site = \"https://app.example.com\"` in golive.toml";
        root.reader().problem(Wrong::new("no site", remedy), None);
    }
    written
}

/// A site that is none (RFC 6761 §6.4).
fn nowhere() -> Origin {
    Origin { scheme: Scheme::Https, host: Host::Name("invalid".into()), port: 443 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::spec::{Known, Standing};

    const EXAMPLE: &str = include_str!("../golive.example.toml");
    const KNOWN: &[Known] = &[
        ("ports", "datastore-port-closed"),
        ("ports", "app-port-closed"),
        ("https", "hsts-holds"),
        ("cors", "cors-wildcard-alone"),
    ];
    const SITE: &str = "site = \"https://app.example.com\"\n";

    const NOTHING: Outside = Outside {
        known: KNOWN,
        read: &|name| Err(format!("no {name}")),
        standing: &|_| Standing::default(),
        variable: None,
    };

    fn read(text: &str) -> Result<Spec, Problems> {
        scan(Flags::default(), text)
    }

    fn scan(flags: Flags, text: &str) -> Result<Spec, Problems> {
        load(Some(("golive.toml", text)), &flags, &NOTHING).map(|(spec, _)| spec)
    }

    fn said(read: Result<Spec, Problems>) -> Vec<String> {
        read.map_or_else(|problems| problems.said(), |_| vec![])
    }

    #[test]
    fn without_a_file_the_defaults_hold() {
        let flags = Flags { site: Some("app.example.com".into()), ..Flags::default() };
        let (spec, _) = load(None, &flags, &NOTHING).expect("a site is enough");
        assert_eq!(spec, Spec::of("app.example.com".parse().expect("an origin")));
        let spec = scan(flags, "").expect("an empty file promises nothing");
        assert_eq!((spec.file.as_deref(), spec.lines.len()), (Some("golive.toml"), 0));
        let want =
            "no site | `golive scan app.example.com`, or `site = \"https://app.example.com\"` in golive.toml";
        assert_eq!(said(read("")), [want]);
        assert_eq!(said(load(None, &Flags::default(), &NOTHING).map(|(spec, _)| spec)), [want]);
    }

    #[test]
    fn an_address_is_a_site_and_its_port_is_not_closed() {
        let spec = read("site = \"https://203.0.113.7:8000\"").expect("an address is a site");
        assert_eq!(spec.site.to_string(), "https://203.0.113.7:8000");
        assert_eq!(spec.ports.closed.iter().map(|c| c.port).collect::<Vec<_>>(), [3000, 5432, 6379]);
    }

    #[test]
    fn a_site_is_an_https_origin() {
        let example = "\"https://app.example.com\"";
        for (site, want) in [
            ("http://app.example.com", format!("1:8 `http://app.example.com` is plain http | {example}")),
            (
                "https://app.example.com/x",
                format!(
                    "1:8 `https://app.example.com/x` holds a path or query; paths belong to `paths` in golive.toml | {example}"
                ),
            ),
            (
                "https://me:secret@app.example.com",
                format!(
                    "1:8 `https://…@app.example.com` holds credentials; write the site without them | {example}"
                ),
            ),
            ("-a", format!("1:8 `-a` is no host name | {example}")),
            ("", format!("1:8 `` is no host name or URL (empty host) | {example}")),
        ] {
            assert_eq!(said(read(&format!("site = \"{site}\""))), [want]);
        }
        for site in ["https://me:secret@app.example.com", "me:secret@h", "https://me:secret@h:99999", "secret@a b"]
        {
            let problems = read(&format!("site = \"{site}\" # secret@here")).expect_err("credentials");
            assert!(!problems.render(true).contains("secret"), "{problems}");
            assert!(!format!("{:?}", problems.list).contains("secret"), "{problems}");
        }
    }

    #[test]
    fn flags_win_over_the_file() {
        let text = format!(
            "{SITE}aliases = [\"www.example.com\"]\ncertificate.roots = \"mozilla\"\nvantage.control = [\"::1\"]\n\
             [limits]\ntotal = \"10s\"\nconnect = \"1s\"\nexchange = \"1s\"\n"
        );
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let flags = Flags {
            site: Some("www.example.com".into()),
            family: Some(crate::target::Family::V4),
            skip: vec!["cors".into(), "hsts-holds".into(), "cors".into()],
            control: vec![ip("::1"), ip("203.0.113.1")],
            assume_egress: true,
            max_time: Some(Duration::from_secs(90)),
            connect_timeout: Some(Duration::from_millis(1500)),
            strict: true,
            ..Flags::default()
        };
        let spec = scan(flags, &text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(spec.site.to_string(), "https://www.example.com");
        assert!(spec.aliases.is_empty() && spec.gate.strict && spec.vantage.assume_egress);
        assert_eq!(spec.vantage.control, [ip("::1"), ip("203.0.113.1")]);
        assert_eq!((spec.limits.total_ms, spec.limits.connect_ms), (90_000, Some(1500)));
        assert_eq!(spec.scope.to_string(), "IPv4 only, without cors hsts-holds");
        assert_eq!(spec.scope.omitted, BTreeSet::from(["cors".into(), "https".into()]));
        let lines: Vec<&str> = spec.lines.keys().map(String::as_str).collect();
        assert_eq!(
            lines,
            [
                "aliases",
                "certificate",
                "certificate.roots",
                "limits",
                "limits.exchange",
                "vantage",
                "vantage.control"
            ]
        );
    }

    #[test]
    fn what_is_wrong_with_flags_names_the_flag() {
        let flags = Flags {
            site: Some("http://me:secret@app.example.com".into()),
            cacert: Some("ca.pem".into()),
            only: vec!["prots".into(), "zzz".into()],
            max_time: Some(Duration::from_secs(7200)),
            connect_timeout: Some(Duration::ZERO),
            ..Flags::default()
        };
        let want = [
            "1:2 unknown key `prots` | did you mean `ports`?",
            "SITE `http://…@app.example.com` holds credentials; write the site without them | \"https://app.example.com\"",
            "--cacert `ca.pem` cannot be read: no ca.pem | \"mozilla\" or a PEM file",
            "--max-time 2h is out of range | 1s to 1h",
            "--connect-timeout 0s is out of range | 50ms to 30s",
            "--only `prots` names no check and no family | did you mean `ports`?",
            "--only `zzz` names no check and no family | `golive explain` lists them",
        ];
        assert_eq!(said(scan(flags, "[prots]")), want);
        let flags = Flags { only: vec!["cors".into()], skip: vec!["cors".into()], ..Flags::default() };
        assert_eq!(said(scan(flags, SITE)), ["--only and --skip leave no check | ask at least one"]);
    }

    #[test]
    fn the_example_shows_every_key_and_its_default() {
        let written = read(EXAMPLE).unwrap_or_else(|e| panic!("{e}"));
        let whole = uncommented();
        let all = read(&whole).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(Spec { lines: written.lines.clone(), ..all.clone() }, written);
        let of = Spec::of(written.site.clone());
        assert_eq!((all.limits, all.headers, all.certificate), (of.limits, of.headers, of.certificate));
        assert_eq!((all.ports, all.vantage, all.gate), (of.ports, of.vantage, of.gate));
        let reader = Reader::new(&whole);
        let document = DeTable::parse(&whole).expect("TOML");
        let mut root = reader.root(Some(document.get_ref()));
        let mut spec = Spec::of(written.site.clone());
        root.value("site", text(https_origin));
        let outside = Outside { read: &|_| Ok(vec![]), ..NOTHING };
        promises(&mut root, &mut spec, Some(&written.site), &Flags::default(), &outside);
        let listed = reader.asked().into_iter().filter(|key| !key.contains("[]"));
        assert_eq!(all.lines.into_keys().collect::<BTreeSet<_>>(), listed.collect());
    }

    /// The example with every `# key = value` as if it were written.
    fn uncommented() -> String {
        let word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let is_key = |rest: &&str| rest.split_once('=').is_some_and(|(key, _)| word(key.trim_end()));
        let line = |line| Option::unwrap_or(str::strip_prefix(line, "# ").filter(is_key), line);
        EXAMPLE.lines().map(line).collect::<Vec<&str>>().join("\n")
    }

    #[test]
    fn a_file_may_be_of_any_shape() {
        assert!(read(&format!("\u{feff}{}", SITE.replace('\n', "\r\n"))).is_ok());
        for text in [format!("a = {}", "[".repeat(100_000)), "a.".repeat(100_000), "[a]\n[a]".into(), "\0".into()]
        {
            let problems = read(&text).expect_err("no TOML that golive reads");
            assert!(
                problems.to_string().ends_with("golive: 1 error in golive.toml, nothing was sent"),
                "{problems}"
            );
        }
    }

    #[test]
    fn a_spec_survives_json() {
        for text in [SITE, EXAMPLE, &uncommented()] {
            let spec = read(text).unwrap_or_else(|e| panic!("{e}"));
            let json = serde_json::to_string(&spec).expect("a Spec is JSON");
            assert_eq!(serde_json::from_str::<Spec>(&json).expect("a Spec"), spec);
        }
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in "\\PC*|[\\[\\]{}=\"'#.,\\n\\\\@:/a-z0-9 -]*") {
            if let Err(problems) = read(&text) {
                prop_assert!(problems.render(true).ends_with("nothing was sent"));
            }
        }

        #[test]
        fn no_line_put_into_the_example_stops_the_reader(at in 0..70usize, text in "[ -~é\u{1b}\\n]{0,40}") {
            let mut lines: Vec<&str> = EXAMPLE.lines().collect();
            lines.insert(at.min(lines.len()), &text);
            match read(&lines.join("\n")) {
                Ok(spec) => {
                    let json = serde_json::to_string(&spec).expect("a Spec is JSON");
                    prop_assert_eq!(serde_json::from_str::<Spec>(&json).expect("a Spec"), spec);
                }
                Err(problems) => prop_assert!(problems.render(false).ends_with("nothing was sent")),
            }
        }

        #[test]
        fn any_value_of_any_key_is_read_or_refused(key in 0..40usize, value in "\"[^\"\\\\\\n]{0,30}\"|-?[0-9]{1,25}|\\[[a-z0-9\",*/:. -]{0,30}\\]") {
            let text = uncommented();
            let keys: Vec<&str> = text.lines().filter(|line| line.contains(" = ") && !line.starts_with(' ')).collect();
            let line = keys[key % keys.len()];
            let name = line.split_once('=').expect("a key").0;
            let _ = read(&text.replacen(line, &format!("{name}= {value}"), 1)).map_err(|e| e.to_string());
        }
    }
}
