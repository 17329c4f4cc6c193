//! certificate-names-site: the certificate is for the name that was asked.

use std::net::IpAddr;

use super::{each, leaf};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass};
use crate::observation::{Certificate, Handshake, Seen};
use crate::spec::Spec;
use crate::target::{Endpoint, Host};

/// Each declared name has its own handshake, and its own certificate to be named in.
pub(super) fn names_site(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |at: &Endpoint| format!("{} among its subject alternative names", bare(&at.host));
    each(spec, seen, expected, |at, handshake| named(spec, seen, at, handshake))
}

pub(super) fn named(_: &Spec, _: &Seen, at: &Endpoint, handshake: &Handshake) -> Word {
    match leaf(handshake) {
        Ok(certificate) => word(&at.host, &certificate),
        Err(message) => fail(message),
    }
}

fn word(host: &Host, certificate: &Certificate) -> Word {
    match host {
        Host::Name(name) => match best(name, &certificate.dns_names) {
            Some(Match::Exact) => pass(format!("certificate names {name}")),
            Some(Match::Wildcard(pattern)) => pass(format!("certificate names {name} by {pattern}")),
            Some(Match::TooWide(pattern)) => {
                fail(format!("certificate names {name} only by {pattern}, a wildcard below a public suffix"))
            }
            None => fail(others(name, certificate)),
        },
        Host::Address(ip) if certificate.addresses.contains(ip) => pass(format!("certificate names {ip}")),
        Host::Address(ip) => fail(others(&ip.to_string(), certificate)),
    }
}

/// How a pattern stands for a name; the better comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match<'a> {
    Exact,
    Wildcard(&'a str),
    /// `*.com`: everything below a public suffix is everybody's.
    TooWide(&'a str),
}

fn best<'a>(name: &str, patterns: &'a [String]) -> Option<Match<'a>> {
    patterns.iter().filter_map(|pattern| matching(name, pattern)).min()
}

/// RFC 9525 §6.3: a wildcard is the whole left-most label and stands for exactly one.
fn matching<'a>(name: &str, pattern: &'a str) -> Option<Match<'a>> {
    if pattern.eq_ignore_ascii_case(name) && !pattern.contains('*') {
        return Some(Match::Exact);
    }
    let (parent, (_, rest)) = (pattern.strip_prefix("*.")?, name.split_once('.')?);
    match parent.eq_ignore_ascii_case(rest) {
        true if is_public_suffix(rest) => Some(Match::TooWide(pattern)),
        true => Some(Match::Wildcard(pattern)),
        false => None,
    }
}

/// A suffix under which registries sell names. Hosters' own suffixes (`github.io`) are theirs to have certificates for,
/// as browsers see it; a single label is a suffix whether it is known or not.
fn is_public_suffix(parent: &str) -> bool {
    let parent = parent.to_ascii_lowercase();
    let registry = psl::suffix(parent.as_bytes())
        .is_some_and(|suffix| suffix.as_bytes() == parent.as_bytes() && suffix.typ() == Some(psl::Type::Icann));
    registry || !parent.contains('.')
}

/// What it names instead.
fn others(wanted: &str, certificate: &Certificate) -> String {
    let addresses = certificate.addresses.iter().map(IpAddr::to_string);
    let names: Vec<String> = certificate.dns_names.iter().map(|name| short(name)).chain(addresses).collect();
    match (&names[..], &certificate.subject.common) {
        ([], Some(common)) => {
            format!("certificate has no subject alternative name, and its common name {common} does not count")
        }
        ([], None) => "certificate names no host".into(),
        (names, _) if names.len() <= SHOWN => format!("certificate names {}, not {wanted}", names.join(", ")),
        (names, _) => {
            let (first, more) = (names[..SHOWN].join(", "), names.len() - SHOWN);
            format!("certificate names {first} and {more} more, not {wanted}")
        }
    }
}

fn short(name: &str) -> String {
    name.chars().take(253).collect()
}

fn bare(host: &Host) -> String {
    match host {
        Host::Name(name) => name.clone(),
        Host::Address(ip) => ip.to_string(),
    }
}

