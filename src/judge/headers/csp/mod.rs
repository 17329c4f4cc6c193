//! What the enforced policies of a page leave to somebody who can put markup into it (CSP3).

mod nonces;
mod policy;

pub(super) use nonces::{nonces, repeated};
pub(super) use policy::Policy;

use std::fmt;

use self::policy::Sources;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::Response;

/// All enforced policies together: each must let something through.
pub(super) fn content_security_policy(response: &Response) -> Word {
    let fields = response.values("content-security-policy");
    let mut policies = Policy::list(&fields);
    match &response.content.page {
        Some(page) => policies.extend(page.policies.iter().filter_map(|text| Policy::of_page(text))),
        None if policies.is_empty() => return unknown("the content was not looked into for a policy of its own"),
        None => {}
    }
    if policies.is_empty() {
        let reported = !response.values("content-security-policy-report-only").is_empty();
        return fail(match reported {
            true => "content-security-policy-report-only stands alone, and blocks nothing",
            false => "content-security-policy is absent",
        });
    }
    let left: Vec<String> = left(&policies).iter().map(Left::to_string).collect();
    if left.is_empty() { pass(held(&policies)) } else { fail(left.join("; ")) }
}

/// What is left open.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Scripts,
    Inline,
    Handlers,
    AnyHost(String),
    Data,
    Eval,
    Objects,
    Base,
    ShortNonce(usize),
}

/// CSP3 §6.8.3, get fetch directive fallback list; strings are compiled by script-src alone (CSP3 §4.4).
const ELEMENTS: [&str; 3] = ["script-src-elem", "script-src", "default-src"];
const ATTRIBUTES: [&str; 3] = ["script-src-attr", "script-src", "default-src"];
const STRINGS: [&str; 2] = ["script-src", "default-src"];
const OBJECTS: [&str; 2] = ["object-src", "default-src"];

fn left(policies: &[Policy]) -> Vec<Left> {
    if policies.iter().any(is_scriptless) {
        return vec![];
    }
    let all = |of: fn(&Policy) -> bool| policies.iter().all(of);
    let any = |of: fn(&Policy) -> bool| policies.iter().any(of);
    let mut left = vec![];
    if all(|p| p.sources(&ELEMENTS).is_none()) {
        left.push(Left::Scripts);
    } else {
        if all(|p| elements(p, |sources| sources.allow_all_inline())) {
            left.push(Left::Inline);
        } else if all(|p| p.sources(&ATTRIBUTES).is_none_or(Sources::allow_all_inline)) {
            left.push(Left::Handlers);
        }
        if all(|p| elements(p, |sources| open_host(sources).is_some())) {
            let first = policies.iter().find_map(|p| open_host(p.sources(&ELEMENTS)?));
            left.push(Left::AnyHost(first.unwrap_or_default().into()));
        }
        if all(|p| elements(p, |sources| sources.allow_data() && !sources.says("'strict-dynamic'"))) {
            left.push(Left::Data);
        }
        if all(|p| compiles(p) && !p.sources(&STRINGS).is_some_and(is_strict)) {
            left.push(Left::Eval);
        }
        let shortest = policies.iter().filter_map(|p| p.sources(&ELEMENTS)?.nonces().map(str::len).min()).max();
        if let Some(length) = shortest.filter(|length| *length < SHORT_NONCE)
            && all(|p| elements(p, |s| s.allow_all_inline() || s.nonces().any(|nonce| nonce.len() < SHORT_NONCE)))
        {
            left.push(Left::ShortNonce(length));
        }
        // Whoever sets the base has every relative script with a nonce, or loaded by one that may, come from his host.
        if any(|p| p.sources(&ELEMENTS).is_some_and(trusts_markup))
            && all(|p| elements(p, |s| trusts_markup(s) || s.any_host().is_some()))
            && all(|p| p.sources(&["base-uri"]).is_none_or(|sources| sources.any_host().is_some()))
        {
            left.push(Left::Base);
        }
    }
    if all(|p| p.sources(&OBJECTS).is_none_or(|sources| sources.any_host().is_some())) {
        left.push(Left::Objects);
    }
    left
}

