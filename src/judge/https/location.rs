//! Where a redirect or a link leads, and whose that place is.

use url::Url;

use crate::observation::Hop;
use crate::spec::Spec;
use crate::target::Host;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) enum Owner {
    /// A declared name.
    Site,
    /// The `www.` or apex beside a declared name.
    Sibling,
    Other,
}

/// Where a redirect leads (RFC 9110 §10.2.2); `None` when this is none, or it cannot be read.
pub(in crate::judge) fn location(hop: &Hop) -> Option<Url> {
    if !hop.response.is_redirect() {
        return None;
    }
    resolve(hop, hop.response.value("location")?)
}

/// A reference in an answer, read against the URL that was asked.
pub(in crate::judge) fn resolve(hop: &Hop, reference: &str) -> Option<Url> {
    url(hop)?.join(reference).ok()
}

/// What was asked.
pub(super) fn url(hop: &Hop) -> Option<Url> {
    Url::parse(&hop.request.url()).ok()
}

pub(in crate::judge) fn owner(spec: &Spec, url: &Url) -> Owner {
    let Some(Ok(host)) = url.host_str().map(str::parse::<Host>) else { return Owner::Other };
    let sibling = |own: &str, name: &str| is_www_of(own, name) || is_www_of(name, own);
    let beside = |own: &Host| own.name().zip(host.name()).is_some_and(|(own, name)| sibling(own, name));
    if spec.is_own(&host) {
        Owner::Site
    } else if spec.origins().any(|origin| beside(&origin.host)) {
        Owner::Sibling
    } else {
        Owner::Other
    }
}

fn is_www_of(long: &str, short: &str) -> bool {
    long.strip_prefix("www.") == Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_an_owner() {
        let mut spec = Spec::of("example.com".parse().unwrap());
        spec.aliases = vec!["www.shop.example.com".parse().unwrap(), "203.0.113.7".parse().unwrap()];
        for (url, want) in [
            ("https://example.com/", Owner::Site),
            ("https://EXAMPLE.com.:8443/", Owner::Site),
            ("https://203.0.113.7/", Owner::Site),
            ("https://www.example.com/", Owner::Sibling),
            ("https://shop.example.com/", Owner::Sibling),
            ("https://www.www.shop.example.com/", Owner::Sibling),
            ("https://app.example.com/", Owner::Other),
            ("https://example.com.evil.test/", Owner::Other),
            ("https://example.com@evil.test/", Owner::Other),
            ("mailto:a@example.com", Owner::Other),
        ] {
            assert_eq!(owner(&spec, &Url::parse(url).unwrap()), want, "{url}");
        }
    }
}
