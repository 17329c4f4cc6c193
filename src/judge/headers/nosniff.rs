//! Whether browsers take the content type as it is said.

use super::list::split;
use crate::judge::{Word, fail, pass};
use crate::observation::Response;

/// Fetch, determine nosniff: the first of the combined values counts.
pub(super) fn nosniff(response: &Response) -> Word {
    match &split(&response.values("x-content-type-options"))[..] {
        [] => fail("x-content-type-options is absent"),
        [only] if only.eq_ignore_ascii_case("nosniff") => pass("nosniff is in force"),
        [first, rest @ ..] if first.eq_ignore_ascii_case("nosniff") => {
            pass(format!("nosniff is in force, sent with {} more", rest.len()))
        }
        [only] => fail(format!("x-content-type-options is '{only}', which has no effect")),
        [first, ..] => fail(format!("the first of several x-content-type-options is '{first}', which counts")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn browsers_agree() {
        let corpus =
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/wpt-x-content-type-options.json"));
        let corpus: serde_json::Value = serde_json::from_str(corpus).unwrap();
        for case in corpus["cases"].as_array().unwrap() {
            let lines = case["raw_header_lines"].as_str().unwrap();
            let fields: Vec<(&str, &str)> =
                lines.split("\r\n").map(|line| line.split_once(':').unwrap()).collect();
            let (status, message) = nosniff(&response(200, &fields, "x"));
            assert_eq!(status == Status::Pass, case["expected"]["nosniff"] == true, "{lines:?}: {message}");
        }
    }
}
