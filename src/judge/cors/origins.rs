//! Origins in words, and which of them the owner promised.

use crate::observation::{Claim, Response, registrable};
use crate::spec::{OriginPattern, Spec};
use crate::target::{Host, Origin};

/// Whether the owner wrote the origin, or a pattern that covers it.
pub(super) fn is_promised(spec: &Spec, origin: &str) -> bool {
    let Ok(origin) = origin.parse::<Origin>() else { return false };
    let covers = |pattern: &OriginPattern| match pattern {
        OriginPattern::Exact(exact) => *exact == origin,
        OriginPattern::Below(above) => {
            let below =
                |host: &str| host.strip_suffix(&above.host.to_string()).is_some_and(|rest| rest.ends_with('.'));
            origin.scheme == above.scheme && origin.port == above.port && below(&origin.host.to_string())
        }
    };
    spec.cors.origins.iter().flatten().any(covers)
}

/// Whether an origin's name lies below the registrable domain of the site.
pub(super) fn is_below_own(spec: &Spec, origin: &str) -> bool {
    let (Host::Name(own), Some((_, name))) = (&spec.site.host, origin.split_once("://")) else {
        return false;
    };
    let name = name.split(':').next().unwrap_or_default();
    registrable(own).is_some_and(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// The site that every answer names, whoever asks, where it is neither the asker's nor the site's own.
pub(super) fn other_named(spec: &Spec, response: &Response) -> Option<Origin> {
    let [value] = response.values("access-control-allow-origin")[..] else { return None };
    let origin: Origin = value.parse().ok()?;
    // Where nothing is written, a further name of the own domain is most likely meant.
    let is_meant = spec.cors.origins.is_none() && is_below_own(spec, value);
    (!spec.is_own(&origin.host) && !is_promised(spec, value) && !is_meant).then_some(origin)
}

pub(super) fn written(pattern: &OriginPattern) -> String {
    match pattern {
        OriginPattern::Exact(origin) => origin.to_string(),
        OriginPattern::Below(origin) => origin.to_string().replacen("://", "://*.", 1),
    }
}

pub(super) fn named(claim: &Claim) -> &'static str {
    match claim {
        Claim::Foreign => "another site",
        Claim::WithCookie => "another site, with a cookie",
        Claim::Null => "a sandboxed page or a file",
        Claim::File => "a file",
        Claim::Extension => "an extension of the browser",
        Claim::Shared(_) => "where anybody may publish",
        Claim::Suffix | Claim::Joined | Claim::Localhost => "prefix test",
        Claim::DroppedFirst => "part of the name",
        Claim::MissingDot | Claim::MissingDotParent => "missing dot",
        Claim::UnescapedDot(_) | Claim::AllDots => "unescaped dot",
        Claim::Separator(_) | Claim::DottedSeparator(_) => "separator",
        Claim::UpperCase => "the site's own name in upper case",
        Claim::TrailingDot => "the site's own name with a dot behind it",
        Claim::OtherPort => "another port of the site's own name",
        Claim::PlainHttp => "plain http",
        Claim::Development(_) => "a development server",
        Claim::Plain(claim) | Claim::Like(_, claim) => named(claim),
        Claim::Subdomain | Claim::DeepSubdomain => "a name below the site's",
        Claim::Sibling => "a name of the same domain",
        Claim::Own(_) => "a written origin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_covers_what_it_says() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.cors.origins = Some(vec![
            OriginPattern::Exact("https://console.example.com".parse().unwrap()),
            OriginPattern::Below("https://example.org".parse().unwrap()),
        ]);
        for (origin, want) in [
            ("https://console.example.com", true),
            ("http://console.example.com", false),
            ("https://a.example.org", true),
            ("https://example.org", false),
            ("https://xexample.org", false),
            ("null", false),
        ] {
            assert_eq!(is_promised(&spec, origin), want, "{origin}");
        }
        for (origin, want) in [
            ("https://x.example.com", true),
            ("https://x.example.com:8443", true),
            ("http://x.example.com", true),
            ("https://xexample.com", false),
            ("https://example.com", false),
            ("https://app.example.com.evil.test", false),
            ("null", false),
        ] {
            assert_eq!(is_below_own(&spec, origin), want, "{origin}");
        }
    }
}
