//! Tokens that the libraries made, tokens that nobody can read, and what is no token.

use std::fs;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// An answer with a token in it (`tests/tokens/vectors`).
#[derive(Deserialize)]
struct Vector {
    made_by: String,
    /// None: no secret signs it.
    kind: Option<TokenKind>,
    algorithm: Option<String>,
    place: Option<TokenPlace>,
    /// None: nobody knows it.
    secret: Option<String>,
    fields: Vec<(String, String)>,
    body: String,
}

#[expect(clippy::disallowed_methods, reason = "a test reads its cases, and where fresh ones are")]
fn vectors() -> Vec<Vector> {
    let committed = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tokens/vectors.json"));
    match std::env::var("GOLIVE_VECTORS") {
        Ok(file) => {
            let fresh = fs::read_to_string(file).unwrap();
            fresh.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
        Err(_) => serde_json::from_str(committed).unwrap(),
    }
}

fn raw(fields: &[(&str, &str)], body: &str) -> Raw {
    let fields = fields.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect();
    Raw { status: 200, fields, body: body.into(), cut: false }
}

#[test]
fn the_libraries_own_tokens_are_recognised_and_a_known_secret_fits() {
    let known: Vec<String> = known::known().map(|(_, value)| value).collect();
    let (all, mut libraries) = (vectors(), std::collections::BTreeSet::new());
    let (golives, none) = (Tokens::new(&[]), Candidate { name: ".env:3 OTHER".into(), value: "another".into() });
    for vector in &all {
        let Vector { made_by, kind, algorithm, place, secret, fields, body } = vector;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let raw = raw(&fields, body);
        let is_known = secret.as_ref().is_some_and(|secret| known.contains(secret));
        // Secrets that are in no list come from a file of the owner's.
        let own = secret.iter().map(|value| Candidate { name: ".env:7 APP_SECRET".into(), value: value.clone() });
        let owners = Tokens::new(&own.chain([none.clone()]).collect::<Vec<_>>());
        for (tokens, fits, own) in
            [(&golives, is_known, 0), (&owners, secret.is_some(), 1 + secret.iter().count())]
        {
            let found = tokens.of(&raw, false);
            let Some(kind) = kind else {
                assert_eq!(found, [], "{made_by}");
                continue;
            };
            let token = found.iter().find(|token| Some(&token.place) == place.as_ref());
            let token = token.unwrap_or_else(|| panic!("{made_by}: {place:?} {fields:?} {body}: {found:?}"));
            assert_eq!(token.fits.is_some(), fits, "{made_by}: {fields:?} {body} {token:?}");
            assert!(token.kind == *kind || fits != secret.is_some(), "{made_by}: {fields:?} {body} {token:?}");
            assert_eq!(Some(&token.algorithm), algorithm.as_ref(), "{made_by}: {token:?}");
            if own > 0 && fits {
                assert_eq!(token.fits.as_deref(), Some(".env:7 APP_SECRET"));
            }
            if token.algorithm != "none" {
                assert_eq!((token.known as usize > 400, token.own as usize), (true, own), "{made_by}: {token:?}");
            }
        }
        libraries.insert(made_by.rsplit_once(' ').unwrap().0.to_string());
    }
    let want = [
        "@auth/core",
        "Django",
        "Flask",
        "PyJWT",
        "cookie-session",
        "cookie-signature",
        "cryptography",
        "express-session",
        "iron-session",
        "itsdangerous",
        "jsonwebtoken",
        "keygrip",
        "next-auth",
        "starlette",
    ];
    assert_eq!(libraries, want.map(String::from).into());
}

#[test]
fn what_is_no_token_is_none() {
    let tokens = Tokens::new(&[]);
    let id = "4f3c2b1a09f8e7d6c5b4a3928170605f4f3c2b1a09f8e7d6c5b4a3928170605f";
    for (fields, body) in [
        (&[("Set-Cookie", "sid=4f3c2b1a09f8e7d6c5b4a3928170605f; Path=/")][..], ""),
        (
            &[
                ("Set-Cookie", "session=null"),
                ("Set-Cookie", "a="),
                ("Set-Cookie", "; Secure"),
                ("Set-Cookie", ""),
            ],
            "",
        ),
        (
            &[
                ("Set-Cookie", "_ga=GA1.2.1234567890.1700000000"),
                ("Set-Cookie", "csrftoken=Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy"),
            ],
            "",
        ),
        (&[("Set-Cookie", "XSRF-TOKEN=eyJpdiI6Ik1ZeW5kZz09IiwidmFsdWUiOiJhIiwibWFjIjoiYiIsInRhZyI6IiJ9")], ""),
        (
            &[("ETag", "W/\"686897696a7c876b7e-18c5a3b2f00\""), ("X-Request-Id", id), ("Server", "nginx/1.22.1")],
            "",
        ),
        (&[("Content-Security-Policy", "script-src 'nonce-dGhpcyBpcyBhIG5vbmNlIHRoYXQgaXMgbG9uZw=='")], ""),
        (&[("Link", "</a.0123456789abcdef0123456789abcdef.js>; rel=preload")], ""),
        (
            &[],
            r#"{"id":"4f3c2b1a-09f8-e7d6-c5b4-a39281706050","text":"no. token. here at all, only words and words"}"#,
        ),
        (&[], r#"{"integrity":"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"}"#),
        (&[], "<html>eyJhbGciOiJIUzI1NiJ9.e30.XmNK3GpH3Ys_7wsYBfq4C3M6goz71I7dTgUkuIa5lyQ</html>"),
        (&[("Set-Cookie", "a=eyJhbGciOiJIUzI1NiJ9.e30"), ("Set-Cookie", "b=..."), ("Set-Cookie", "c=::")], "[[[["),
    ] {
        assert_eq!(tokens.of(&raw(fields, body), false), [], "{fields:?} {body}");
    }
}

#[test]
fn a_place_has_one_token_and_a_key_that_may_be_a_secret_has_no_name() {
    let tokens = Tokens::new(&[]);
    // Of PyJWT, by `secret`.
    let known = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.XmNK3GpH3Ys_7wsYBfq4C3M6goz71I7dTgUkuIa5lyQ";
    let known = jwt(known);
    let body =
        format!(r#"{{"c4nary-00f3d9a1b7e5":"{known}","c4nary-11f3d9a1b7e5":"{known}","it's":["{known}"]}}"#);
    let found = tokens
        .of(&raw(&[("Set-Cookie", &format!("t={known}")), ("Set-Cookie", &format!("t={known}"))], &body), false);
    let places: Vec<String> = found.iter().map(|token| format!("{:?}", token.place)).collect();
    assert_eq!(places, [r#"Cookie("t")"#, r#"Json("$[*]")"#, r#"Json("$[*][0]")"#]);
    assert!(found.iter().all(|token| token.fits.as_deref() == Some("a word that is tried first")), "{found:?}");
    assert!(tokens.of(&raw(&[], &body), true).is_empty(), "what is coded is not looked into");
}

#[test]
fn a_run_tries_so_many_tokens_of_a_place_and_says_which_it_did_not() {
    let tokens = Tokens::new(&[]);
    let token = |number: usize| {
        let value = format!("s%3A{number}.{}", "A".repeat(43));
        tokens.of(&raw(&[("Set-Cookie", &format!("sid={value}"))], ""), false).remove(0)
    };
    let tried: Vec<bool> = (0..=MOST_OF_PLACE).map(|number| token(number).known > 0).collect();
    assert_eq!(tried.iter().filter(|tried| **tried).count(), MOST_OF_PLACE);
    assert!(token(0).known > 0 && token(MOST_OF_PLACE).known == 0);
    let mut tried = Tried { work: MOST_WORK - 5, ..Tried::default() };
    let place = |number: usize| TokenPlace::Cookie(number.to_string());
    assert!(!tried.takes(&place(0), 6) && tried.takes(&place(0), 5) && !tried.takes(&place(0), 1));
    let mut tried = Tried::default();
    assert!((0..MOST_PLACES).all(|number| tried.takes(&place(number), 0)));
    assert!(!tried.takes(&place(MOST_PLACES), 0) && tried.takes(&place(0), 0));
}

/// The same with a signature by `secret`.
fn jwt(token: &str) -> String {
    let (input, _) = token.rsplit_once('.').unwrap();
    let tag = Hash::Sha256.mac(b"secret", &[input.as_bytes()]);
    use ::base64::Engine as _;
    format!("{input}.{}", ::base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

proptest! {
    #[test]
    fn no_text_is_too_odd(
        text in "\\PC{0,60}|[-_.:*~|%=s\"\\\\A-Za-z0-9]{0,120}|(Fe26\\.2|eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0|gAAAA|[.*~:][A-Za-z0-9_-]{0,90}){1,9}",
        name in "[a-z.0-9]{1,12}|csrf-token|\\PC{0,8}",
    ) {
        let issued = Issued {
            place: TokenPlace::Cookie(name.clone()),
            cookie: Some(name.clone()),
            text: text.clone(),
            signed: Some((text.clone(), text.clone())),
        };
        for trial in trials(&issued) {
            for secret in [&b""[..], b"secret", &[0; 32], &[7; 64]] {
                prop_assert!(!trial.fits.as_ref().is_some_and(|fits| fits(secret)), "{text}");
            }
        }
        let fields = [("Set-Cookie", format!("{name}={text}")), ("Set-Cookie", format!("{name}.0={text}; x"))];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for answer in [raw(&fields, &text), raw(&[("X-Any", &text)], &format!("{{\"a\":[\"{text}\"]}}"))] {
            issued::issued(&answer, false).iter().for_each(|issued| drop(trials(issued)));
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let answer = Raw { status: 200, fields: vec![("Set-Cookie".into(), bytes.clone())], body: bytes, cut: true };
        issued::issued(&answer, false).iter().for_each(|issued| drop(trials(issued)));
    }
}
