//! How far pages of other sites reach into this one: COOP, COEP, CORP.

use sfv::{BareItem, Item, Parser};

use crate::judge::{Word, fail, pass};
use crate::observation::Response;

/// HTML, cross-origin opener policies: without one, a page that opens this one keeps its window.
pub(super) fn cross_origin_isolation(response: &Response) -> Word {
    let opener = token(response, OPENER);
    let opener = opener.as_deref().filter(|value| OPENERS.contains(value));
    let embedder = token(response, EMBEDDER);
    let embedder = embedder.as_deref().filter(|value| ["require-corp", "credentialless"].contains(value));
    let isolated = if opener == Some("same-origin") && embedder.is_some() {
        "the page is isolated"
    } else {
        "the page is not isolated, and needs not be without SharedArrayBuffer"
    };
    let rest = format!("{}; {}; {isolated}", said(response, EMBEDDER, embedder), resource(response));
    match opener {
        Some(value) => pass(format!("{OPENER} is {value}, so sites that open the page lose its window; {rest}")),
        None => {
            let opener = said(response, OPENER, None);
            fail(format!("{opener}, so a site that opens the page keeps its window; {rest}"))
        }
    }
}

const OPENER: &str = "cross-origin-opener-policy";
const EMBEDDER: &str = "cross-origin-embedder-policy";
const RESOURCE: &str = "cross-origin-resource-policy";

/// HTML, obtain a cross-origin opener policy: any other value is `unsafe-none`.
const OPENERS: [&str; 3] = ["same-origin", "same-origin-allow-popups", "noopener-allow-popups"];

/// A structured item that is a token; two fields make a list, which is none.
fn token(response: &Response, name: &str) -> Option<String> {
    match Parser::new(&response.values(name).join(", ")).parse::<Item>().ok()?.bare_item {
        BareItem::Token(token) => Some(token.as_str().into()),
        _ => None,
    }
}

fn said(response: &Response, name: &str, effective: Option<&str>) -> String {
    match (effective, &response.values(name)[..]) {
        (Some(value), _) => format!("{name} is {value}"),
        (None, []) => format!("{name} is absent"),
        (None, values) => format!("{name} is '{}', which protects nothing", values.join(", ")),
    }
}

/// Fetch, cross-origin resource policy check: the exact words.
fn resource(response: &Response) -> String {
    match &response.values(RESOURCE).join(", ")[..] {
        "" => format!("{RESOURCE} is absent"),
        known @ ("same-origin" | "same-site") => format!("{RESOURCE} is {known}, so other sites cannot embed it"),
        "cross-origin" => format!("{RESOURCE} is cross-origin, so every site may embed it"),
        odd => format!("{RESOURCE} is '{odd}', which browsers ignore"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn a_policy_is_one_token() {
        for (fields, want, part) in [
            (&[(OPENER, "same-origin")][..], Status::Pass, "not isolated"),
            (&[(OPENER, "same-origin; report-to=\"x\"")], Status::Pass, "is same-origin, "),
            (&[(OPENER, "same-origin-allow-popups")], Status::Pass, "embedder-policy is absent"),
            (&[(OPENER, "same-origin"), (EMBEDDER, "require-corp")], Status::Pass, "the page is isolated"),
            (
                &[(OPENER, "same-origin"), (EMBEDDER, "credentialless"), (RESOURCE, "same-site")],
                Status::Pass,
                "cannot embed",
            ),
            (&[], Status::Fail, "opener-policy is absent"),
            (&[(OPENER, "unsafe-none")], Status::Fail, "'unsafe-none', which protects nothing"),
            (&[(OPENER, "Same-Origin")], Status::Fail, "'Same-Origin'"),
            (&[(OPENER, "\"same-origin\"")], Status::Fail, "protects nothing"),
            (&[(OPENER, "same-origin"), (OPENER, "same-origin")], Status::Fail, "'same-origin, same-origin'"),
            (&[(EMBEDDER, "require-corp")], Status::Fail, "embedder-policy is require-corp"),
            (&[(RESOURCE, "any")], Status::Fail, "'any', which browsers ignore"),
            (&[(RESOURCE, "cross-origin")], Status::Fail, "every site may embed it"),
        ] {
            let (status, message) = cross_origin_isolation(&response(200, fields, "x"));
            assert_eq!(status, want, "{fields:?}: {message}");
            assert!(message.contains(part), "{fields:?}: {message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_too_odd(value in "\\PC{0,30}|[-a-z;=\", ]{0,30}") {
            let _ = cross_origin_isolation(&response(200, &[(OPENER, &value), (EMBEDDER, &value), (RESOURCE, &value)], "x"));
        }
    }
}
