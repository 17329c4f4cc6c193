//! Whether pages of other sites may put a page into a frame.

use super::list::{members, split};
use crate::judge::{Word, fail, pass};
use crate::observation::Response;

/// `frame-ancestors` of any enforced policy wins over X-Frame-Options
/// (HTML, check a navigation response's adherence to X-Frame-Options; CSP3 §6.4.2).
pub(super) fn framing(response: &Response) -> Word {
    let policies = response.values("content-security-policy");
    let ancestors: Vec<Vec<&str>> = members(&policies).filter_map(frame_ancestors).collect();
    // Each policy must allow the frame: one that is closed is enough.
    if let Some(closed) = ancestors.iter().find(|sources| !sources.iter().any(|source| is_open(source))) {
        return pass(format!("frame-ancestors allows {}", listed(closed)));
    }
    match ancestors.first() {
        Some(open) => fail(format!("frame-ancestors allows {}, which is every site", listed(open))),
        None => x_frame_options(&response.values("x-frame-options")),
    }
}

fn x_frame_options(fields: &[&str]) -> Word {
    let mut values: Vec<String> = split(fields).iter().map(|value| value.to_ascii_lowercase()).collect();
    values.sort_unstable();
    values.dedup();
    match &values[..] {
        [] => fail("neither x-frame-options nor frame-ancestors is there"),
        [only] => match only.as_str() {
            "deny" => pass("x-frame-options is DENY"),
            "sameorigin" => pass("x-frame-options is SAMEORIGIN"),
            _ => fail(format!("x-frame-options is '{only}', which protects nothing")),
        },
        several if several.iter().any(|value| KNOWN.contains(&value.as_str())) => {
            pass(format!("x-frame-options has {} different values, so browsers refuse the frame", several.len()))
        }
        several => fail(format!("none of {} values of x-frame-options protects", several.len())),
    }
}

/// The sources of the directive, when the policy has it; the first of a name counts (CSP3 §2.2.1).
fn frame_ancestors(policy: &str) -> Option<Vec<&str>> {
    policy.split(';').find_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        words.next()?.eq_ignore_ascii_case("frame-ancestors").then(|| words.collect())
    })
}

/// `*`, a whole scheme, or any host (CSP3 §6.7.2.9).
fn is_open(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    let host = source.split_once("://").map_or(source.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("");
    host == "*" || ["http:", "https:", "ws:", "wss:"].contains(&source.as_str())
}

fn listed(sources: &[&str]) -> String {
    if sources.is_empty() { "nobody".into() } else { sources.join(" ") }
}

const KNOWN: [&str; 3] = ["deny", "sameorigin", "allowall"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn browsers_agree() {
        let corpus = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/wpt-x-frame-options.json"));
        let corpus: serde_json::Value = serde_json::from_str(corpus).unwrap();
        for case in corpus["cases"].as_array().unwrap() {
            let fields: Vec<(&str, &str)> = case["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| (field[0].as_str().unwrap(), field[1].as_str().unwrap()))
                .collect();
            let (status, message) = framing(&response(200, &fields, "x"));
            assert_eq!(status == Status::Pass, case["expected"]["protects"] == true, "{fields:?}: {message}");
        }
    }

    #[test]
    fn frame_ancestors_wins() {
        let csp = "Content-Security-Policy";
        for (fields, want) in [
            (&[(csp, "frame-ancestors 'none'")][..], Status::Pass),
            (&[(csp, "default-src 'self'; FRAME-ANCESTORS 'self' https://partner.example")], Status::Pass),
            (&[(csp, "frame-ancestors")], Status::Pass),
            (&[(csp, "frame-ancestors https://*.example.com")], Status::Pass),
            (&[(csp, "frame-ancestors *"), ("X-Frame-Options", "DENY")], Status::Fail),
            (&[(csp, "frame-ancestors https:"), ("X-Frame-Options", "DENY")], Status::Fail),
            (&[(csp, "frame-ancestors 'self' https://*")], Status::Fail),
            (&[(csp, "frame-ancestors *:443")], Status::Fail),
            (&[(csp, "frame-ancestors *"), (csp, "frame-ancestors 'self'")], Status::Pass),
            (&[(csp, "frame-ancestors *, frame-ancestors 'self'")], Status::Pass),
            (&[(csp, "frame-ancestors 'self'; frame-ancestors *")], Status::Pass),
            (&[(csp, "default-src 'self'"), ("X-Frame-Options", "DENY")], Status::Pass),
            (&[("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")], Status::Fail),
            (&[(csp, "frame-ancestors 'none'"), ("X-Frame-Options", "ALLOWALL")], Status::Pass),
            (&[], Status::Fail),
        ] {
            assert_eq!(framing(&response(200, fields, "x")).0, want, "{fields:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_field_is_too_odd(field in "\\PC{0,40}|[-a-z'=*()\"; :/,.]{0,60}") {
            let policy = format!("frame-ancestors {field}; {field}");
            let _ = framing(&response(200, &[("Content-Security-Policy", &policy)], "x"));
            let _ = framing(&response(200, &[("X-Frame-Options", &field)], "x"));
        }
    }
}
