//! What other sites learn of an address inside this site.

use super::list::members;
use crate::judge::{Word, fail, pass};
use crate::observation::Response;
use crate::spec::REFERRER_POLICIES;

/// Referrer Policy, parse a referrer policy from a header: the last known token counts.
/// `allowed` are further values that the owner finds fine.
pub(super) fn referrer_policy(allowed: &[String], response: &Response) -> Word {
    let fields = response.values("referrer-policy");
    let last =
        members(&fields).map(str::to_ascii_lowercase).rfind(|token| REFERRER_POLICIES.contains(&token.as_str()));
    match last.as_deref() {
        None if fields.is_empty() => fail("referrer-policy is absent"),
        None => fail(format!("referrer-policy is '{}', which no browser knows", fields.join(", "))),
        Some(token) if STRICT.contains(&token) => pass(format!("referrer-policy is {token}")),
        Some(token) if allowed.iter().any(|own| own.eq_ignore_ascii_case(token)) => {
            pass(format!("referrer-policy is {token}, which headers.referrer allows"))
        }
        Some(token) => fail(format!("referrer-policy is {token}")),
    }
}

/// What the owner may send.
pub(super) fn expected(allowed: &[String]) -> String {
    let own = allowed.iter().map(String::as_str);
    STRICT.into_iter().chain(own).collect::<Vec<_>>().join(", ")
}

const STRICT: [&str; 4] = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn the_last_known_token_counts() {
        for (values, want) in [
            (&["no-referrer"][..], Status::Pass),
            (&["Strict-Origin"], Status::Pass),
            (&["no-referrer, strict-origin-when-cross-origin"], Status::Pass),
            (&["unsafe-url, same-origin, of-the-future"], Status::Pass),
            (&["unsafe-url", "same-origin"], Status::Pass),
            (&["same-origin", "unsafe-url"], Status::Fail),
            (&["origin"], Status::Pass),
            (&["no-referrer-when-downgrade"], Status::Fail),
            (&["none"], Status::Fail),
            (&[""], Status::Fail),
            (&[], Status::Fail),
        ] {
            let fields: Vec<(&str, &str)> = values.iter().map(|value| ("Referrer-Policy", *value)).collect();
            let (status, message) = referrer_policy(&["origin".into()], &response(200, &fields, "x"));
            assert_eq!(status, want, "{values:?}: {message}");
        }
    }
}
