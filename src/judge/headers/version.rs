//! Whether an answer tells the versions of the software behind it.

use std::net::Ipv4Addr;

use crate::judge::{Word, fail, pass};
use crate::observation::Response;

/// Quotes each field that carries a version.
pub(super) fn version_leak(response: &Response) -> Word {
    let leaks = FIELDS.iter().flat_map(|name| {
        let values = response.values(name).into_iter();
        values.filter(|value| tells_version(name, value)).map(move |value| format!("{name}: {value}"))
    });
    let leaks: Vec<String> = leaks.collect();
    if leaks.is_empty() { pass("no field carries a version") } else { fail(leaks.join(", ")) }
}

fn tells_version(name: &str, value: &str) -> bool {
    if name == "via" {
        // RFC 9110 §7.6.3: a member begins with the version of the protocol.
        let after_protocol =
            |member: &str| member.trim().split_once(' ').is_some_and(|(_, rest)| has_version(rest));
        value.split(',').any(after_protocol)
    } else {
        has_version(value)
    }
}

/// A digit, a dot and a digit, in a word that is no address.
fn has_version(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
    let dotted = |word: &str| {
        word.as_bytes().windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b'.' && w[2].is_ascii_digit())
    };
    words.filter(|word| word.parse::<Ipv4Addr>().is_err()).any(dotted)
}

const FIELDS: [&str; 6] =
    ["server", "x-powered-by", "via", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn a_bare_name_is_fine() {
        for (field, want) in [
            (("Server", "nginx"), Status::Pass),
            (("Server", "nginx/1.25.3"), Status::Fail),
            (("Server", "Apache/2.4.57 (Debian)"), Status::Fail),
            (("Server", "ECS (nyb/1D2E)"), Status::Pass),
            (("Server", "203.0.113.7"), Status::Pass),
            (("X-Powered-By", "Next.js"), Status::Pass),
            (("X-Powered-By", "PHP/8.2.1"), Status::Fail),
            (("Via", "1.1 Caddy"), Status::Pass),
            (("Via", "1.1 edge-1, HTTP/2.0 203.0.113.7:8080"), Status::Pass),
            (("Via", "1.1 edge (Varnish/6.0)"), Status::Fail),
            (("X-AspNet-Version", "4.0.30319"), Status::Fail),
            (("Content-Type", "text/html;v=1.0"), Status::Pass),
        ] {
            assert_eq!(version_leak(&response(200, &[field], "x")).0, want, "{field:?}");
        }
    }
}
