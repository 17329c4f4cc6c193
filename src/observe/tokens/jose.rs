//! JSON Web Signatures, and the encrypted sessions of Auth.js.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use serde_json::Value;

use super::base64::url_safe;
use super::digest::Hash;
use super::trial::{Issued, Trial};
use crate::observation::TokenKind;

/// `None`: it is no JOSE object. One that is signed by a key pair has no trials: nobody can guess at it.
pub fn read(issued: &Issued) -> Option<Vec<Trial<'_>>> {
    let text = bare(&issued.text);
    let parts: Vec<&str> = text.splitn(6, '.').collect();
    let (3 | 5) = parts.len() else { return None };
    let header: BTreeMap<String, Value> = serde_json::from_slice(&url_safe(parts[0])?).ok()?;
    let named = |name: &str| header.get(name).and_then(Value::as_str);
    let algorithm = named("alg")?;
    Some(match parts[..] {
        [first, second, signature] => {
            signed(text, algorithm, second, signature, first.len() + 1 + second.len()).into_iter().collect()
        }
        [first, "", iv, content, tag] if algorithm == "dir" => {
            let sealed =
                Sealed { header: first, iv: url_safe(iv)?, content: url_safe(content)?, tag: url_safe(tag)? };
            encrypted(sealed, named("enc")?, issued.cookie.as_deref()).into_iter().collect()
        }
        _ => vec![],
    })
}

/// Auth.js sets `random|hash` before anybody signs in: the hash is SHA-256 of what is before the bar and the secret
/// (next-auth, `core/lib/csrf-token.ts`).
pub fn csrf(issued: &Issued) -> Option<Trial<'_>> {
    let (token, hash) = issued.text.split_once('|')?;
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let named = issued.cookie.as_ref().is_some_and(|name| name.ends_with("csrf-token"));
    if !named || !is_digest(token) || !is_digest(hash) {
        return None;
    }
    let hash = super::candidates::hex(hash)?;
    Some(Trial::new(TokenKind::AuthJs, "SHA-256", move |secret| {
        Hash::Sha256.digest(&[token.as_bytes(), secret]).as_ref() == hash
    }))
}

/// Without the scheme that some put before it (RFC 6750 §2.1).
fn bare(text: &str) -> &str {
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => text[7..].trim_start(),
        _ => text,
    }
}

/// RFC 7515 §5.2, RFC 7518 §3.
fn signed<'a>(text: &'a str, algorithm: &str, payload: &str, signature: &str, length: usize) -> Option<Trial<'a>> {
    let hash = match algorithm {
        "HS256" => Hash::Sha256,
        "HS384" => Hash::Sha384,
        "HS512" => Hash::Sha512,
        // RFC 7518 §3.6: unsecured, with an empty signature. Careless libraries take it in any case.
        none if none.eq_ignore_ascii_case("none") && signature.is_empty() => {
            serde_json::from_slice::<BTreeMap<String, Value>>(&url_safe(payload)?).ok()?;
            return Some(Trial { kind: TokenKind::Jws, algorithm: "none".into(), fits: None });
        }
        _ => return None,
    };
    let tag = url_safe(signature)?;
    let input = &text[..length];
    Some(Trial::new(TokenKind::Jws, algorithm, move |secret| hash.made(secret, &[input.as_bytes()], &tag)))
}

/// RFC 7516 §3.1, without an encrypted key.
struct Sealed<'a> {
    header: &'a str,
    iv: Vec<u8>,
    content: Vec<u8>,
    tag: Vec<u8>,
}

/// next-auth 4, `jwt/index.ts`: A256GCM; @auth/core, `jwt.ts`: A256CBC-HS512, with the name of the cookie as salt.
fn encrypted<'a>(sealed: Sealed<'a>, encryption: &str, cookie: Option<&'a str>) -> Option<Trial<'a>> {
    let names: Vec<&str> = match cookie {
        Some(name) => vec![name],
        None => vec!["authjs.session-token", "__Secure-authjs.session-token"],
    };
    match encryption {
        "A256GCM" => Some(Trial::new(TokenKind::AuthJs, "A256GCM", move |secret| {
            let session = key::<32>(secret, "", NEXT_AUTH);
            let others = names.iter().flat_map(|name| {
                [(NEXT_AUTH, name), (AUTH_JS, name)]
                    .map(|(info, name)| key(secret, name, &format!("{info} ({name})")))
            });
            [session].into_iter().chain(others).any(|key| sealed.opens(key))
        })),
        "A256CBC-HS512" => Some(Trial::new(TokenKind::AuthJs, "A256CBC-HS512", move |secret| {
            let mut keys = names.iter().map(|name| key(secret, name, &format!("{AUTH_JS} ({name})")));
            keys.any(|key| sealed.is_made_with(key))
        })),
        _ => None,
    }
}

impl Sealed<'_> {
    /// RFC 7518 §5.3.
    fn opens(&self, key: Option<[u8; 32]>) -> bool {
        let opened = || {
            let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key?).ok()?);
            let nonce = Nonce::try_assume_unique_for_key(&self.iv).ok()?;
            let mut content = [&self.content[..], &self.tag[..]].concat();
            key.open_in_place(nonce, Aad::from(self.header.as_bytes()), &mut content).ok()?;
            Some(())
        };
        opened().is_some()
    }

    /// RFC 7518 §5.2.2.2: the first half of the key is the MAC's, and so is the first half of the MAC the tag.
    fn is_made_with(&self, key: Option<[u8; 64]>) -> bool {
        let bits = (self.header.len() as u64 * 8).to_be_bytes();
        let parts = [self.header.as_bytes(), &self.iv, &self.content, &bits];
        key.is_some_and(|key| Hash::Sha512.mac(&key[..32], &parts).as_ref()[..32] == self.tag)
    }
}

/// RFC 5869, with SHA-256.
fn key<const N: usize>(secret: &[u8], salt: &str, info: &str) -> Option<[u8; N]> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut key = [0; N];
    let info = [info.as_bytes()];
    let extracted = Salt::new(HKDF_SHA256, salt.as_bytes()).extract(secret);
    extracted.expand(&info, Length(N)).ok()?.fill(&mut key).ok()?;
    Some(key)
}

const NEXT_AUTH: &str = "NextAuth.js Generated Encryption Key";
const AUTH_JS: &str = "Auth.js Generated Encryption Key";