/// Whether the policy lets script elements through: it says nothing of them, or its list does.
fn elements(policy: &Policy, list: impl Fn(Sources) -> bool) -> bool {
    policy.sources(&ELEMENTS).is_none_or(list)
}

/// CSP3 §8.2: `'strict-dynamic'` has hosts and schemes ignored.
fn open_host<'a>(sources: Sources<'a>) -> Option<&'a str> {
    sources.any_host().filter(|_| !sources.says("'strict-dynamic'"))
}

/// HTML, sandboxing: all scripts and plugins are off.
fn is_scriptless(policy: &Policy) -> bool {
    policy
        .value("sandbox")
        .is_some_and(|flags| !flags.iter().any(|flag| flag.eq_ignore_ascii_case("allow-scripts")))
}

/// Trusted Types take strings only from a policy of the page.
fn compiles(policy: &Policy) -> bool {
    let trusted = policy
        .value("require-trusted-types-for")
        .is_some_and(|sinks| sinks.iter().any(|sink| sink.eq_ignore_ascii_case("'script'")));
    !trusted && policy.sources(&STRINGS).is_none_or(|sources| sources.says("'unsafe-eval'"))
}

fn is_strict(sources: Sources) -> bool {
    sources.says("'strict-dynamic'") && (sources.nonces().next().is_some() || sources.has_hash())
}

/// Scripts run by a mark in the markup, wherever they come from.
fn trusts_markup(sources: Sources) -> bool {
    sources.nonces().next().is_some() || is_strict(sources)
}

/// Fewer characters are tried out; CSP Evaluator has the same limit. CSP3 §7.1 asks for 128 bits, which have 22.
const SHORT_NONCE: usize = 8;
const WHOLE_NONCE: usize = 22;

/// What the strictest policy asks of scripts.
fn held(policies: &[Policy]) -> String {
    let lists = || policies.iter().filter_map(|policy| policy.sources(&ELEMENTS));
    let short = lists().flat_map(Sources::nonces).map(str::len).min().filter(|length| *length < WHOLE_NONCE);
    let base = if policies.iter().any(is_scriptless) {
        "sandbox without allow-scripts: no script runs".into()
    } else if lists().any(Sources::is_none) {
        "no script runs".into()
    } else if let Some(length) = short {
        format!("scripts need a nonce, of {length} characters where 128 bits have {WHOLE_NONCE}")
    } else if lists().any(|sources| sources.nonces().next().is_some()) {
        "scripts need a nonce".into()
    } else if lists().any(Sources::has_hash) {
        "scripts need a hash".into()
    } else {
        format!("scripts come from {} listed sources", lists().map(Sources::len).min().unwrap_or_default())
    };
    let eval = policies.iter().all(compiles) && !policies.iter().any(is_scriptless);
    if eval { format!("{base}; 'unsafe-eval' stays allowed") } else { base }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Scripts => f.write_str("neither script-src nor default-src is there, so any script runs"),
            Self::Inline => f.write_str("'unsafe-inline' lets every inline script run"),
            Self::Handlers => f.write_str("'unsafe-inline' lets every event handler run"),
            Self::AnyHost(source) => write!(f, "{source} lets scripts of every host run"),
            Self::Data => f.write_str("data: lets every script run"),
            Self::Eval => f.write_str("'unsafe-eval' lets strings run"),
            Self::Objects => f.write_str("object-src lets plugins of every host load"),
            Self::Base => f.write_str("base-uri is open, so a <base> has scripts with a nonce come from any host"),
            Self::ShortNonce(length) => write!(f, "a nonce of {length} characters can be tried out"),
        }
    }
}

#[cfg(test)]
mod tests;
