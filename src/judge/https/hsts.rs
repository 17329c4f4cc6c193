//! Whether browsers are told to come back over https only.

use crate::finding::{Status, Verdict};
use crate::judge::answered::{Answer, answers};
use crate::judge::{Word, fail, pass, skip};
use crate::observation::{Response, Seen};
use crate::spec::Spec;
use crate::target::Host;

/// On each judged answer; one good answer is remembered, so on errors it is advice.
pub(super) fn holds(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    answers(spec, seen).iter().map(|answer| verdict(spec, answer)).collect()
}

fn verdict(spec: &Spec, answer: &Answer) -> Verdict {
    let (word, error) = match (&answer.hop, &answer.o.question.at.host) {
        // RFC 6797 §8.1.1: a host that is an address is never noted.
        (_, Host::Address(_)) => (skip("browsers ignore the field for an address"), false),
        (Ok(hop), Host::Name(_)) => {
            (policy(spec.headers.hsts_max_age, &hop.response), !(200..300).contains(&hop.response.status))
        }
        (Err(why), Host::Name(_)) => (why.clone(), answer.absent),
    };
    let verdict = Verdict::new(answer.subject.clone(), word.0, word.1).resting_on([answer.o.id()]);
    let verdict = match verdict.status {
        Status::Fail => {
            let least = format!("max-age of at least {}", spec.headers.hsts_max_age);
            verdict.expected(spec.promised(&least, "headers.hsts_max_age"))
        }
        _ => verdict,
    };
    if error { verdict.as_advice() } else { verdict }
}

pub(super) fn policy(least: u64, response: &Response) -> Word {
    // RFC 6797 §8.1: only the first field counts.
    let field = match &response.values("strict-transport-security")[..] {
        [] => return fail("strict-transport-security is absent"),
        [first, ..] => *first,
    };
    match max_age(field) {
        Err(why) => fail(format!("strict-transport-security is not valid: {why}")),
        Ok(0) => fail("max-age=0 switches it off"),
        Ok(seconds) if seconds < least => fail(format!("max-age is {seconds} s")),
        Ok(seconds) => pass(format!("max-age is {seconds} s")),
    }
}

/// RFC 6797 §6.1: directives in any order, names in any case, values that may be quoted.
fn max_age(field: &str) -> Result<u64, String> {
    let (mut seconds, mut subdomains) = (None, false);
    for directive in directives(field) {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (directive, None),
        };
        match name.to_ascii_lowercase().as_str() {
            "max-age" if seconds.is_some() => return Err("max-age stands twice".into()),
            "max-age" => seconds = Some(delta_seconds(value.ok_or("max-age has no value")?)?),
            "includesubdomains" if subdomains => return Err("includeSubDomains stands twice".into()),
            "includesubdomains" if value.is_some() => return Err("includeSubDomains has a value".into()),
            "includesubdomains" => subdomains = true,
            _ => {}
        }
    }
    seconds.ok_or("max-age is missing".into())
}

fn delta_seconds(value: &str) -> Result<u64, String> {
    let digits = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("max-age is '{value}'"));
    }
    Ok(digits.parse().unwrap_or(u64::MAX))
}

/// Split at semicolons outside quotes, without the empty ones.
pub(super) fn directives(field: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let parts = field.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    parts.map(str::trim).filter(|directive| !directive.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::{exchange, response};
    use crate::judge::headers::tests::{question, seen};
    use crate::observation::Ask;

    #[test]
    fn the_preload_list_reads_the_same() {
        let corpus = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/hstspreload.json"));
        let corpus: serde_json::Value = serde_json::from_str(corpus).unwrap();
        for case in corpus["cases"].as_array().unwrap() {
            let field = case["header"].as_str().unwrap();
            let errors = case["expected_issues"]["errors"].as_array().unwrap();
            // The other errors are rules of the preload list, for fields that are well formed.
            let unreadable = |e: &serde_json::Value| {
                let code = e.as_str().unwrap();
                code.contains(".parse.") || code.contains("missing.max_age") || code.contains("max_age.missing")
            };
            match &case["expected_parsed"] {
                serde_json::Value::Null => {
                    assert_eq!(max_age(field).is_err(), errors.iter().any(unreadable), "{field}");
                }
                parsed => assert_eq!(max_age(field).ok(), parsed["max_age"].as_u64(), "{field}"),
            }
        }
    }

    #[test]
    fn the_effective_value_counts() {
        for (field, want) in [
            ("MAX-AGE=\"31536000\"; includeSubDomains", Ok(31_536_000)),
            ("max-age=31536000; note=\"a;max-age=0\"", Ok(31_536_000)),
            ("max-age = 5", Ok(5)),
            ("max-age=99999999999999999999", Ok(u64::MAX)),
            ("max-age=5; max-age=5", Err("max-age stands twice")),
            ("max-age=5; includeSubDomains=1", Err("includeSubDomains has a value")),
            ("max-age='5'", Err("max-age is ''5''")),
            ("max-age=\"5", Err("max-age is '\"5'")),
            ("max-age=5, max-age=6", Err("max-age is '5, max-age=6'")),
        ] {
            assert_eq!(max_age(field), want.map_err(String::from), "{field}");
        }
    }

    #[test]
    fn the_first_field_decides_on_good_answers() {
        let spec = Spec::of("app.example.com".parse().unwrap());
        let sts = "Strict-Transport-Security";
        for (status, fields, want) in [
            (200, &[(sts, "max-age=15552000")][..], (Status::Pass, false)),
            (200, &[(sts, "max-age=15551999")], (Status::Fail, false)),
            (200, &[(sts, "max-age=0")], (Status::Fail, false)),
            (200, &[(sts, "max-age=0"), (sts, "max-age=15552000")], (Status::Fail, false)),
            (200, &[], (Status::Fail, false)),
            (404, &[], (Status::Fail, true)),
            (502, &[], (Status::Unknown, false)),
        ] {
            let answer = exchange(vec![response(status, fields, "x")]);
            let verdicts = holds(&spec, &seen([(question(Ask::Visit, "/"), Ok(answer))]));
            let [verdict] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert_eq!((verdict.status, verdict.advice), want, "{status} {fields:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_field_is_too_odd(field in "\\PC{0,40}|[-a-zA-Z=\"; 0-9,]{0,60}") {
            let _ = max_age(&field);
        }
    }
}
