//! Texts of the file that name something of the field: origins, hosts, paths, fields.

use std::net::IpAddr;

use super::error::{Wrong, quoted};
use super::nearest::{did_you_mean, nearest};
use super::{Network, OriginPattern};
use crate::target::{Host, Origin, Scheme};

/// A site or alias: an https origin.
pub(super) fn https_origin(text: &str) -> Result<Origin, Wrong> {
    let origin = any_origin(text)?;
    match origin.scheme {
        Scheme::Https => Ok(origin),
        Scheme::Http => {
            let https = Origin { scheme: Scheme::Https, port: 443, ..origin };
            Err(Wrong::new(format!("{} is plain http", quoted(text)), format!("\"{https}\"")))
        }
    }
}

/// An entry of `cors.origins`.
pub(super) fn origin_pattern(text: &str) -> Result<OriginPattern, Wrong> {
    let no = |what: &str, remedy: String| Err(Wrong::new(format!("{} {what}", quoted(text)), remedy));
    match text {
        "*" => return no("lets every site in", "the origins one by one, or \"https://*.example.com\"".into()),
        "null" => return no("lets every sandboxed page in", "the origins one by one".into()),
        _ => {}
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let remedy =
            any_origin(text).map_or("\"https://app.example.com\"".into(), |origin| format!("\"{origin}\""));
        return no("has no scheme", remedy);
    };
    let Some(parent) = rest.strip_prefix("*.") else {
        return any_origin(text).map(OriginPattern::Exact);
    };
    let origin = any_origin(&format!("{scheme}://{parent}"))?;
    match origin.host.name() {
        Some(name) if is_public_suffix(name) => {
            no("is every site below a public suffix", "a name of yours".into())
        }
        Some(_) => Ok(OriginPattern::Below(origin)),
        None => no("has a `*` before an address", "a name after `*.`".into()),
    }
}

fn any_origin(text: &str) -> Result<Origin, Wrong> {
    text.parse().map_err(|e| Wrong::new(format!("{} {e}", quoted(text)), "\"https://app.example.com\""))
}

/// An entry of `hosts.trusted`: a host, or `*.` and a name.
pub(super) fn trusted(text: &str) -> Result<String, Wrong> {
    let no = |what: &str| {
        let remedy = "\"app.example.com\" or \"*.example.com\"";
        Err(Wrong::new(format!("{} {what}", quoted(text)), remedy))
    };
    if text == "*" {
        return no("trusts every host");
    }
    let (star, host) = match text.strip_prefix("*.") {
        Some(parent) => ("*.", parent),
        None => ("", text),
    };
    match host.parse::<Host>() {
        Ok(Host::Address(_)) if !star.is_empty() => no("has a `*` before an address"),
        Ok(host) => Ok(format!("{star}{host}")),
        Err(e) => no(&e.to_string()),
    }
}

/// The domain of a cookie, without a leading dot: the site's host, or a name above it that is no public suffix.
pub(super) fn cookie_domain(site: Option<&Host>, text: &str) -> Result<String, Wrong> {
    let remedy = match site {
        Some(Host::Name(name)) => format!("\"{name}\" or a name above it"),
        Some(address) => format!("\"{address}\""),
        None => "the site's name or one above it".into(),
    };
    let no = |what: &str| Err(Wrong::new(format!("{} {what}", quoted(text)), remedy.clone()));
    let host = match text.strip_prefix('.').unwrap_or(text).parse::<Host>() {
        Ok(host) => host,
        Err(e) => return no(&e.to_string()),
    };
    match (site, host) {
        (Some(site), host) if *site == host => Ok(host.to_string()),
        (_, Host::Name(name)) if is_public_suffix(&name) => no("is a public suffix: browsers refuse it"),
        (Some(Host::Name(site)), Host::Name(name)) if site.ends_with(&format!(".{name}")) => Ok(name),
        (None, host) => Ok(host.to_string()),
        _ => no("is neither the site's name nor above it"),
    }
}

/// Whether anybody may register names below it. Of a name whose suffix is not listed nothing is known.
fn is_public_suffix(name: &str) -> bool {
    psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == name.as_bytes())
}

/// A path with or without a query, as it goes on the wire (RFC 9112 §3.2.1, RFC 3986 §3.3).
pub(super) fn path(text: &str) -> Result<String, Wrong> {
    let no = |what: &str, remedy: &str| Err(Wrong::new(format!("{} {what}", quoted(text)), remedy));
    if !text.starts_with('/') {
        return no("does not begin with `/`", "a path such as \"/api/health\"");
    }
    if text.len() > LONGEST_PATH {
        return no(&format!("is {} bytes long", text.len()), "at most 2048");
    }
    match text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '#' | '<' | '>' | '`')) {
        None => Ok(text.into()),
        Some('#') => no("holds a fragment", "the path before `#`: a fragment is never sent"),
        Some(' ') => no("holds a space", "%20"),
        Some(c) if c.is_ascii_control() => no("holds a control character", "percent-encoded characters"),
        Some(_) => no("holds a character that no path may hold", "percent-encoded: `%C3%BC` for `ü`"),
    }
}

