//! certificate-trusted: a path to a root, or the reason why there is none.

use super::dates::out_of_date;
use super::each;
use super::path::{Sent, verify};
use super::reason::reason;
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass, unknown};
use crate::observation::{Handshake, Seen};
use crate::spec::{Roots, Spec};
use crate::target::Endpoint;

/// A path to a root exists. Whether it is in date is `certificate-in-date`'s word; where both fail, both are said.
pub(super) fn trusted(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |_: &_| spec.promised(&format!("a path to {}", roots(spec)), "certificate.roots");
    each(spec, seen, expected, |at, handshake| led_to_root(spec, seen, at, handshake))
}

pub(super) fn led_to_root(spec: &Spec, seen: &Seen, _: &Endpoint, handshake: &Handshake) -> Word {
    match verify(spec, seen, handshake) {
        Ok(sent) => word(spec, seen, handshake, &sent),
        Err(message) => fail(message),
    }
}

fn word(spec: &Spec, seen: &Seen, handshake: &Handshake, sent: &Sent) -> Word {
    let now = seen.started_at();
    match &sent.verified {
        Ok(_) if !handshake.key_proven => {
            unknown("the chain leads to a root, but the server did not prove that it holds the key")
        }
        Ok(path) => match out_of_date(path, now) {
            None => pass(format!("trusted by {}", roots(spec))),
            Some(_) => pass(format!("trusted by {}, but not in date", roots(spec))),
        },
        Err(why) => {
            let also = out_of_date(sent.below_root(), now).map_or(String::new(), |date| format!("; {date}"));
            let cut = if sent.cut {
                format!("; only the first {} certificates are kept", sent.sizes.len())
            } else {
                String::new()
            };
            fail(format!("{}{also}{cut}", reason(spec, sent, why)))
        }
    }
}

/// The root list, dated by its version.
pub(super) fn roots(spec: &Spec) -> String {
    match spec.certificate.roots {
        Roots::Mozilla => format!("the Mozilla roots of webpki-roots {WEBPKI_ROOTS}"),
        Roots::Own(_) => "certificate.roots".into(),
    }
}

const WEBPKI_ROOTS: &str = "1.0.10";

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{self, Fail, Pass, Unknown};

    const APP: &str = "app.example.com";

    fn judge(spec: &Spec, chain: &[&[u8]]) -> (Status, String) {
        only(trusted(spec, &shown(APP, chain)))
    }

    #[test]
    fn certificates_beside_the_path_do_no_harm() {
        let (root, old) = (root("New Root"), root("Old Root"));
        let middle = root.below("Middle", |_| {});
        let leaf = middle.leaf(&[APP], |_| {});
        let crossed = root.cross(&old);
        let stale = middle.cross(&old);
        let expired = old.below("Middle", |p| valid(p, -300, -30));
        for others in [
            vec![&middle.der, &crossed.der],
            vec![&crossed.der, &middle.der],
            vec![&stale.der, &middle.der],
            vec![&expired.der, &middle.der, &old.der],
        ] {
            let chain: Vec<&[u8]> =
                std::iter::once(&leaf[..]).chain(others.into_iter().map(|der| &der[..])).collect();
            assert_eq!(judge(&trusting(&root), &chain), (Pass, "trusted by certificate.roots".into()));
        }
        // The owner of the old root sees a path through the cross-signed ones.
        assert_eq!(judge(&trusting(&old), &[&leaf, &middle.der, &crossed.der]).0, Pass);
    }

    #[test]
    fn every_curve_of_the_root_list_verifies() {
        for algorithm in [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ECDSA_P521_SHA512,
            &rcgen::PKCS_ED25519,
            &rcgen::PKCS_RSA_SHA256,
        ] {
            let root = root_of("Root", algorithm);
            let leaf = root.leaf_of(algorithm, &[APP], |_| {});
            assert_eq!(judge(&trusting(&root), &[&leaf]).0, Pass, "{algorithm:?}");
        }
    }

    #[test]
    fn a_certificate_that_the_owner_pinned_is_its_own_root() {
        let own = self_signed(&[APP]);
        assert_eq!(judge(&trusting_der(&own), &[&own]), (Pass, "trusted by certificate.roots".into()));
    }

    #[test]
    fn a_chain_without_proof_of_the_key_is_not_trusted() {
        let root = root("Root");
        let unproven = Handshake { key_proven: false, ..handshake(&[&root.leaf(&[APP], |_| {})]) };
        assert_eq!(only(trusted(&trusting(&root), &shown_as(APP, unproven))).0, Unknown);
    }

    #[test]
    fn a_chain_that_was_cut_says_so() {
        let root = root("Root");
        let cut = Handshake { chain_cut: true, ..handshake(&[&self_signed(&[APP])]) };
        let (status, message) = only(trusted(&trusting(&root), &shown_as(APP, cut)));
        assert_eq!(status, Fail);
        assert!(message.ends_with("; only the first 1 certificates are kept"), "{message}");
    }

    #[test]
    fn a_private_chain_is_unknown_to_mozilla() {
        let root = root("Root");
        let (status, message) = judge(&Spec::of(site(APP)), &[&root.leaf(&[APP], |_| {}), &root.der]);
        assert_eq!(status, Fail);
        assert!(message.ends_with("the Mozilla roots of webpki-roots 1.0.10"), "{message}");
    }

    #[test]
    fn the_root_list_is_dated_by_the_version_that_is_built_in() {
        let lock: toml::Table = include_str!("../../../Cargo.lock").parse().unwrap();
        let packages = lock["package"].as_array().unwrap();
        let roots = packages.iter().find(|p| p["name"].as_str() == Some("webpki-roots")).unwrap();
        assert_eq!(roots["version"].as_str(), Some(WEBPKI_ROOTS));
    }
}
