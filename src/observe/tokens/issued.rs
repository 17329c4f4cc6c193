//! The texts of an answer that may be tokens: values of cookies, texts in JSON, values of fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::http::Raw;
use super::trial::Issued;
use crate::observation::TokenPlace;

/// Cookies first: they say most of who is signed in.
pub fn issued(raw: &Raw, coded: bool) -> Vec<Issued> {
    let mut all = cookies(raw);
    if !coded {
        all.extend(json(&raw.body));
    }
    all.extend(fields(raw));
    all
}

fn cookies(raw: &Raw) -> Vec<Issued> {
    let lines = raw.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let lines: Vec<String> = lines.map(|(_, value)| String::from_utf8_lossy(value).into()).collect();
    let pairs = lines.iter().filter_map(|line| line.split(';').next()?.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.trim(), value.trim())).filter(|(name, _)| !name.is_empty());
    // The last of a name is the one that browsers keep.
    let values: BTreeMap<&str, &str> = pairs.filter(|(_, value)| !value.is_empty()).collect();
    let alone = values.iter().filter_map(|(name, value)| {
        let signature = values.get(format!("{name}.sig").as_str());
        let signed = signature.map(|signature| (String::from(*value), String::from(*signature)));
        let is_signature = name.strip_suffix(".sig").is_some_and(|name| values.contains_key(name));
        (!is_signature && piece(name).is_none()).then(|| cookie(name, name, value, signed))
    });
    let bases = values.keys().filter_map(|name| piece(name)).filter(|(_, number)| *number == 0);
    let cut = bases.map(|(base, _)| {
        let pieces = (0..MOST_PIECES).map_while(|number| values.get(format!("{base}.{number}").as_str()).copied());
        cookie(base, &format!("{base}.0"), &pieces.collect::<String>(), None)
    });
    alone.chain(cut).filter(|issued| issued.text.len() <= MOST_BYTES).collect()
}

fn cookie(name: &str, place: &str, value: &str, signed: Option<(String, String)>) -> Issued {
    let text = percent_decoded(&unquoted(value));
    // Express marks JSON with `j:`, and Supabase puts it in base64url.
    let packed = text.strip_prefix("base64-").and_then(super::base64::url_safe);
    let json = packed.and_then(|bytes| String::from_utf8(bytes).ok());
    let json = json.as_deref().unwrap_or_else(|| text.strip_prefix("j:").unwrap_or(&text));
    let inside = json.starts_with(['{', '[']).then(|| texts(json.as_bytes())).into_iter().flatten();
    let inside = inside.map(|(_, text)| text).find(|text| text.starts_with("eyJ") && text.contains('.'));
    Issued {
        place: TokenPlace::Cookie(place.into()),
        cookie: Some(name.into()),
        text: inside.unwrap_or(text),
        signed,
    }
}

/// Auth.js and others cut a long value into `name.0`, `name.1` and so on.
fn piece(name: &str) -> Option<(&str, usize)> {
    let (base, number) = name.rsplit_once('.')?;
    let is_plain = number == "0" || !number.starts_with(['0', '+']);
    Some((base, number.parse().ok().filter(|number| is_plain && *number < MOST_PIECES)?))
}

/// What Python's `http.cookies` puts in quotes: a backslash stands before a character or its three octal digits.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.into() };
    let mut text = String::new();
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        text += before;
        let octal = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        rest = match octal {
            Some(byte) => {
                text.push(char::from(byte));
                &after[3..]
            }
            None => {
                text.extend(after.chars().next());
                after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default()
            }
        };
    }
    text + rest
}

/// `encodeURIComponent` is what Node's libraries put around a value.
fn percent_decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into()
}

fn json(body: &[u8]) -> Vec<Issued> {
    let found = texts(body).into_iter();
    found.map(|(path, text)| Issued { place: TokenPlace::Json(path), cookie: None, text, signed: None }).collect()
}

/// The texts in a JSON document that are long enough, and their paths.
fn texts(document: &[u8]) -> Vec<(String, String)> {
    let mut found = vec![];
    let starts = document.trim_ascii_start().first();
    if starts.is_some_and(|byte| b"{[\"".contains(byte))
        && let Ok(value) = serde_json::from_slice(document)
    {
        walk(&value, "$".into(), MOST_DEPTH, &mut found);
    }
    found
}

fn walk(value: &Value, path: String, depth: usize, found: &mut Vec<(String, String)>) {
    if depth == 0 || found.len() == MOST_TEXTS {
        return;
    }
    match value {
        Value::String(text) if (LEAST_BYTES..=MOST_BYTES).contains(&text.len()) => {
            found.push((path, text.clone()));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{index}]"), depth - 1, found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let step = if is_name(key) { format!("{path}['{key}']") } else { format!("{path}[*]") };
                walk(member, step, depth - 1, found);
            }
        }
        _ => {}
    }
}

/// A key that somebody chose: anything else may be a secret or an account's.
fn is_name(key: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-$:.".contains(&b);
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    (1..=40).contains(&key.len()) && key.bytes().all(fits) && digits <= 2
}

/// A field may hold a token among other things: behind a scheme, in a query.
fn fields(raw: &Raw) -> Vec<Issued> {
    let others = raw.fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    let found = others.flat_map(|(name, value)| {
        let value = String::from_utf8_lossy(value).into_owned();
        let parts = value.split([' ', ',', ';', '"', '?', '&', '#', '=', '<', '>']).map(percent_decoded);
        let parts = parts.filter(|part| (LEAST_BYTES..=MOST_BYTES).contains(&part.len()));
        let place = TokenPlace::Field(name.to_ascii_lowercase());
        parts.map(|text| Issued { place: place.clone(), cookie: None, text, signed: None }).collect::<Vec<_>>()
    });
    found.take(MOST_TEXTS).collect()
}

const MOST_PIECES: usize = 16;
/// No form is shorter: the signature alone has 27 characters.
const LEAST_BYTES: usize = 30;
const MOST_BYTES: usize = 16 * 1024;
const MOST_DEPTH: usize = 24;
const MOST_TEXTS: usize = 1000;