/// A certificate may name ten thousand.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{Fail, Pass};

    #[test]
    fn a_wildcard_is_the_whole_left_most_label_and_stands_for_one() {
        for (pattern, name, covers) in [
            ("app.example.com", "app.example.com", true),
            ("APP.Example.com", "app.example.com", true),
            ("*.example.com", "app.example.com", true),
            ("*.EXAMPLE.com", "app.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("*.app.example.com", "app.example.com", false),
            ("a*.example.com", "app.example.com", false),
            ("*p.example.com", "app.example.com", false),
            ("app.*.com", "app.example.com", false),
            ("*.*.com", "app.example.com", false),
            ("*", "app.example.com", false),
            ("*", "localhost", false),
            ("*.", "app.", false),
            ("app.example.com.", "app.example.com", false),
            ("app.example.com\0.evil.example", "app.example.com", false),
            ("*.com", "example.com", false),
            ("*.co.uk", "example.co.uk", false),
            ("*.internal", "app.internal", false),
            ("*.github.io", "someone.github.io", true),
            ("*.example.co.uk", "app.example.co.uk", true),
            ("*.xn--bcher-kva.example", "app.xn--bcher-kva.example", true),
            ("my_app.example.com", "my_app.example.com", true),
        ] {
            let found = matches!(matching(name, pattern), Some(Match::Exact | Match::Wildcard(_)));
            assert_eq!(found, covers, "{pattern} {name}");
        }
    }

    #[test]
    fn only_subject_alternative_names_count() {
        let root = root("Root");
        let many: Vec<String> = (0..8).map(|n| format!("n{n}.example.com")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let app = "app.example.com";
        for (host, names, status, message) in [
            (app, vec!["www.example.com", app], Pass, "certificate names app.example.com"),
            (app, vec!["*.example.com", app], Pass, "certificate names app.example.com"),
            (app, vec!["*.example.com"], Pass, "certificate names app.example.com by *.example.com"),
            ("app.example.org", vec!["*.org"], Fail, "certificate names *.org, not app.example.org"),
            (
                "example.org",
                vec!["*.org"],
                Fail,
                "certificate names example.org only by *.org, a wildcard below a public suffix",
            ),
            (
                app,
                vec![],
                Fail,
                "certificate has no subject alternative name, and its common name app.example.com does not count",
            ),
            (
                app,
                vec!["www.example.com", "203.0.113.7"],
                Fail,
                "certificate names www.example.com, 203.0.113.7, not app.example.com",
            ),
            (
                app,
                many,
                Fail,
                "certificate names n0.example.com, n1.example.com, n2.example.com, n3.example.com, n4.example.com \
                 and 3 more, not app.example.com",
            ),
            ("203.0.113.7", vec!["203.0.113.7"], Pass, "certificate names 203.0.113.7"),
            (
                "203.0.113.7",
                vec!["203.0.113.8", app],
                Fail,
                "certificate names app.example.com, 203.0.113.8, not 203.0.113.7",
            ),
            ("2001:db8::7", vec!["2001:db8::7"], Pass, "certificate names 2001:db8::7"),
        ] {
            let leaf = root.leaf(&names, |_| {});
            let found = only(names_site(&Spec::of(site(host)), &shown(host, &[&leaf])));
            assert_eq!(found, (status, message.into()), "{host} {names:?}");
        }
    }

    #[test]
    fn an_address_written_as_a_name_does_not_count() {
        let root = root("Root");
        let leaf = root.leaf(&[], |p| {
            p.subject_alt_names = vec![rcgen::SanType::DnsName("203.0.113.7".try_into().unwrap())];
        });
        let spec = Spec::of(site("203.0.113.7"));
        let (status, _) = only(names_site(&spec, &shown("203.0.113.7", &[&leaf])));
        assert_eq!(status, Fail);
    }

    #[test]
    fn a_failure_says_what_was_expected() {
        let leaf = self_signed(&["www.example.com"]);
        let verdicts = names_site(&Spec::of(site("app.example.com")), &shown("app.example.com", &[&leaf]));
        assert_eq!(verdicts[0].expected.as_deref(), Some("app.example.com among its subject alternative names"));
        assert_eq!(verdicts[0].subject.to_string(), "GET https://app.example.com [203.0.113.7]");
        assert_eq!(verdicts[0].evidence, ["session:https://app.example.com@203.0.113.7:443"]);
    }
}
