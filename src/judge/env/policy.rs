//! Do the files restrict what the application lets in?

use super::{each, entry, in_force, unless_by_profile};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{ListFacts, PatternFacts, Seen, ValueFacts};
use crate::spec::{Spec, words};

/// What a variable steers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knob {
    CookieSecure,
    Debug,
    Origins,
    OriginRegex,
    Hosts,
}

pub fn restricted(_: &Spec, seen: &Seen) -> Vec<Verdict> {
    each(
        seen,
        "no COOKIE_SECURE, DEBUG, CORS_ORIGINS, CORS_ORIGIN_REGEX or TRUSTED_HOSTS is in the files",
        |file, facts| {
            let steered = in_force(facts).filter_map(|variable| {
                let (knob, value) = (knob(&variable.name)?, variable.value.as_ref()?);
                let ((status, message), advice) = word(knob, variable.line, value)?;
                let verdict = Verdict::new(entry(file, variable), status, message);
                let verdict = unless_by_profile(facts, variable.service.as_deref(), verdict);
                Some(if advice { verdict.as_advice() } else { verdict })
            });
            steered.collect()
        },
    )
}

fn knob(name: &str) -> Option<Knob> {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = words(&name).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let ends = |list: &[&str]| words.last().is_some_and(|word| list.contains(word));
    let switches = ["DEBUG", "APP_DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG", "FASTAPI_DEBUG", "STARLETTE_DEBUG"];
    if name.ends_with("COOKIE_SECURE") || name.ends_with("COOKIES_SECURE") {
        Some(Knob::CookieSecure)
    } else if switches.contains(&name.as_str()) {
        Some(Knob::Debug)
    } else if has(&["ORIGIN", "ORIGINS"]) && ends(&["REGEX", "REGEXES", "REGEXP", "PATTERN"]) {
        Some(Knob::OriginRegex)
    } else if ends(&["ORIGIN", "ORIGINS"]) && has(&["CORS", "ALLOWED"]) {
        Some(Knob::Origins)
    } else if ends(&["HOSTS"]) && has(&["TRUSTED", "ALLOWED"]) {
        Some(Knob::Hosts)
    } else {
        None
    }
}

/// What a value says, and whether that is advice.
fn word(knob: Knob, line: u32, value: &ValueFacts) -> Option<(Word, bool)> {
    let decides = |word| Some((word, false));
    match (knob, value.switch, value.list, value.pattern) {
        (Knob::CookieSecure, Some(true), ..) => decides(pass(format!("line {line} is true"))),
        (Knob::CookieSecure, Some(false), ..) => decides(fail(format!("line {line} is false"))),
        (Knob::CookieSecure, None, ..) => decides(unknown(format!("line {line} is neither true nor false"))),
        (Knob::Debug, Some(true), ..) => decides(fail(format!("line {line} is on"))),
        (Knob::Debug, Some(false), ..) => decides(pass(format!("line {line} is off"))),
        (Knob::Debug, None, ..) if value.is_empty => decides(pass(format!("line {line} is empty"))),
        // The debug package of npm takes names of loggers there.
        (Knob::Debug, None, ..) => Some((unknown(format!("line {line} is neither on nor off")), true)),
        (Knob::Origins, _, None, _) => decides(pass(format!("line {line} lists no origin"))),
        (Knob::Origins, _, Some(list), _) => decides(origins(line, list)),
        (Knob::OriginRegex, ..) if value.is_empty => decides(pass(format!("line {line} is empty"))),
        (Knob::OriginRegex, _, _, Some(pattern)) => Some(regex(line, pattern)),
        (Knob::OriginRegex, _, _, None) => None,
        (Knob::Hosts, _, Some(ListFacts { has_star: true, .. }), _) => {
            decides(fail(format!("line {line} holds *: every host")))
        }
        (Knob::Hosts, ..) => decides(pass(format!("line {line} does not hold *"))),
    }
}

fn origins(line: u32, list: ListFacts) -> Word {
    let held = [
        (list.has_star, "*"),
        (list.has_null, "null"),
        (list.has_localhost, "localhost"),
        (list.has_plain_http, "plain http"),
    ];
    let held: Vec<&str> = held.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    match (&held[..], list.entries) {
        ([], 1) => pass(format!("line {line} lists 1 origin over https")),
        ([], entries) => pass(format!("line {line} lists {entries} origins over https")),
        (held, _) => fail(format!("line {line} holds {}", held.join(", "))),
    }
}

