//! Private keys: PEM (RFC 7468, RFC 1421), OpenSSH, OpenPGP, age. What is between the lines must be a key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::asn1_rs::{Any, FromDer};

use super::genuine::is_random;
use super::{AHEAD, Hit, is_in_word};

/// A private key between its lines, also as a string of a program.
pub fn pem(window: &[u8], at: usize) -> Option<Hit> {
    let text = window[at..].strip_prefix(b"-----BEGIN ")?;
    let text = &text[..text.len().min(AHEAD)];
    let dashes = text.iter().take(40).position(|b| *b == b'-')?;
    let (label, text) = text.split_at(dashes);
    let text = text.strip_prefix(b"-----")?;
    let label = std::str::from_utf8(label).ok().filter(|label| label.contains("PRIVATE KEY"))?;
    let end = format!("-----END {label}-----");
    let length = text.windows(end.len()).position(|window| window == end.as_bytes())?;
    let body = lines(&text[..length]);
    let what = match label {
        "OPENSSH PRIVATE KEY" => is_openssh(&decoded(&body)?).then_some("OpenSSH"),
        "PGP PRIVATE KEY BLOCK" => is_openpgp(&armored(&body)?).then_some("OpenPGP"),
        "ENCRYPTED PRIVATE KEY" => is_encrypted(&decoded(&body)?).then_some("encrypted"),
        "PRIVATE KEY" => pkcs8(&decoded(&body)?),
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => match behind_fields(&body) {
            Some(sealed) => is_sealed(&decoded(&sealed)?).then_some("encrypted"),
            None => traditional(label, &decoded(&body)?),
        },
        _ => None,
    }?;
    let until = at + b"-----BEGIN ".len() + label.len() + b"-----".len() + length + end.len();
    let is_of_account = window[at.saturating_sub(24)..at].windows(11).any(|name| name == b"private_key");
    let of = if is_of_account { " of a service account" } else { "" };
    Some(Hit { from: at, until, kind: format!("private key{of} ({what})") })
}

/// The lines of a text, whatever language its string is written in.
fn lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut lines = text
        .replace("\\\\", "\\")
        .replace("\\r", "")
        .replace("\\n", "\n")
        .replace("\\u000a", "\n")
        .replace("\\/", "/")
        .replace("\\u002B", "+")
        .replace("&#10;", "\n")
        .replace("&#13;", "")
        .replace("&#43;", "+")
        .replace("\\\n", "\n");
    // A string in pieces: `"…" + "…"`, or an array of lines.
    for quote in ['"', '\'', '`'] {
        if lines.contains(quote) {
            let pieces = lines.split(quote).map(|piece| match piece.trim() {
                "+" | "," | "" => "\n",
                _ => piece,
            });
            lines = pieces.collect();
        }
    }
    lines.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    let text: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// What stands beside the fields of RFC 1421 §4.6, where those say that it is encrypted.
fn behind_fields(body: &str) -> Option<String> {
    let is_field = |line: &&str| line.contains(':');
    let says_so = |line: &str| line.starts_with("Proc-Type") && line.contains("ENCRYPTED");
    let sealed = || body.lines().filter(|line| !is_field(line)).collect();
    body.lines().filter(is_field).any(says_so).then(sealed)
}

/// Ciphertext: whole blocks of DES or AES, with no order in them.
fn is_sealed(bytes: &[u8]) -> bool {
    bytes.len() >= 64 && bytes.len().is_multiple_of(8) && super::genuine::distinct(bytes) >= 32
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The elements of the one sequence that a text is.
fn sequence(der: &[u8]) -> Option<Vec<Element<'_>>> {
    let whole = elements(der)?;
    match whole[..] {
        [Element { tag: SEQUENCE, content }] => elements(content),
        _ => None,
    }
}

fn elements(mut der: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut all = vec![];
    while let Some(tag) = der.first().copied() {
        let (rest, any) = Any::from_der(der).ok()?;
        let whole = &der[..der.len() - rest.len()];
        all.push(Element { tag, content: &whole[whole.len().checked_sub(any.data.len())?..] });
        der = rest;
    }
    Some(all)
}

/// RFC 5208 §5, RFC 5958 §2.
fn pkcs8(der: &[u8]) -> Option<&'static str> {
    // 1.2.840.113549.1.1.1, 1.2.840.10045.2.1, 1.3.101.110 to 113.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let parts = sequence(der)?;
    let [
        Element { tag: INTEGER, .. },
        Element { tag: SEQUENCE, content },
        Element { tag: OCTET_STRING, content: key },
        ..,
    ] = parts[..]
    else {
        return None;
    };
    let algorithm = elements(content)?;
    let Element { tag: OBJECT_IDENTIFIER, content: name } = *algorithm.first()? else { return None };
    match name {
        RSA => is_rsa(key).then_some("RSA"),
        EC => is_sec1(key).then_some("EC"),
        [0x2b, 0x65, 110..=113] => is_octets(key).then_some("Edwards curve"),
        _ => (key.len() >= 16).then_some("PKCS #8"),
    }
}

