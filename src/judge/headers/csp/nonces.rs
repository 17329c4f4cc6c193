//! Whether a nonce is one: a value that stands in two answers is known to whoever asked once.

use std::collections::{BTreeMap, BTreeSet};

use super::ELEMENTS;
use super::policy::Policy;
use crate::observation::{Ask, Http, Response, Seen};

/// The nonces of scripts that more than one plain answer had.
pub(in crate::judge::headers) fn repeated(seen: &Seen) -> BTreeSet<String> {
    let plain = |ask: &Ask| matches!(ask, Ask::Visit | Ask::Again | Ask::Absent);
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for o in seen.asked::<Http>().filter(|o| plain(&o.question.ask)) {
        if let Ok(exchange) = &o.outcome {
            for nonce in nonces(&exchange.last().response) {
                *met.entry(nonce).or_default() += 1;
            }
        }
    }
    met.into_iter().filter(|(_, times)| *times > 1).map(|(nonce, _)| nonce).collect()
}

/// Each nonce that a policy of the answer lets scripts run by.
pub(in crate::judge::headers) fn nonces(response: &Response) -> BTreeSet<String> {
    let fields = response.values("content-security-policy");
    let page = response.content.page.iter().flat_map(|page| &page.policies);
    let policies = Policy::list(&fields).into_iter().chain(page.filter_map(|text| Policy::of_page(text)));
    policies
        .flat_map(|p| p.sources(&ELEMENTS).map(|s| s.nonces().map(String::from).collect::<Vec<_>>()))
        .flatten()
        .collect()
}
