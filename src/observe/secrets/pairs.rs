//! Secrets that are told by what stands beside them, or inside of them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::genuine::is_random;
use super::{Hit, count, is_in_word, is_url_safe};

/// So far from an identifier its secret may stand.
const NEAR: usize = 400;

/// An access key of AWS whose secret stands near. The identifier alone is none (IAM, "Unique identifiers").
pub fn aws(window: &[u8], at: usize) -> Option<Hit> {
    let text = &window[at..];
    let body = text.strip_prefix(b"AKIA").or_else(|| text.strip_prefix(b"ASIA"))?;
    // Base32 (RFC 4648 §6).
    let length = count(body, |b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    let ends = body.get(length).is_none_or(|b| !b.is_ascii_alphanumeric());
    if length != 16 || !ends || is_in_word(window, at) || !is_random(&body[..16]) {
        return None;
    }
    let until = at + 20;
    let around = [&window[at.saturating_sub(NEAR)..at], &window[until..window.len().min(until + NEAR)]];
    let has_secret = around.iter().any(|text| runs(text, is_of_secret).any(is_aws_secret));
    has_secret.then(|| Hit { from: at, until, kind: "AWS access key with its secret".into() })
}

fn is_of_secret(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/=_-".contains(&b)
}

/// 40 characters of base64, in both cases.
fn is_aws_secret(run: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| run.iter().any(is);
    let is_name = |b: &u8| b"=_-".contains(b);
    run.len() == 40
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && !has(is_name)
        && is_random(run)
}

/// An account of Twilio whose token stands near, named so.
pub fn twilio(window: &[u8], at: usize) -> Option<Hit> {
    let body = window[at..].strip_prefix(b"AC")?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_key = |run: &[u8]| run.len() == 32 && run.iter().all(|b| is_hex(*b)) && is_random(run);
    let account = &body[..count(body, |b| b.is_ascii_alphanumeric())];
    if !is_key(account) || is_in_word(window, at) {
        return None;
    }
    let until = at + 34;
    let near = &window[until..window.len().min(until + NEAR)];
    let is_named = near.to_ascii_lowercase().windows(4).any(|four| four == b"auth");
    let has_token = is_named && runs(near, |b| b.is_ascii_alphanumeric()).any(is_key);
    has_token.then(|| Hit { from: at, until, kind: "Twilio account with its token".into() })
}

/// A token of a bot: its number, a colon, 35 characters. At the colon.
pub fn telegram(window: &[u8], at: usize) -> Option<Hit> {
    let body = window[at..].strip_prefix(b":AA")?;
    let digits = window[..at].iter().rev().take(16).take_while(|b| b.is_ascii_digit()).count();
    let from = at - digits;
    let length = count(body, is_url_safe);
    let is_token = (8..=10).contains(&digits) && length == 33 && is_random(&body[..length]);
    let begins = !is_in_word(window, from) && window[..from].last() != Some(&b'-');
    (is_token && begins).then(|| Hit { from, until: at + 3 + length, kind: "Telegram bot token".into() })
}

/// A token of Supabase that passes every rule of the database. The one of its demonstration is in its manual.
pub fn service_role(window: &[u8], at: usize) -> Option<Hit> {
    let text = window[at..].strip_prefix(b"eyJ").filter(|_| !is_in_word(window, at))?;
    let length = 3 + count(text, |b| is_url_safe(b) || b == b'.');
    let claims = claims(&window[at..at + length])?;
    let is_secret = claims.role == "service_role" && claims.iss != "supabase-demo";
    is_secret.then(|| Hit { from: at, until: at + length, kind: "Supabase service_role token".into() })
}

/// What a JWT says of its bearer.
#[derive(Deserialize)]
pub struct Claims {
    pub role: String,
    #[serde(default)]
    iss: String,
}

/// The claims of a signed token that has a role.
pub fn claims(token: &[u8]) -> Option<Claims> {
    let parts: Vec<&[u8]> = token.split(|b| *b == b'.').collect();
    let [_, claims, signature] = parts[..] else { return None };
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok().filter(|_| signature.len() >= 40)?;
    serde_json::from_slice(&claims).ok()
}

/// The runs of bytes of a kind that a text has.
fn runs(text: &[u8], is: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = &[u8]> {
    text.split(move |b| !is(*b)).filter(|run| !run.is_empty())
}
