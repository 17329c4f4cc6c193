//! What is a secret, and what only looks like one. The texts are put together here: no scanner of this repository may
//! take them for real.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};

use super::*;

fn found_with(values: &Values, text: &[u8]) -> Vec<Found> {
    let mut finder = Finder::new(values);
    finder.read(text);
    finder.finish()
}

fn kinds(text: &str) -> Vec<String> {
    found_with(&Values::default(), text.as_bytes()).into_iter().map(|found| found.kind).collect()
}

/// Digits and letters without an order: a text of that length.
fn drawn(length: usize) -> String {
    const ALL: &[u8] = b"q7Xk2VbN9wRt4HsLz8JcFy3PmGd5TnQa6WeUo1KvBi0ZxSrYhCjEfDgMpAlIuO";
    let mut at = 11;
    let next = |_| {
        at = (at * 13 + 7) % ALL.len();
        char::from(ALL[(at * at + at) % ALL.len()])
    };
    (0..length).map(next).collect()
}

fn hex(length: usize) -> String {
    drawn(length * 4).bytes().map(|b| char::from(b"0123456789abcdef"[usize::from(b % 16)])).take(length).collect()
}

/// `ghp_` and its like: 30 characters and their checksum. The one of GitHub's announcement, turned around, with its own.
fn checked(begin: &str) -> String {
    format!("{begin}{}{}", "Jkxkdsnk5ncVHcp9A4iROoSTuBWQz7", "4")
}

