//! Whether a page loads what runs in it over plain http.

use super::csp::Policy;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::Response;

/// Browsers block it (Mixed Content §4.4), unless the policy has it upgraded (Upgrade Insecure Requests §3.2).
pub(super) fn mixed_content(response: &Response) -> Word {
    let Some(page) = &response.content.page else {
        return unknown("the content was not looked into for what it loads");
    };
    let fields = response.values("content-security-policy");
    let own = page.policies.iter().filter_map(|text| Policy::of_page(text));
    let mut policies = Policy::list(&fields).into_iter().chain(own);
    let upgraded = policies.any(|policy| policy.value("upgrade-insecure-requests").is_some());
    match &page.insecure[..] {
        [] => pass("loads no script, style, frame or object over plain http"),
        [first, ..] if upgraded => pass(format!("upgrade-insecure-requests has {first} loaded over https")),
        [only] => fail(format!("loads {only}")),
        [first, rest @ ..] => fail(format!("loads {first} and {} more", rest.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;
    use crate::observation::Markup;

    #[test]
    fn what_the_policy_upgrades_is_fine() {
        let csp = |value| vec![("Content-Security-Policy", value)];
        for (fields, policies, insecure, want) in [
            (vec![], &[][..], &[][..], (Status::Pass, "loads no script, style, frame or object over plain http")),
            (vec![], &[], &["http://a/x.js"], (Status::Fail, "loads http://a/x.js")),
            (
                vec![],
                &[],
                &["http://a/x.js", "http://b/", "http://c/"],
                (Status::Fail, "loads http://a/x.js and 2 more"),
            ),
            (
                csp("upgrade-insecure-requests"),
                &[],
                &["http://a/x.js"],
                (Status::Pass, "upgrade-insecure-requests has http://a/x.js loaded over https"),
            ),
            (
                vec![],
                &["Upgrade-Insecure-Requests"],
                &["http://a/x.js"],
                (Status::Pass, "upgrade-insecure-requests has http://a/x.js loaded over https"),
            ),
            (csp("block-all-mixed-content"), &[], &["http://a/x.js"], (Status::Fail, "loads http://a/x.js")),
        ] {
            let mut answer = response(200, &fields, "x");
            let texts = |list: &[&str]| list.iter().map(|text| (*text).into()).collect();
            answer.content.page =
                Some(Markup { policies: texts(policies), insecure: texts(insecure), title: None });
            let (status, message) = mixed_content(&answer);
            assert_eq!((status, message.as_str()), want);
        }
        assert_eq!(mixed_content(&response(200, &[], "x")).0, Status::Unknown);
    }
}