/// A path, or a prefix that ends in `/`: no pattern.
pub(super) fn prefix(text: &str) -> Result<String, Wrong> {
    match text.contains('*') {
        true => Err(Wrong::new(format!("{} is a pattern", quoted(text)), "a path, or a prefix that ends in `/`")),
        false => path(text),
    }
}

/// The name of a file.
pub(super) fn file(text: &str) -> Result<String, Wrong> {
    match text.trim() {
        "" => Err(Wrong::new(format!("{} is no file", quoted(text)), "\".env.example\"")),
        _ => Ok(text.into()),
    }
}

pub(super) fn address(text: &str) -> Result<IpAddr, Wrong> {
    let no = |_| Wrong::new(format!("{} is no address", quoted(text)), "\"203.0.113.250\" or \"2001:db8::fa\"");
    text.parse().map(|ip: IpAddr| ip.to_canonical()).map_err(no)
}

pub(super) fn network(text: &str) -> Result<Network, Wrong> {
    let no = |_| Wrong::new(format!("{} is no address prefix", quoted(text)), "\"203.0.113.0/24\"");
    Network::try_from(String::from(text)).map_err(no)
}

/// A feature of Permissions-Policy.
pub(super) fn feature(text: &str) -> Result<String, Wrong> {
    match !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        true => Ok(text.into()),
        false => Err(Wrong::new(format!("{} is no feature", quoted(text)), "\"camera\" or \"display-capture\"")),
    }
}

/// A value of Referrer-Policy.
pub(super) fn referrer(text: &str) -> Result<String, Wrong> {
    match REFERRER_POLICIES.contains(&text) {
        true => Ok(text.into()),
        false => {
            let remedy = did_you_mean(
                &nearest(text, REFERRER_POLICIES),
                format!("one of {}", REFERRER_POLICIES.join(", ")),
            );
            Err(Wrong::new(format!("{} is no referrer policy", quoted(text)), remedy))
        }
    }
}

/// A name that browsers store (RFC 6265bis §5.6), without blanks.
pub(super) fn cookie_name(text: &str) -> Result<String, Wrong> {
    match !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"=;,\"".contains(c)) {
        true => Ok(text.into()),
        false => Err(Wrong::new(format!("{} is no cookie name", quoted(text)), "the name alone: \"theme\"")),
    }
}

/// A method that scripts may use: not CONNECT, TRACE, TRACK (Fetch, forbidden method). Methods are case-sensitive.
pub(super) fn method(text: &str) -> Result<String, Wrong> {
    let no = |what: &str, remedy: &str| Err(Wrong::new(format!("{} {what}", quoted(text)), remedy));
    let upper = text.to_ascii_uppercase();
    match text {
        _ if !is_token(text) => no("is no method", "\"GET\" or \"POST\""),
        _ if text != upper => no("is not in upper case", &format!("\"{upper}\"")),
        "CONNECT" | "TRACE" | "TRACK" => no("is refused by every browser", "\"GET\" or \"POST\""),
        _ => Ok(upper),
    }
}

/// A field name, in lower case.
pub(super) fn field(text: &str) -> Result<String, Wrong> {
    match is_token(text) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(Wrong::new(format!("{} is no field name", quoted(text)), "\"authorization\"")),
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Bytes of a request target; servers refuse longer ones from about 4096 on.
const LONGEST_PATH: usize = 2048;

/// The values of a Referrer-Policy field (Referrer Policy §3).
pub const REFERRER_POLICIES: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_a_cookie_is_the_site_or_above_it() {
        let name = |text: &str| text.parse::<Host>().expect("a host");
        let no = "is neither the site's name nor above it";
        for (site, text, want) in [
            ("app.example.com", "app.example.com", Ok("app.example.com")),
            ("app.example.com", ".Example.COM", Ok("example.com")),
            ("app.example.com", "com", Err("is a public suffix: browsers refuse it")),
            ("me.github.io", "github.io", Err("is a public suffix: browsers refuse it")),
            ("github.io", "github.io", Ok("github.io")),
            ("app.example.com", "ample.com", Err(no)),
            ("app.example.com", "x.app.example.com", Err(no)),
            ("app.internal", "internal", Ok("internal")),
            ("203.0.113.7", "203.0.113.7", Ok("203.0.113.7")),
            ("203.0.113.7", "0.113.7", Err(no)),
            ("app.example.com", "a b", Err("is no host name")),
        ] {
            match (cookie_domain(Some(&name(site)), text), want) {
                (Ok(domain), Ok(want)) => assert_eq!(domain, want),
                (Err(wrong), Err(want)) => assert!(wrong.message.ends_with(want), "{text}: {}", wrong.message),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }
}