/// Starlette's CORSMiddleware matches the whole origin (`fullmatch`), so an expression without anchors is sound there;
/// django-cors-headers matches its beginning (`re.match`), and the cors package of npm any part of it (`test`). Which of
/// them reads the file cannot be told, so missing anchors are advice. What matches more than it names under all three
/// is a Fail.
fn regex(line: u32, pattern: PatternFacts) -> (Word, bool) {
    match (pattern.has_open_dot, pattern.runs_on, pattern.is_anchored) {
        (true, ..) => {
            (fail(format!("line {line} has a dot without a backslash: it stands for any character")), false)
        }
        (_, true, _) => (fail(format!("line {line} repeats any character up to a name or the end")), false),
        (_, _, false) => (
            fail(format!(
                "line {line} is not anchored at both ends: sound only where the whole origin is matched"
            )),
            true,
        ),
        (false, false, true) => (pass(format!("line {line} is anchored, and its dots are escaped")), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;

    #[test]
    fn a_name_says_what_a_variable_steers() {
        for (name, want) in [
            ("COOKIE_SECURE", Some(Knob::CookieSecure)),
            ("SESSION_COOKIE_SECURE", Some(Knob::CookieSecure)),
            ("DEBUG", Some(Knob::Debug)),
            ("DEBUG_LEVEL", None),
            ("SQL_DEBUG", None),
            ("CORS_ORIGINS", Some(Knob::Origins)),
            ("BACKEND_CORS_ORIGINS", Some(Knob::Origins)),
            ("ALLOWED_ORIGINS", Some(Knob::Origins)),
            ("ORIGIN", None),
            ("CORS_ORIGIN_REGEX", Some(Knob::OriginRegex)),
            ("CORS_ALLOWED_ORIGIN_REGEXES", Some(Knob::OriginRegex)),
            ("TRUSTED_HOSTS", Some(Knob::Hosts)),
            ("DJANGO_ALLOWED_HOSTS", Some(Knob::Hosts)),
            ("REDIS_HOSTS", None),
        ] {
            assert_eq!(knob(name), want, "{name}");
        }
    }

    fn said(knob: Knob, value: ValueFacts) -> Option<(Status, bool)> {
        word(knob, 1, &value).map(|((status, _), advice)| (status, advice))
    }

    #[test]
    fn a_value_restricts_or_does_not() {
        use Status::{Fail, Pass, Unknown};
        let switch = |on| ValueFacts { switch: Some(on), ..ValueFacts::default() };
        let empty = || ValueFacts { is_empty: true, ..ValueFacts::default() };
        let other = ValueFacts::default;
        let list = |change: fn(&mut ListFacts)| {
            let mut list = ListFacts { entries: 2, ..ListFacts::default() };
            change(&mut list);
            ValueFacts { list: Some(list), ..ValueFacts::default() }
        };
        let pattern = |is_anchored, has_open_dot, runs_on| ValueFacts {
            pattern: Some(PatternFacts { is_anchored, has_open_dot, runs_on }),
            ..ValueFacts::default()
        };
        for (knob, value, want) in [
            (Knob::CookieSecure, switch(true), Some((Pass, false))),
            (Knob::CookieSecure, switch(false), Some((Fail, false))),
            (Knob::CookieSecure, other(), Some((Unknown, false))),
            (Knob::CookieSecure, empty(), Some((Unknown, false))),
            (Knob::Debug, switch(true), Some((Fail, false))),
            (Knob::Debug, switch(false), Some((Pass, false))),
            (Knob::Debug, empty(), Some((Pass, false))),
            (Knob::Debug, other(), Some((Unknown, true))),
            (Knob::Origins, list(|_| {}), Some((Pass, false))),
            (Knob::Origins, list(|list| list.has_star = true), Some((Fail, false))),
            (Knob::Origins, list(|list| list.has_null = true), Some((Fail, false))),
            (Knob::Origins, list(|list| list.has_localhost = true), Some((Fail, false))),
            (Knob::Origins, list(|list| list.has_plain_http = true), Some((Fail, false))),
            (Knob::Origins, empty(), Some((Pass, false))),
            (Knob::Hosts, list(|list| list.has_star = true), Some((Fail, false))),
            (Knob::Hosts, list(|list| list.has_localhost = true), Some((Pass, false))),
            (Knob::OriginRegex, empty(), Some((Pass, false))),
            (Knob::OriginRegex, pattern(true, false, false), Some((Pass, false))),
            (Knob::OriginRegex, pattern(false, false, false), Some((Fail, true))),
            (Knob::OriginRegex, pattern(true, true, false), Some((Fail, false))),
            (Knob::OriginRegex, pattern(false, false, true), Some((Fail, false))),
            (Knob::OriginRegex, other(), None),
        ] {
            assert_eq!(said(knob, value.clone()), want, "{knob:?} {value:?}");
        }
    }
}
