//! Which features of the browser a page gives up.

use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};

use crate::judge::{Word, fail, pass};
use crate::observation::Response;

/// Permissions Policy §6.1: a structured dictionary (RFC 9651), or nothing at all.
/// `off` are the features that the owner promises to switch off.
pub(super) fn permissions_policy(off: &[String], response: &Response) -> Word {
    let fields = response.values("permissions-policy");
    let policy = match Parser::new(&fields.join(", ")).parse::<Dictionary>() {
        _ if fields.is_empty() => return fail("permissions-policy is absent"),
        Err(error) => return fail(format!("permissions-policy is no structured dictionary ({error})")),
        Ok(policy) if policy.is_empty() => return fail("permissions-policy is empty"),
        Ok(policy) => policy,
    };
    if let Some((feature, _)) = policy.iter().find(|(_, allowlist)| grants_all(allowlist)) {
        return fail(format!("permissions-policy grants {feature} to every site"));
    }
    let is_off = |feature: &&String| matches!(policy.get(feature.as_str()), Some(ListEntry::InnerList(list)) if list.items.is_empty());
    match off.iter().find(|feature| !is_off(feature)) {
        Some(feature) => fail(format!("permissions-policy does not switch off {feature}")),
        None => pass(format!("permissions-policy restricts {} features", policy.len())),
    }
}

/// What the owner promises.
pub(super) fn expected(off: &[String]) -> String {
    match off {
        [] => "a dictionary that grants nothing to *".into(),
        off => off.iter().map(|feature| format!("{feature}=()")).collect::<Vec<_>>().join(", "),
    }
}

fn grants_all(allowlist: &ListEntry) -> bool {
    let everybody = |item: &Item| matches!(&item.bare_item, BareItem::Token(token) if token.as_str() == "*");
    match allowlist {
        ListEntry::Item(item) => everybody(item),
        ListEntry::InnerList(list) => list.items.iter().any(everybody),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;
    use crate::judge::answered::tests::response;

    #[test]
    fn a_dictionary_that_grants_nothing_to_everybody() {
        for (values, off, want) in [
            (&["camera=(), microphone=()"][..], &[][..], Status::Pass),
            (&["camera=()", "microphone=(self \"https://meet.example\")"], &["camera"], Status::Pass),
            (&["no-such-feature=()"], &[], Status::Pass),
            (&["camera=self"], &[], Status::Pass),
            (&["camera=self"], &["camera"], Status::Fail),
            (&["camera=()"], &["camera", "geolocation"], Status::Fail),
            (&["camera=*, camera=()"], &["camera"], Status::Pass),
            (&["camera=*"], &[], Status::Fail),
            (&["camera=(self *)"], &[], Status::Fail),
            (&["camera=*;report-to=x"], &[], Status::Fail),
            (&["camera 'none'; microphone 'none'"], &[], Status::Fail),
            (&["Camera=()"], &[], Status::Fail),
            (&["camera=(),"], &[], Status::Fail),
            (&[""], &[], Status::Fail),
            (&[], &[], Status::Fail),
        ] {
            let off: Vec<String> = off.iter().map(|feature: &&str| (*feature).into()).collect();
            let fields: Vec<(&str, &str)> = values.iter().map(|value| ("Permissions-Policy", *value)).collect();
            let (status, message) = permissions_policy(&off, &response(200, &fields, "x"));
            assert_eq!(status, want, "{values:?}: {message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_field_is_too_odd(field in "\\PC{0,40}|[-a-z'=*()\"; :/,.]{0,60}") {
            let fields = [("Permissions-Policy", field.as_str()), ("Permissions-Policy", "camera=()")];
            let _ = permissions_policy(&["camera".into()], &response(200, &fields, "x"));
        }
    }
}
