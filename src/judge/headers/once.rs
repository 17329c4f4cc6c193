//! A policy field that is sent twice with different values: each has its own rule for which of them counts.

use std::collections::BTreeSet;

use sfv::{Dictionary, Parser};

use super::list::split;
use crate::judge::{Word, fail, pass};
use crate::observation::Response;

pub(super) fn headers_once(response: &Response) -> Word {
    let twice: Vec<String> = FIELDS.iter().filter_map(|field| field.conflict(response)).collect();
    if twice.is_empty() { pass("no policy field has two values") } else { fail(twice.join("; ")) }
}

/// Content-Security-Policy is not among them: several policies are meant to be, and all of them hold (CSP3 §8.1).
const FIELDS: [Field; 8] = [
    Field { name: "strict-transport-security", values: lines, counts: "browsers take the first" },
    Field { name: "x-content-type-options", values: combined, counts: "browsers take the first" },
    Field { name: "x-frame-options", values: combined, counts: "browsers then refuse every frame" },
    Field { name: "referrer-policy", values: lines, counts: "browsers take the last that they know" },
    Field { name: "permissions-policy", values: features, counts: "browsers take the last" },
    Field { name: "cross-origin-opener-policy", values: any_two, counts: "browsers then take none" },
    Field { name: "cross-origin-embedder-policy", values: any_two, counts: "browsers then take none" },
    Field { name: "cross-origin-resource-policy", values: any_two, counts: "browsers then take none" },
];

struct Field {
    name: &'static str,
    /// The different values that contend.
    values: fn(&[&str]) -> BTreeSet<String>,
    /// RFC 6797 §8.1; Fetch, determine nosniff; HTML, X-Frame-Options; Referrer Policy §8.1; RFC 9651 §4.2.2 (a key
    /// that stands again overwrites); HTML and Fetch read one item where two make the whole invalid.
    counts: &'static str,
}

impl Field {
    fn conflict(&self, response: &Response) -> Option<String> {
        let values = (self.values)(&response.values(self.name));
        let told: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        (told.len() > 1).then(|| format!("{} is {}: {}", self.name, told.join(" and "), self.counts))
    }
}

/// One value a line: what a comma separates within one is meant so.
fn lines(fields: &[&str]) -> BTreeSet<String> {
    fields.iter().map(|field| without_spaces(field)).collect()
}

/// Two values on one line are two as well.
fn combined(fields: &[&str]) -> BTreeSet<String> {
    split(fields).iter().map(|value| value.to_ascii_lowercase()).collect()
}

/// Equal ones too: a list of two is no item.
fn any_two(fields: &[&str]) -> BTreeSet<String> {
    let values = split(fields);
    let numbered =
        |(at, value): (usize, &String)| if at == 0 { value.clone() } else { format!("{value} (again)") };
    values.iter().enumerate().map(numbered).collect()
}

/// The lines that disagree on a feature.
fn features(fields: &[&str]) -> BTreeSet<String> {
    let read = |field: &&str| Parser::new(field).parse::<Dictionary>().unwrap_or_default();
    let policies: Vec<Dictionary> = fields.iter().map(read).collect();
    let disagree = |one: &Dictionary| {
        let others = |name: &str| policies.iter().filter_map(|other| other.get(name)).collect::<Vec<_>>();
        one.iter().any(|(name, value)| others(name.as_str()).iter().any(|other| *other != value))
    };
    fields.iter().zip(&policies).filter(|(_, policy)| disagree(policy)).map(|(f, _)| without_spaces(f)).collect()
}

fn without_spaces(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn which_value_counts_is_each_fields_own_rule() {
        let (sts, xfo, xcto) = ("Strict-Transport-Security", "X-Frame-Options", "X-Content-Type-Options");
        let (rp, pp, coop) = ("Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy");
        for (fields, want) in [
            (&[][..], ""),
            (&[(xfo, "DENY")], ""),
            (&[(xfo, "DENY"), (xfo, "deny")], ""),
            (
                &[(xfo, "DENY"), (xfo, "SAMEORIGIN")],
                "x-frame-options is 'deny' and 'sameorigin': browsers then refuse every frame",
            ),
            (
                &[(xfo, "DENY, SAMEORIGIN")],
                "x-frame-options is 'deny' and 'sameorigin': browsers then refuse every frame",
            ),
            (&[(xcto, "nosniff"), (xcto, "NoSniff")], ""),
            (
                &[(xcto, "no"), (xcto, "nosniff")],
                "x-content-type-options is 'no' and 'nosniff': browsers take the first",
            ),
            (&[(sts, "max-age=1"), (sts, "max-age=1")], ""),
            (
                &[(sts, "max-age=9"), (sts, "max-age=1")],
                "strict-transport-security is 'max-age=1' and 'max-age=9': browsers take the first",
            ),
            (&[(rp, "no-referrer, same-origin")], ""),
            (
                &[(rp, "no-referrer"), (rp, "same-origin")],
                "referrer-policy is 'no-referrer' and 'same-origin': browsers take the last that they know",
            ),
            (&[(pp, "camera=()"), (pp, "microphone=()")], ""),
            (&[(pp, "camera=(), usb=()"), (pp, "camera=()")], ""),
            (
                &[(pp, "camera=()"), (pp, "camera=self")],
                "permissions-policy is 'camera=()' and 'camera=self': browsers take the last",
            ),
            (&[(pp, "camera"), (pp, "not ( one")], ""),
            (
                &[(coop, "same-origin"), (coop, "same-origin")],
                "cross-origin-opener-policy is 'same-origin' and 'same-origin (again)': browsers then take none",
            ),
            (&[("Content-Security-Policy", "a b"), ("Content-Security-Policy", "c d")], ""),
        ] {
            let (status, message) = headers_once(&response(200, fields, "x"));
            let want = if want.is_empty() {
                (Status::Pass, "no policy field has two values")
            } else {
                (Status::Fail, want)
            };
            assert_eq!((status, message.as_str()), want, "{fields:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_two_values_are_too_odd(one in "\\PC{0,30}|[-a-z=*()\"; ,]{0,40}", two in "[-a-z=*()\"; ,]{0,40}") {
            for field in &FIELDS {
                let _ = headers_once(&response(200, &[(field.name, &one), (field.name, &two)], "x"));
            }
        }
    }
}
