use super::*;
use crate::finding::Status;
use crate::judge::answered::tests::response;
use crate::observation::Markup;

/// Policies of the field, one an entry, and what they leave open together. From the examples of CSP3 (§1.2, §6.7, §7, §8),
/// csp.withgoogle.com (strict policies and their rewriting for older browsers), the published rules of CSP Evaluator,
/// and the cases of web-platform-tests/content-security-policy by their names.
const CASES: &[(&[&str], &str)] = &[
    // CSP3 §1.2, §2.2: what a policy is, how several combine, what is passed over.
    (&["script-src 'self'; object-src 'none'"], ""),
    (&["default-src 'self'"], ""),
    (&["default-src 'none'"], ""),
    (&["default-src 'self' http://example.com http://example.net; connect-src 'none'"], ""),
    (
        &[
            "default-src 'self' http://example.com",
            "connect-src http://example.com/; script-src http://example.com/",
        ],
        "",
    ),
    (&["img-src 'self'"], "Scripts Objects"),
    (&["upgrade-insecure-requests"], "Scripts Objects"),
    (&["frame-ancestors 'self'"], "Scripts Objects"),
    (&["object-src 'none'; base-uri 'none'"], "Scripts"),
    (&["script-src 'self'"], "Objects"),
    (&["SCRIPT-SRC 'SELF'; OBJECT-SRC 'NONE'"], ""),
    (&["script-src 'self'; script-src *; object-src 'none'"], ""),
    (&["script-src *; script-src 'self'; object-src 'none'"], "AnyHost"),
    (&["default-src 'self', default-src * 'unsafe-inline'"], ""),
    (&["default-src * 'unsafe-inline'", "script-src 'self'"], "Objects"),
    (&["default-src *", "script-src 'unsafe-inline'"], "Objects"),
    (&["default-src * 'unsafe-inline'", "script-src https: 'unsafe-inline'"], "Inline AnyHost Objects"),
    (&["default-src *", "script-src-elem 'none'; object-src 'none'"], ""),
    (&["script-src 'self'; object-src 'none'; img-src \u{e9}"], ""),
    (&["script-src 'self' \u{e9}; object-src 'none'"], "Scripts"),
    (&[" ;; default-src\t'self' ;;"], ""),
    (&["script-src; object-src"], ""),
    // CSP3 §6.8.3: the chain of fallbacks.
    (&["default-src 'none'; script-src-elem 'unsafe-inline'"], "Inline"),
    (&["default-src 'none'; script-src 'unsafe-inline'; script-src-elem 'none'"], "Handlers"),
    (&["default-src 'none'; script-src 'unsafe-inline'; script-src-elem 'self'; script-src-attr 'none'"], ""),
    (&["default-src 'unsafe-inline'; script-src 'self'"], ""),
    (&["default-src 'none'; script-src-attr 'unsafe-inline'"], "Handlers"),
    (&["script-src-attr 'none'; object-src 'none'"], "Scripts"),
    (&["default-src 'none'; script-src-elem *"], "AnyHost"),
    (&["default-src *; script-src 'self'"], "Objects"),
    (&["default-src *; script-src 'self'; object-src 'self'"], ""),
    (&["script-src 'none'; object-src *"], "Objects"),
    (&["script-src 'none'; object-src https://*:443/x"], "Objects"),
    (&["script-src 'none'; object-src https://plugins.example.com"], ""),
    // CSP3 §6.7.3.2, does a source list allow all inline behavior.
    (&["default-src 'self' 'unsafe-inline'"], "Inline"),
    (&["script-src 'self' 'UNSAFE-inline'; object-src 'none'"], "Inline"),
    (
        &[
            "script-src 'unsafe-inline' 'nonce-ch4hvvbHDpv7xCSvXCs3BrNggHdTzxUA'; object-src 'none'; base-uri 'none'",
        ],
        "",
    ),
    (&["script-src 'unsafe-inline' 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='; object-src 'none'"], ""),
    (&["script-src 'unsafe-inline' 'strict-dynamic'; object-src 'none'"], ""),
    (&["script-src 'unsafe-inline' 'nonce-'; object-src 'none'"], "Inline"),
    (&["script-src 'unsafe-inline' 'sha1-abc'; object-src 'none'"], "Inline"),
    (&["script-src 'unsafe-inline' nonce-ch4hvvbHDpv7xCSvXCs3; object-src 'none'"], "Inline"),
    (
        &[
            "script-src 'self' 'unsafe-hashes' 'sha256-jzgBGA4UWFFmpOBq0JpdsySukE1FrEN5bUpoK8Z29fY='; object-src 'none'",
        ],
        "",
    ),
    (&["style-src 'unsafe-inline'; script-src 'self'; object-src 'none'"], ""),
    // CSP3 §6.7.2: hosts and schemes.
    (&["script-src *; object-src 'none'"], "AnyHost"),
    (&["script-src https:; object-src 'none'"], "AnyHost"),
    (&["script-src HTTP:; object-src 'none'"], "AnyHost"),
    (&["script-src https://*; object-src 'none'"], "AnyHost"),
    (&["script-src *:*; object-src 'none'"], "AnyHost"),
    (&["script-src *.com; object-src 'none'"], "AnyHost"),
    (&["script-src https://*.co.uk/x/; object-src 'none'"], "AnyHost"),
    (&["script-src *.example.com https://cdn.example.net/lib/; object-src 'none'"], ""),
    (&["script-src wss: ws:; object-src 'none'"], ""),
    (&["script-src data:; object-src 'none'"], "Data"),
    (&["script-src 'self' DATA:; object-src 'none'"], "Data"),
    (&["script-src 'self' blob:; object-src 'none'"], ""),
    (&["img-src data: *; script-src 'self'; object-src 'none'"], ""),
    (&["script-src 'none' *; object-src 'none'"], "AnyHost"),
    (&["script-src 'none' 'self'; object-src 'none'"], ""),
    (&["default-src https: data: 'unsafe-inline' 'unsafe-eval'"], "Inline AnyHost Data Eval Objects"),
    // CSP3 §8.2, 'strict-dynamic', and csp.withgoogle.com, strict CSP.
    (
        &[
            "object-src 'none'; script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' 'unsafe-inline' 'unsafe-eval' 'strict-dynamic' https: http:; base-uri 'none'; report-uri https://r.example/",
        ],
        "",
    ),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' 'strict-dynamic'; object-src 'none'"], "Base"),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' 'strict-dynamic'; object-src 'none'; base-uri *"], "Base"),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m'; object-src 'none'; base-uri 'self'"], ""),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m'; object-src 'none'"], "Base"),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m'", "default-src 'self'"], ""),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' https:; object-src 'none'; base-uri 'none'"], "AnyHost"),
    (&["script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' data:; object-src 'none'; base-uri 'none'"], "Data"),
    (&["script-src 'sha256-abc' 'strict-dynamic'; object-src 'none'"], "Base"),
    (&["script-src 'sha256-abc' 'strict-dynamic' https: data:; object-src 'none'; base-uri 'none'"], ""),
    (&["script-src 'sha256-abc'; object-src 'none'"], ""),
    (&["script-src 'strict-dynamic'; object-src 'none'"], ""),
    (&["script-src 'self' 'strict-dynamic' *; object-src 'none'"], ""),
    (&["default-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' 'strict-dynamic' https:; base-uri 'none'"], "Objects"),
    // CSP Evaluator: nonces must be long enough.
    (&["script-src 'nonce-abc'; object-src 'none'; base-uri 'none'"], "ShortNonce"),
    (&["script-src 'nonce-abcdefgh'; object-src 'none'; base-uri 'none'"], ""),
    (&["script-src 'nonce-abc'; object-src 'none'; base-uri 'none'", "script-src 'sha256-abc'"], ""),
    (
        &["script-src 'nonce-abc' 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m'; object-src 'none'; base-uri 'none'"],
        "ShortNonce",
    ),
    // CSP3 §4.4, EnsureCSPDoesNotBlockStringCompilation.
    (&["script-src 'self' 'unsafe-eval'; object-src 'none'"], "Eval"),
    (&["default-src 'self' 'Unsafe-Eval'"], "Eval"),
    (&["default-src 'self' 'unsafe-eval'; script-src 'self'"], ""),
    (&["default-src 'self'; script-src-elem 'self' 'unsafe-eval'"], ""),
    (&["script-src 'self' 'wasm-unsafe-eval'; object-src 'none'"], ""),
    (&["script-src 'self' 'unsafe-eval'; object-src 'none'; require-trusted-types-for 'script'"], ""),
    (&["script-src 'self' 'unsafe-eval'; object-src 'none'", "script-src 'self'"], ""),
    (&["script-src 'self' 'report-sample'; object-src 'none'"], ""),
    // HTML, sandboxing.
    (&["sandbox"], ""),
    (&["sandbox allow-forms allow-same-origin; script-src *"], ""),
    (&["sandbox ALLOW-scripts"], "Scripts Objects"),
    (&["sandbox allow-scripts", "sandbox"], ""),
];