fn jwt(claims: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims), drawn(43))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[test]
fn a_token_is_told_by_its_form() {
    let d = drawn;
    for (text, kind) in [
        (["sk_li", "ve_", &d(24)].concat(), "live secret key (sk_live_)"),
        (["sk_li", "ve_51", &d(97)].concat(), "live secret key (sk_live_)"),
        (["rk_li", "ve_", &d(24)].concat(), "live restricted key (rk_live_)"),
        (["whs", "ec_", &d(32)].concat(), "webhook signing secret (whsec_)"),
        (["github_", "pat_", &d(22), "_", &d(59)].concat(), "GitHub fine-grained token"),
        (["glp", "at-", &d(20)].concat(), "GitLab personal access token"),
        (["xox", "b-604718293745-718293604517-", &d(24)].concat(), "Slack bot token"),
        (["xox", "p-604718293745-604718293745-718293604517-", &hex(32)].concat(), "Slack user token"),
        (["xox", "a-2-604718293745-718293604517-", &hex(32)].concat(), "Slack app token"),
        (["xap", "p-1-A0B1C2D3E4F-604718293745-", &hex(64)].concat(), "Slack app-level token"),
        (["https://hooks.sl", "ack.com/services/T0B1C2D3E/B0F1G2H3I/", &d(24)].concat(), "Slack webhook"),
        (["https://disc", "ord.com/api/webhooks/604718293745718293/", &d(68)].concat(), "Discord webhook"),
        (["sk-a", "nt-api03-", &d(93), "AA"].concat(), "Anthropic API key"),
        (["sk", "-", &d(20), "T3Blb", "kFJ", &d(20)].concat(), "OpenAI API key"),
        (["sk", "-proj-", &d(74), "T3Blb", "kFJ", &d(74)].concat(), "OpenAI API key"),
        (["S", "G.", &d(22), ".", &d(43)].concat(), "SendGrid API key"),
        (["py", "pi-AgEIcHlwaS5v", "cmcC", &d(120)].concat(), "PyPI API token"),
        (["sb_se", "cret_", &d(22), "_", &d(8)].concat(), "Supabase secret key"),
        (["shp", "at_", &hex(32)].concat(), "Shopify access token"),
        (["dop", "_v1_", &hex(64)].concat(), "DigitalOcean access token"),
        (["hv", "s.", &d(95)].concat(), "Vault token"),
        (["AK", "IA", "Q7XK2VBN5WRT4HSL \"", &d(40), "\""].concat(), "AWS access key with its secret"),
        (["{s:'", &d(40), "',k:'AS", "IA", "Q7XK2VBN5WRT4HSL'}"].concat(), "AWS access key with its secret"),
        (["A", "C", &hex(32), "\", authToken: \"", &hex(33)[1..]].concat(), "Twilio account with its token"),
        (["1234", "567890:A", "A", &d(33)].concat(), "Telegram bot token"),
        (jwt(r#"{"iss":"supabase","role":"service_role"}"#), "Supabase service_role token"),
    ] {
        for (before, after) in [("", ""), ("\"", "\""), ("key=", "\n"), ("\\n", "\\n"), ("é ", " é"), ("(", ").")]
        {
            let whole = format!("{before}{text}{after}");
            assert_eq!(kinds(&whole), [kind], "{kind} between {before:?} and {after:?}");
        }
        for (before, after) in [("x", ""), ("_", "")] {
            let inside = format!("{before}{text}{after}");
            let is_word = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !text.starts_with("http");
            assert!(!is_word || kinds(&inside).is_empty(), "{kind} behind {before}");
        }
    }
}

#[test]
fn a_checksum_must_fit() {
    let right: Vec<String> = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"]
        .map(|begin| format!("{begin}{}", forms::signed(&drawn(30))))
        .into();
    for token in &right {
        assert_eq!(kinds(token).len(), 1, "{}", &token[..4]);
        let mut wrong = token.clone();
        let last = wrong.pop().unwrap();
        wrong.push(if last == 'a' { 'b' } else { 'a' });
        assert!(kinds(&wrong).is_empty(), "{}", &token[..4]);
    }
}

#[test]
fn an_address_with_a_password_is_told() {
    for (text, want) in [
        ("postgresql://app:q7Xk2VbN@db:5432/app", 1),
        ("postgresql+asyncpg://app:q7Xk2VbN@10.0.0.5/app", 1),
        ("mongodb+srv://app:correct-horse@cluster0.ab1cd.mongodb.net/app", 1),
        ("redis://:q7Xk2VbN9w@cache.internal:6379/0", 1),
        ("amqps://app:q7Xk2VbN9w@[2001:db8::7]/vhost", 1),
        ("https://deploy:q7Xk2VbN9w@git.company.com/a.git", 1),
        ("x=\"\\nmysql://app:q7Xk2VbN@db/app\"", 1),
        ("postgresql://app:password@db/app", 0),
        ("postgresql://app:my-password123@db/app", 0),
        ("postgresql://postgres:postgres@db/app", 0),
        ("postgresql://app:${DB_PASSWORD}@db/app", 0),
        ("postgresql://app:$DB_PASSWORD1@db/app", 0),
        ("postgresql://app:<secret7890>@db/app", 0),
        ("postgresql://app:changeme42@db/app", 0),
        ("postgresql://app:xxxxxxxx@db/app", 0),
        ("postgresql://app:q7Xk2VbN@localhost/app", 0),
        ("postgresql://app:q7Xk2VbN@127.0.0.1/app", 0),
        ("postgresql://app:q7Xk2VbN@[::1]/app", 0),
        ("postgresql://app:q7Xk2VbN@db.example.com/app", 0),
        ("postgresql://app@db/app", 0),
        ("https://user:pass@host.com/", 0),
        ("https://username:password@www.company.com/", 0),
        ("https://a:b@c.de/", 0),
        ("https://app:q7Xk2VbN9w@intranet/", 0),
        ("https://app:q7Xk2VbN9w@user.github.com.example/", 0),
        ("https://0123456789abcdef0123456789abcdef:fedcba9876543210fedcba9876543210@errors.company.com/42", 0),
        ("https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/42", 0),
        ("\"https://\"+user+\":\"+word+\"@\"+host", 0),
        ("https://medium.com/@someone:else1234@twice.com", 0),
        ("https://www.company.com/a?b=c:d1234567@mail.company.com", 0),
        ("mailto://app:q7Xk2VbN9w@mail.company.com", 0),
        ("://a:b@c", 0),
    ] {
        assert_eq!(kinds(text).len(), want, "{text}");
    }
}

#[test]
fn what_is_made_to_be_read_is_no_secret() {
    let d = drawn;
    for text in [
        ["pk_li", "ve_", &d(24)].concat(),
        ["sk_te", "st_", &d(24)].concat(),
        ["AI", "za", &d(35)].concat(),
        jwt(r#"{"iss":"supabase","role":"anon"}"#),
        jwt(r#"{"sub":"1","role":"user"}"#),
        jwt(r#"{"iss":"supabase-demo","role":"service_role"}"#),
        ["AK", "IA", "IOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"].concat(),
        ["AK", "IA", "Q7XK2VBN5WRT4HSL and no more"].concat(),
        ["AK", "IA", "Q7XK2VBN5WRT4HSL ", &hex(40)].concat(),
        ["sk_li", "ve_4eC39HqLyjWDarjtT1zdp7dc"].concat(),
        ["sk_li", "ve_xxxxxxxxxxxxxxxxxxxxxxxx"].concat(),
        ["sk_li", "ve_YOUR_SECRET_KEY_GOES_HERE_1"].concat(),
        ["sk_li", "ve_abcdefghijklmnop12345678"].concat(),
        ["sk_li", "ve_<your key>"].concat(),
        ["sk_li", "ve_${key}"].concat(),
        ["sk_li", "ve_000000000000000000000000a"].concat(),
        ["gh", "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"].concat(),
        checked("ghp_"),
        ["xox", "b-your-token"].concat(),
        ["https://hooks.sl", "ack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"].concat(),
        "sk-circle sk-fading-circle sk-chasing-dot-before-and-behind-the-other-ones".into(),
        ["11020", "1543:A", "AHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"].concat(),
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".into(),
        "-----BEGIN RSA PRIVATE KEY-----\\n...\\n-----END RSA PRIVATE KEY-----".into(),
        "\"-----BEGIN PRIVATE KEY-----\" + key + \"-----END PRIVATE KEY-----\"".into(),
        pem("PRIVATE KEY", b"no DER at all, and long enough to be one of those that are"),
        pem("RSA PRIVATE KEY", &[0x30, 0x03, 0x02, 0x01, 0x00]),
        pem("CERTIFICATE", &[7; 80]),
        pem("PUBLIC KEY", &[7; 80]),
        ["AGE-SECRET-", "KEY-1", &"Q7XK2VWN5WRT4HSL".repeat(4)[..58]].concat(),
    ] {
        assert_eq!(kinds(&text), [""; 0], "{text}");
    }
}

/// Keys that a library made, in every coat; the encrypted ones have bytes of no meaning inside, as they do.
#[test]
fn a_private_key_is_told_by_what_is_in_it() {
    let der = |algorithm| KeyPair::generate_for(algorithm).unwrap().serialize_der();
    let (rsa, ec, ed) = (der(&PKCS_RSA_SHA256), der(&PKCS_ECDSA_P256_SHA256), der(&PKCS_ED25519));
    // The octets in the last element of PKCS #8 are the traditional key.
    let pkcs1 = &rsa[26..];
    let noise: Vec<u8> =
        drawn(160).into_bytes().iter().enumerate().map(|(i, b)| b ^ (i as u8).wrapping_mul(37)).collect();
    let sealed =
        [&[0x30, 0x81, 0xa8, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03, 0x04, 0x81, 0x9f][..], &noise[..159]].concat();
    let mut openssh = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01".to_vec();
    openssh.extend(&noise);
    let fields = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{}\n\n", hex(32).to_uppercase());
    let old = pem("RSA PRIVATE KEY", &noise).replacen("-----\n", &format!("-----\n{fields}"), 1);
    let gpg = pem("PGP PRIVATE KEY BLOCK", &[&[0x95, 1][..], &noise].concat());
    let gpg = gpg.replacen("-----\n", "-----\nComment: x\n\n", 1).replace("\n-----END", "\n=q7Xk\n-----END");
    let sec1 = {
        let start = ec.windows(3).rposition(|w| w == [0x02, 0x01, 0x01]).unwrap();
        let begin = (0..start).rev().find(|at| ec[*at] == 0x30).unwrap();
        &ec[begin..]
    };
    for (text, kind) in [
        (pem("PRIVATE KEY", &rsa), "private key (RSA)"),
        (pem("PRIVATE KEY", &ec), "private key (EC)"),
        (pem("PRIVATE KEY", &ed), "private key (Edwards curve)"),
        (pem("RSA PRIVATE KEY", pkcs1), "private key (RSA)"),
        (pem("EC PRIVATE KEY", sec1), "private key (EC)"),
        (pem("ENCRYPTED PRIVATE KEY", &sealed), "private key (encrypted)"),
        (old, "private key (encrypted)"),
        (pem("OPENSSH PRIVATE KEY", &openssh), "private key (OpenSSH)"),
        (gpg, "private key (OpenPGP)"),
    ] {
        let strung = text.trim_end().replace('\n', "\\n");
        let pieces = text.trim_end().replace('\n', "\\n\" +\n  \"");
        let listed = text.trim_end().replace('\n', "\",\n  \"");
        let indented = text.replace('\n', "\r\n    ");
        for written in
            [&text, &format!("k = \"{strung}\""), &format!("\"{pieces}\""), &format!("[\"{listed}\"]"), &indented]
        {
            assert_eq!(kinds(written), [kind], "{written}");
        }
        let account = format!("{{\"type\":\"service_account\",\"private_key\": \"{strung}\"}}");
        assert_eq!(kinds(&account), [kind.replacen("key", "key of a service account", 1)], "{account}");
    }
}

#[test]
fn a_value_of_the_owners_is_found_as_it_is_written() {
    let secret = "q7Xk2VbN\"9w<Rt&4";
    let anon = jwt(r#"{"role":"anon"}"#);
    let values = Values::new([
        (".env:1 APP_SECRET", secret),
        (".env:1 SHORT", "q7Xk2"),
        (".env:1 WORD_PASSWORD", "postgresql"),
        (".env:1 STRIPE_PUBLISHABLE_KEY", "zz7Xk2VbN9wRt4Hs"),
        (".env:1 MAP_KEY", "AIzaq7Xk2VbN9wRt4Hs"),
        (".env:1 SUPABASE_KEY", &anon),
        (".env:1 PASSPHRASE", "correct-horse-battery-staple"),
    ]);
    for (text, want) in [
        (format!("a {secret} b"), Some("APP_SECRET")),
        ("{\"s\":\"q7Xk2VbN\\\"9w<Rt&4\"}".into(), Some("APP_SECRET")),
        ("<p>q7Xk2VbN&quot;9w&lt;Rt&amp;4</p>".into(), Some("APP_SECRET")),
        ("\\nq7Xk2VbN\"9w<Rt&4\\n".into(), Some("APP_SECRET")),
        ("v='correct-horse-battery-staple'".into(), Some("PASSPHRASE")),
        (format!("x{secret}"), None),
        (format!("{secret}4"), None),
        ("correct-horse-battery-staples".into(), None),
        ("q7Xk2 postgresql zz7Xk2VbN9wRt4Hs AIzaq7Xk2VbN9wRt4Hs".into(), None),
        (jwt(r#"{"role":"anon"}"#), None),
    ] {
        let found = found_with(&values, text.as_bytes());
        let name = found.first().and_then(|found| found.variable.clone());
        assert_eq!(name, want.map(|name| format!(".env:1 {name}")), "{text}");
        assert!(found.iter().all(|found| found.kind == "value of a secret variable"));
    }
}

#[test]
fn a_secret_is_found_wherever_a_stream_is_cut() {
    let secret = ["sk_li", "ve_", &drawn(60)].concat();
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap().serialize_pem();
    let filler = "var a = 1;\n".repeat(12_000);
    let text = format!("{filler}{secret}\n{filler}{key}{filler}");
    let want =
        [(filler.len() as u64, secret.len()), ((2 * filler.len() + secret.len() + 1) as u64, key.trim().len())];
    for size in [1, 1000, 16_384, 65_535, 65_536, 65_537, text.len()] {
        let values = Values::default();
        let mut finder = Finder::new(&values);
        let mut most = 0;
        for part in text.as_bytes().chunks(size) {
            finder.read(part);
            most = most.max(finder.window.len());
        }
        let found: Vec<_> = finder.finish().iter().map(|found| (found.at, found.length)).collect();
        assert_eq!(found, want, "in parts of {size}");
        assert!(most <= 2 * PART + AHEAD + BEHIND, "{most} bytes held");
    }
}

#[test]
fn so_many_are_told_and_no_more() {
    let text = format!("{} ", ["glp", "at-", &drawn(20)].concat()).repeat(100);
    assert_eq!(kinds(&text).len(), MOST_FOUND);
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        found_with(&Values::default(), &bytes);
    }

    #[test]
    fn any_pieces_are_looked_at(
        text in "(-----BEGIN |RSA |PRIVATE KEY-----|-----END |MIIE|AGE-SECRET-KEY-1|eyJ[a-zA-Z]{0,9}\\.|://|[a-z]:[a-z0-9]{0,9}@|\
                 AKIA[A-Z2-7]{16}|AC[0-9a-f]{32}|:AA|[0-9]{9}|sk_live_|xoxb-|SG\\.|\\\\n|[\"'`+,= \n\u{e9}]|[a-zA-Z0-9_.-]{1,40}){0,40}",
        size in 1..80usize,
    ) {
        let values = Values::new([("N", "a1b2c3d4")]);
        let mut finder = Finder::new(&values);
        text.as_bytes().chunks(size).for_each(|part| finder.read(part));
        let whole = found_with(&values, text.as_bytes());
        for found in &whole {
            prop_assert!(found.at as usize + found.length <= text.len());
        }
        prop_assert_eq!(finder.finish(), whole);
    }
}

/// Real scripts hold none. `GOLIVE_CORPUS=FOLDER cargo test --lib secrets::tests::corpus -- --ignored --nocapture`
#[test]
#[ignore = "needs a folder of scripts"]
#[expect(clippy::disallowed_methods, reason = "reads a folder of the machine it runs on")]
fn corpus() {
    let mut folders =
        vec![std::path::PathBuf::from(std::env::var("GOLIVE_CORPUS").expect("GOLIVE_CORPUS=FOLDER"))];
    let (mut files, mut bytes, mut findings) = (0, 0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(path),
                kind if kind.is_file() => {
                    let text = std::fs::read(&path).unwrap();
                    (files, bytes) = (files + 1, bytes + text.len());
                    for found in found_with(&Values::default(), &text) {
                        println!("{} {found:?}", path.display());
                        findings += 1;
                    }
                }
                _ => {}
            }
        }
    }
    println!("{files} files, {bytes} bytes, {findings} findings");
    assert_eq!(findings, 0);
}
