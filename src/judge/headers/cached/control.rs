//! What an answer lets a shared cache do (RFC 9111 §3, §5.2; RFC 9213).

use crate::observation::Response;

/// What caches that others share may do with an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Kept for nobody but the one who asked, or not at all, or asked for again each time.
    Private(&'static str),
    /// Kept and given to others; with what says so.
    Shared(String),
    /// It says so, and that it is stale at once.
    Stale(String),
    /// It says neither.
    Open,
    /// Nothing is said of caches.
    Unsaid,
}

pub(super) fn sharing(response: &Response) -> Sharing {
    for name in TARGETED {
        if let Some(said) = response.value(name).map(directives).and_then(|all| shared(&all, true)) {
            return Sharing::Shared(format!("{name} says {said}"));
        }
    }
    let values = response.values("cache-control");
    if values.is_empty() {
        return Sharing::Unsaid;
    }
    let all = directives(&values.join(","));
    // RFC 9111 §5.2.2.7: `private="set-cookie"` is about that field alone.
    if let Some(name) =
        ["no-store", "private", "no-cache"].into_iter().find(|name| all.contains(&(name.to_string(), None)))
    {
        return Sharing::Private(name);
    }
    match shared(&all, false) {
        Some(said) if lifetime(&all) == Some(0) => Sharing::Stale(said),
        Some(said) => Sharing::Shared(said),
        None => Sharing::Open,
    }
}

/// RFC 9213: for the caches of a network before the site, instead of Cache-Control.
const TARGETED: [&str; 4] =
    ["cdn-cache-control", "cloudflare-cdn-cache-control", "vercel-cdn-cache-control", "surrogate-control"];

/// The directive that lets an answer be shared. In a targeted field a lifetime alone does.
fn shared(all: &[(String, Option<String>)], targeted: bool) -> Option<String> {
    let forbidden = |name: &str| ["no-store", "private", "no-cache"].contains(&name);
    if targeted && (all.iter().any(|(name, _)| forbidden(name)) || lifetime(all) == Some(0)) {
        return None;
    }
    let names: &[&str] = if targeted { &["s-maxage", "max-age"] } else { &["s-maxage", "public"] };
    let found = names.iter().find_map(|wanted| all.iter().find(|(name, _)| name == wanted));
    found.map(|(name, value)| value.as_ref().map_or(name.clone(), |value| format!("{name}={value}")))
}

/// RFC 9111 §4.2.1: for a shared cache s-maxage goes before max-age.
fn lifetime(all: &[(String, Option<String>)]) -> Option<u64> {
    let seconds = |wanted: &str| {
        let (_, value) = all.iter().find(|(name, _)| name == wanted)?;
        value.as_ref()?.parse().ok()
    };
    seconds("s-maxage").or_else(|| seconds("max-age"))
}

/// Names in lower case, values without quotes; a comma in quotes does not separate.
fn directives(value: &str) -> Vec<(String, Option<String>)> {
    let members = crate::judge::headers::list::split(&[value]);
    let named = members.iter().filter(|member| !member.is_empty()).map(|member| match member.split_once('=') {
        Some((name, value)) => (name.trim().to_ascii_lowercase(), Some(value.trim().trim_matches('"').into())),
        None => (member.to_ascii_lowercase(), None),
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::response;

    #[test]
    fn the_effective_rule_is_told() {
        let cc = "Cache-Control";
        let shared = |said: &str| Sharing::Shared(said.into());
        for (fields, want) in [
            (&[][..], Sharing::Unsaid),
            (&[(cc, "private, no-store")], Sharing::Private("no-store")),
            (&[(cc, "Public"), (cc, "PRIVATE")], Sharing::Private("private")),
            (&[(cc, "no-cache")], Sharing::Private("no-cache")),
            (&[(cc, "public, max-age=60")], shared("public")),
            (&[(cc, "s-maxage=31536000, stale-while-revalidate")], shared("s-maxage=31536000")),
            (&[(cc, "private=\"set-cookie, x\", public")], shared("public")),
            (&[(cc, "public, max-age=0, must-revalidate")], Sharing::Stale("public".into())),
            (&[(cc, "public, max-age=60, s-maxage=\"0\"")], Sharing::Stale("s-maxage=0".into())),
            (&[(cc, "max-age=60")], Sharing::Open),
            (&[(cc, "")], Sharing::Open),
            (&[(cc, "private"), ("CDN-Cache-Control", "max-age=60")], shared("cdn-cache-control says max-age=60")),
            (&[(cc, "private"), ("CDN-Cache-Control", "no-store, max-age=60")], Sharing::Private("private")),
            (&[(cc, "private"), ("Surrogate-Control", "max-age=0")], Sharing::Private("private")),
        ] {
            assert_eq!(sharing(&response(200, fields, "x")), want, "{fields:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_too_odd(value in "\\PC{0,40}|([-a-z=\", 0-9]|public|s-maxage=|private){0,30}") {
            let _ = sharing(&response(200, &[("Cache-Control", &value), ("CDN-Cache-Control", &value)], "x"));
        }
    }
}
