//! certificate-key-strong, certificate-signature-strong: nobody else can compute the keys or make the signatures.

use super::each;
use super::path::{Path, judged, label};
use crate::finding::Verdict;
use crate::judge::{Word, fail, pass};
use crate::observation::{Certificate, Key, Seen};
use crate::spec::Spec;

/// NIST SP 800-57 part 1, table 2: 112 bits of security and more.
pub(super) fn key_strong(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |_: &_| "RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519".into();
    each(spec, seen, expected, |_, handshake| match judged(spec, seen, handshake) {
        Ok(path) => every(&path, "key", |c| (is_strong(&c.key), words(&c.key))),
        Err(message) => fail(message),
    })
}

/// RFC 9155 for SHA-1 and MD5. The root is not on the path: it is trusted without its signature.
pub(super) fn signature_strong(spec: &Spec, seen: &Seen) -> Vec<Verdict> {
    let expected = |_: &_| "signatures with SHA-256 or better".into();
    each(spec, seen, expected, |_, handshake| match judged(spec, seen, handshake) {
        Ok(path) => every(&path, "signature", |c| (c.signature.hash.is_sound(), c.signature.name.clone())),
        Err(message) => fail(message),
    })
}

fn every(path: &Path, what: &str, look: impl Fn(&Certificate) -> (bool, String)) -> Word {
    let (mut strong, mut weak) = (vec![], vec![]);
    for (depth, c) in path.certificates.iter().enumerate() {
        match look(c) {
            (true, words) => strong.push(words),
            (false, words) => weak.push(format!("{what} of the {} is {words}", label(depth, c))),
        }
    }
    let caveat = path.caveat();
    match (&strong[..], &weak[..]) {
        ([], []) => fail("no certificate was sent"),
        ([only], []) => pass(format!("{what} is {only}{caveat}")),
        (all, []) => pass(format!("{what}s are {}{caveat}", all.join(", "))),
        (_, weak) => fail(format!("{}{caveat}", weak.join(", "))),
    }
}

fn is_strong(key: &Key) -> bool {
    match key {
        Key::Rsa(bits) => *bits >= 2048,
        Key::P256 | Key::P384 | Key::P521 | Key::Ed25519 | Key::Ed448 => true,
        Key::Other(_) => false,
    }
}

fn words(key: &Key) -> String {
    match key {
        Key::Rsa(bits) => format!("RSA {bits}"),
        Key::P256 => "P-256".into(),
        Key::P384 => "P-384".into(),
        Key::P521 => "P-521".into(),
        Key::Ed25519 => "Ed25519".into(),
        Key::Ed448 => "Ed448".into(),
        Key::Other(oid) => format!("of another kind ({oid})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::issued::*;
    use super::*;
    use crate::finding::Status::{Fail, Pass};

    const APP: &str = "app.example.com";

    #[test]
    fn keys_of_the_path_are_strong() {
        let root = root("Root");
        let middle = root.below("Middle", |_| {});
        for (algorithm, message) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, "keys are P-256, P-256"),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "keys are P-384, P-256"),
            (&rcgen::PKCS_ECDSA_P521_SHA512, "keys are P-521, P-256"),
            (&rcgen::PKCS_ED25519, "keys are Ed25519, P-256"),
            (&rcgen::PKCS_RSA_SHA256, "keys are RSA 2048, P-256"),
        ] {
            let leaf = middle.leaf_of(algorithm, &[APP], |_| {});
            let found = only(key_strong(&trusting(&root), &shown(APP, &[&leaf, &middle.der])));
            assert_eq!(found, (Pass, message.into()));
        }
    }

    #[test]
    fn short_keys_and_old_hashes_fail() {
        let root = made(ROOT_2048);
        let spec = trusting_der(&root);
        let old = made(ROOT_1024);
        let no_path = "; no path verifies, so what was sent is judged";
        let judge =
            |check: fn(&Spec, &Seen) -> Vec<Verdict>, chain: &[&[u8]]| only(check(&spec, &shown(APP, chain)));
        let weak = made(LEAF_1024);
        assert_eq!(judge(key_strong, &[&weak]), (Fail, "key of the certificate is RSA 1024".into()));
        assert_eq!(judge(signature_strong, &[&weak]), (Pass, "signature is RSA with SHA-256".into()));
        let sha1 = made(LEAF_SHA1);
        assert_eq!(judge(key_strong, &[&sha1]), (Pass, format!("key is RSA 2048{no_path}")));
        let message = format!("signature of the certificate is RSA with SHA-1{no_path}");
        assert_eq!(judge(signature_strong, &[&sha1]), (Fail, message));
        // A root that was sent is no part of the path.
        let by_old = made(LEAF_BY_1024);
        assert_eq!(judge(key_strong, &[&by_old, &old]), (Pass, format!("key is P-256{no_path}")));
        let v1 = made(LEAF_V1);
        assert_eq!(judge(key_strong, &[&v1, &root]), (Pass, format!("key is P-256{no_path}")));
    }

    #[test]
    fn what_is_off_the_path_does_not_matter() {
        let root = root("Root");
        let leaf = root.leaf(&[APP], |_| {});
        let found = only(signature_strong(&trusting(&root), &shown(APP, &[&leaf, &made(LEAF_SHA1)])));
        assert_eq!(found, (Pass, "signature is ECDSA with SHA-256".into()));
    }
}