#[test]
fn several_policies_leave_open_what_each_of_them_does() {
    assert!(CASES.len() >= 60);
    for (fields, want) in CASES {
        let policies = Policy::list(fields);
        let names = left(&policies).into_iter().map(|left| match left {
            Left::AnyHost(_) => "AnyHost".to_string(),
            Left::ShortNonce(_) => "ShortNonce".into(),
            other => format!("{other:?}"),
        });
        let mut names: Vec<String> = names.collect();
        let mut want: Vec<&str> = want.split_whitespace().collect();
        names.sort();
        want.sort_unstable();
        assert_eq!(names, want, "{fields:?}");
    }
}

#[test]
fn a_page_may_bring_a_policy_of_its_own() {
    let csp = "Content-Security-Policy";
    let strict = "default-src 'self'";
    for (fields, page, want) in [
        (&[(csp, strict)][..], None, (Status::Pass, "scripts come from 1 listed sources")),
        (&[(csp, strict)], Some(&[][..]), (Status::Pass, "scripts come from 1 listed sources")),
        (&[], Some(&[strict]), (Status::Pass, "scripts come from 1 listed sources")),
        (
            &[(csp, "default-src *")],
            Some(&["script-src 'none'; object-src 'none'"]),
            (Status::Pass, "no script runs"),
        ),
        (&[], Some(&["sandbox"]), (Status::Fail, "content-security-policy is absent")),
        (&[], Some(&[]), (Status::Fail, "content-security-policy is absent")),
        (&[], None, (Status::Unknown, "the content was not looked into for a policy of its own")),
        (&[(csp, " ; , ")], Some(&[]), (Status::Fail, "content-security-policy is absent")),
        (
            &[("Content-Security-Policy-Report-Only", strict)],
            Some(&[]),
            (Status::Fail, "content-security-policy-report-only stands alone, and blocks nothing"),
        ),
        (&[(csp, "sandbox")], Some(&[]), (Status::Pass, "sandbox without allow-scripts: no script runs")),
        (
            &[(csp, "script-src 'nonce-abcdefghij'; object-src 'none'; base-uri 'none'")],
            Some(&[]),
            (Status::Pass, "scripts need a nonce, of 10 characters where 128 bits have 22"),
        ),
        (
            &[(
                csp,
                "script-src 'nonce-R4nd0mR4nd0mR4nd0mR4nd0m' 'strict-dynamic' 'unsafe-eval'; object-src 'none'; base-uri 'none'",
            )],
            Some(&[]),
            (Status::Pass, "scripts need a nonce; 'unsafe-eval' stays allowed"),
        ),
        (&[(csp, "script-src 'sha256-abc'; object-src 'none'")], None, (Status::Pass, "scripts need a hash")),
        (
            &[(csp, "default-src 'self' https://*.com 'unsafe-inline'")],
            None,
            (
                Status::Fail,
                "'unsafe-inline' lets every inline script run; https://*.com lets scripts of every host run; object-src \
                 lets plugins of every host load",
            ),
        ),
    ] {
        let mut answer = response(200, fields, "x");
        let policies = |page: &&[&str]| page.iter().map(|text| (*text).into()).collect();
        answer.content.page =
            page.as_ref().map(|page| Markup { policies: policies(page), insecure: vec![], title: None });
        let (status, message) = content_security_policy(&answer);
        assert_eq!((status, message.as_str()), want, "{fields:?} {page:?}");
    }
}