fn is_octets(der: &[u8]) -> bool {
    elements(der).is_some_and(|all| matches!(all[..], [Element { tag: OCTET_STRING, content: [_, _, ..] }]))
}

fn traditional(label: &str, der: &[u8]) -> Option<&'static str> {
    match label {
        "RSA PRIVATE KEY" => is_rsa(der).then_some("RSA"),
        "EC PRIVATE KEY" => is_sec1(der).then_some("EC"),
        _ => is_dsa(der).then_some("DSA"),
    }
}

/// RFC 8017 §A.1.2: a version and eight numbers, of which the first is the modulus.
fn is_rsa(der: &[u8]) -> bool {
    let numbers = sequence(der).unwrap_or_default();
    numbers.len() >= 9 && numbers[..9].iter().all(|n| n.tag == INTEGER) && numbers[1].content.len() >= 64
}

/// OpenSSL's own: a version and five numbers.
fn is_dsa(der: &[u8]) -> bool {
    let numbers = sequence(der).unwrap_or_default();
    numbers.len() == 6 && numbers.iter().all(|n| n.tag == INTEGER) && numbers[1].content.len() >= 64
}

/// RFC 5915 §3: the version 1 and the key.
fn is_sec1(der: &[u8]) -> bool {
    let parts = sequence(der).unwrap_or_default();
    matches!(parts[..], [Element { tag: INTEGER, content: [1] }, Element { tag: OCTET_STRING, content: key }, ..]
        if key.len() >= 16)
}

/// RFC 5958 §3: an algorithm and octets.
fn is_encrypted(der: &[u8]) -> bool {
    let parts = sequence(der).unwrap_or_default();
    matches!(parts[..], [Element { tag: SEQUENCE, .. }, Element { tag: OCTET_STRING, content }] if content.len() >= 32)
}

/// OpenSSH, PROTOCOL.key: the magic, a cipher and a key derivation by name, its options, and how many keys there are.
fn is_openssh(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(b"openssh-key-v1\0") else { return false };
    for _ in 0..3 {
        let Some((length, after)) = rest.split_first_chunk::<4>() else { return false };
        let length = u32::from_be_bytes(*length) as usize;
        let Some(after) = after.get(length..) else { return false };
        rest = after;
    }
    rest.len() > 64 && matches!(rest, [0, 0, 0, 1..=16, ..])
}

/// RFC 9580 §6.2: fields, an empty line, base64, and a checksum that may be missing.
fn armored(body: &str) -> Option<Vec<u8>> {
    let content = body.split_once("\n\n").map_or(body, |(_, content)| content);
    let lines = content.lines().filter(|line| !line.starts_with('=') && !line.contains(": "));
    decoded(&lines.collect::<Vec<_>>().join("\n"))
}

/// RFC 9580 §4.2, §5.5.1.3: the packet of a secret key comes first, of tag 5 in the old or the new format.
fn is_openpgp(bytes: &[u8]) -> bool {
    bytes.len() >= 64 && matches!(bytes[0], 0x94..=0x97 | 0xc5)
}

/// An identity of age: 32 bytes in Bech32 (BIP 173), whose checksum fits.
pub fn age(window: &[u8], at: usize) -> Option<Hit> {
    const BEGIN: &[u8] = b"AGE-SECRET-KEY-1";
    let body = window[at..].strip_prefix(BEGIN)?.get(..58)?;
    let is_key = !is_in_word(window, at) && is_random(body) && is_bech32("age-secret-key-", body);
    is_key.then(|| Hit { from: at, until: at + BEGIN.len() + 58, kind: "private key (age)".into() })
}

fn is_bech32(human: &str, data: &[u8]) -> bool {
    const CHARACTERS: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let values = data.iter().map(|b| CHARACTERS.iter().position(|c| c == b).map(|value| value as u32));
    let Some(values) = values.collect::<Option<Vec<u32>>>() else { return false };
    let human = human.bytes().map(u32::from);
    let all = human.clone().map(|b| b >> 5).chain([0]).chain(human.map(|b| b & 31)).chain(values);
    let sum = all.fold(1_u32, |sum, value| {
        let next = (sum & 0x01ff_ffff) << 5 ^ value;
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| sum >> 25 >> bit & 1 == 1)
            .fold(next, |next, (_, g)| next ^ g)
    });
    sum == 1
}
