//! The browser's own algorithm: what a script of another origin may read (Fetch, "CORS check", "CORS-preflight fetch").

use crate::observation::Response;

/// What an answer grants to the origin that asked. Ordered from the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    Nothing,
    /// To anybody, without credentials: `*`.
    Anybody,
    /// Our origin by its name, without credentials.
    Readable,
    /// Our origin by its name, with credentials.
    WithCredentials,
}

/// Fetch, CORS check: several values are combined and match nothing.
pub(super) fn grant(response: &Response, origin: &str) -> Grant {
    let combined = |name: &str| {
        let values = response.values(name);
        (!values.is_empty()).then(|| values.join(", ").trim_matches([' ', '\t', '\r', '\n']).to_string())
    };
    match combined("access-control-allow-origin").as_deref() {
        None => Grant::Nothing,
        Some("*") => Grant::Anybody,
        Some(allowed) if allowed == origin => match combined("access-control-allow-credentials").as_deref() {
            Some("true") => Grant::WithCredentials,
            _ => Grant::Readable,
        },
        Some(_) => Grant::Nothing,
    }
}

/// Fetch, CORS-preflight fetch: an ok status, and a grant.
pub(super) fn preflight_grant(response: &Response, origin: &str) -> Grant {
    match response.status {
        200..=299 => grant(response, origin),
        _ => Grant::Nothing,
    }
}

/// Whether a preflight allows a method: safelisted ones always, others as listed, or `*` without credentials.
pub(super) fn allows_method(response: &Response, method: &str, credentials: bool) -> bool {
    let listed = list(response, "access-control-allow-methods");
    ["GET", "HEAD", "POST"].contains(&method)
        || listed.iter().any(|m| m == method)
        || !credentials && listed.iter().any(|m| m == "*")
}

/// Whether a preflight allows a request field; `Authorization` is never covered by `*`.
pub(super) fn allows_header(response: &Response, name: &str, credentials: bool) -> bool {
    let listed = list(response, "access-control-allow-headers");
    let wildcard = !credentials && !name.eq_ignore_ascii_case("authorization") && listed.iter().any(|h| h == "*");
    wildcard || listed.iter().any(|h| h.eq_ignore_ascii_case(name))
}

fn list(response: &Response, name: &str) -> Vec<String> {
    let values = response.values(name);
    values.iter().flat_map(|value| value.split(',')).map(|part| part.trim().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::answered::tests::response;

    /// Cases of the browsers' own suite: which values a browser honours.
    #[test]
    fn a_value_grants_what_browsers_honour() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/wpt-acao-parsing.json"));
        let corpus: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases = corpus["cases"].as_array().unwrap();
        assert!(cases.len() >= 50);
        for case in cases {
            let values: Vec<&str> = case["acao"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
            let fields: Vec<(&str, &str)> = values.iter().map(|v| ("Access-Control-Allow-Origin", *v)).collect();
            let granted = grant(&response(200, &fields, ""), "https://app.example.com") != Grant::Nothing;
            assert_eq!(granted, case["browser_allows"].as_bool().unwrap(), "{}", case["id"]);
        }
    }

    #[test]
    fn credentials_need_the_exact_word() {
        let origin = "https://a.example";
        for (credentials, want) in [
            (Some("true"), Grant::WithCredentials),
            (Some("True"), Grant::Readable),
            (Some("1"), Grant::Readable),
            (None, Grant::Readable),
        ] {
            let mut fields = vec![("Access-Control-Allow-Origin", origin)];
            fields.extend(credentials.map(|value| ("Access-Control-Allow-Credentials", value)));
            assert_eq!(grant(&response(200, &fields, ""), origin), want, "{credentials:?}");
            assert_eq!(preflight_grant(&response(400, &fields, ""), origin), Grant::Nothing);
        }
        let any = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")];
        assert_eq!(grant(&response(200, &any, ""), origin), Grant::Anybody);
    }

    #[test]
    fn a_star_covers_neither_credentials_nor_authorization() {
        let star = [("Access-Control-Allow-Methods", "*"), ("Access-Control-Allow-Headers", "*")];
        let named = [
            ("Access-Control-Allow-Methods", "PUT, DELETE"),
            ("Access-Control-Allow-Headers", "x-a, Authorization"),
        ];
        let (star, named) = (response(200, &star, ""), response(200, &named, ""));
        assert!(allows_method(&star, "PUT", false) && !allows_method(&star, "PUT", true));
        assert!(allows_method(&named, "DELETE", true) && !allows_method(&named, "PATCH", true));
        assert!(allows_header(&star, "x-a", false) && !allows_header(&star, "authorization", false));
        assert!(allows_header(&named, "authorization", true) && allows_header(&named, "X-A", true));
    }
}