#[test]
fn a_nonce_that_stands_in_two_answers_is_none() {
    use crate::judge::answered::tests::exchange;
    use crate::judge::headers::tests::{question, seen};
    use crate::observation::Ask;
    let page = |nonce: &str| {
        let policy = format!("script-src 'nonce-{nonce}'; style-src 'nonce-fixed'");
        Ok(exchange(vec![response(200, &[("Content-Security-Policy", &policy)], "x")]))
    };
    for (first, second, want) in [("a", "b", &[][..]), ("a", "a", &["a"])] {
        let answers = [(question(Ask::Visit, "/"), page(first)), (question(Ask::Again, "/"), page(second))];
        assert_eq!(repeated(&seen(answers)).into_iter().collect::<Vec<_>>(), want);
    }
}

proptest::proptest! {
    #[test]
    fn no_policy_is_too_odd(field in "\\PC{0,40}|([-a-z'=*()\"; :/,.]|script-src |'nonce-|'strict-dynamic' |sandbox ){0,40}") {
        let mut answer = response(200, &[("Content-Security-Policy", &field)], "x");
        answer.content.page = Some(Markup { policies: vec![field], insecure: vec![], title: None });
        let _ = content_security_policy(&answer);
        let _ = nonces::nonces(&answer);
    }
}
