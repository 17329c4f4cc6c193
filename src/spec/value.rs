//! Values of the file: what each may be, and what is said when it is something else.

use std::fmt;
use std::ops::RangeInclusive;

use toml::de::{DeInteger, DeValue};

use super::error::{Wrong, quoted};
use super::{MinLeft, PathProof, TlsVersion};

/// What a value is, with its article.
pub(super) fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Reads a string by its text.
pub(super) fn text<T>(
    parse: impl FnOnce(&str) -> Result<T, Wrong>,
) -> impl FnOnce(&str, &DeValue) -> Result<T, Wrong> {
    move |key, value| match value {
        DeValue::String(text) => parse(text),
        other => Err(Wrong::new(format!("`{key}` is {}", kind(other)), "a text in quotes")),
    }
}

pub(super) fn boolean(key: &str, value: &DeValue) -> Result<bool, Wrong> {
    value.as_bool().ok_or_else(|| Wrong::new(format!("`{key}` is {}", kind(value)), "true or false"))
}

pub(super) fn number(range: RangeInclusive<u64>) -> impl FnOnce(&str, &DeValue) -> Result<u64, Wrong> {
    move |key, value| integer(key, &format!("`{key}`"), value, range)
}

pub(super) fn port(key: &str, value: &DeValue) -> Result<u16, Wrong> {
    let port = integer(key, "port", value, 1..=65_535)?;
    u16::try_from(port).map_err(|e| Wrong::new(format!("port {port}: {e}"), "1 to 65535"))
}

fn integer(key: &str, name: &str, value: &DeValue, range: RangeInclusive<u64>) -> Result<u64, Wrong> {
    let bounds = format!("{} to {}", range.start(), range.end());
    let DeValue::Integer(digits) = value else {
        return Err(Wrong::new(format!("`{key}` is {}", kind(value)), format!("a number, {bounds}")));
    };
    match u64::from_str_radix(digits.as_str(), digits.radix()) {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Wrong::new(format!("{name} {} is out of range", cut(digits)), bounds)),
    }
}

fn cut(digits: &DeInteger) -> String {
    digits.to_string().chars().take(24).collect()
}

/// Milliseconds, written as a number and a unit.
pub(super) fn duration(
    range: RangeInclusive<u64>,
    example: &'static str,
) -> impl FnOnce(&str, &DeValue) -> Result<u64, Wrong> {
    move |key, value| {
        let name = format!("`{key}`");
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match value {
            DeValue::Integer(_) | DeValue::Float(_) => Err(Wrong::new(format!("{name} needs a unit"), example)),
            DeValue::String(text) if digits(text) => Err(Wrong::new(format!("{name} needs a unit"), example)),
            DeValue::String(text) => match milliseconds(text) {
                Some(ms) => within(&name, ms, range),
                None => Err(Wrong::new(format!("{} is no duration", quoted(text)), example)),
            },
            other => Err(Wrong::new(format!("{name} is {}", kind(other)), example)),
        }
    }
}

/// The milliseconds when they lie in the range; `name` is the key or the flag.
pub(super) fn within(name: &str, ms: u64, range: RangeInclusive<u64>) -> Result<u64, Wrong> {
    match range.contains(&ms) {
        true => Ok(ms),
        false => {
            let bounds = format!("{} to {}", Span(*range.start()), Span(*range.end()));
            Err(Wrong::new(format!("{name} {} is out of range", Span(ms)), bounds))
        }
    }
}

/// A duration or `auto`, which is `None`.
pub(super) fn or_auto<T>(
    parse: impl FnOnce(&str, &DeValue) -> Result<T, Wrong>,
) -> impl FnOnce(&str, &DeValue) -> Result<Option<T>, Wrong> {
    move |key, value| match value.as_str() {
        Some("auto") => Ok(None),
        _ => parse(key, value).map(Some),
    }
}

/// `auto`, a share of the lifetime, or a time.
pub(super) fn min_left(text: &str) -> Result<MinLeft, Wrong> {
    let remedy = r#""auto", "1/4" or "20d""#;
    let no = |what: &str| Err(Wrong::new(format!("{} {what}", quoted(text)), remedy));
    if text == "auto" {
        return Ok(MinLeft::Auto);
    }
    if let Some((numerator, denominator)) = text.split_once('/') {
        return match (numerator.parse::<u32>(), denominator.parse::<u32>()) {
            (Ok(numerator), Ok(denominator)) if 0 < numerator && numerator < denominator => {
                Ok(MinLeft::Share { numerator, denominator })
            }
            _ => no("is no share of a lifetime"),
        };
    }
    match milliseconds(text).map(|ms| ms / 1000) {
        Some(seconds @ 1..=LONGEST_LEFT) => Ok(MinLeft::Seconds(seconds)),
        Some(_) => no("is out of range"),
        None => no("is no time left"),
    }
}

pub(super) fn path_proof(text: &str) -> Result<PathProof, Wrong> {
    match text {
        "edge" => Ok(PathProof::Edge),
        "beyond" => Ok(PathProof::Beyond),
        _ => Err(Wrong::new(format!("{} is no proof of a path", quoted(text)), r#""edge" or "beyond""#)),
    }
}

pub(super) fn tls_version(text: &str) -> Result<TlsVersion, Wrong> {
    match text {
        "1.2" => Ok(TlsVersion::V1_2),
        "1.3" => Ok(TlsVersion::V1_3),
        _ => Err(Wrong::new(format!("{} cannot be the lowest version", quoted(text)), r#""1.2" or "1.3""#)),
    }
}

/// A string that says something.
pub(super) fn words(key: &str, value: &DeValue) -> Result<String, Wrong> {
    let some = |text: &str| match text.trim() {
        "" => Err(Wrong::new(format!("`{key}` is empty"), "say it in words")),
        words if words.chars().any(char::is_control) => {
            Err(Wrong::new(format!("`{key}` holds a control character"), "one line of words"))
        }
        _ => Ok(text.into()),
    };
    text(some)(key, value)
}

/// A day, `YYYY-MM-DD`.
pub(super) fn day(key: &str, value: &DeValue) -> Result<String, Wrong> {
    let remedy = "a day without quotes: 2026-12-31";
    match value {
        DeValue::Datetime(when) if when.time.is_none() && when.offset.is_none() => Ok(when.to_string()),
        DeValue::Datetime(_) => Err(Wrong::new(format!("`{key}` holds a time of day"), remedy)),
        other => Err(Wrong::new(format!("`{key}` is {}", kind(other)), remedy)),
    }
}

/// `300ms`, `60s`, `2m`, `1h`, `20d`.
fn milliseconds(text: &str) -> Option<u64> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    count.parse::<u64>().ok()?.checked_mul(*factor)
}

/// Milliseconds in the largest unit that divides them.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let whole = |factor: u64| self.0 != 0 && self.0.is_multiple_of(factor);
        let (name, factor) = UNITS.iter().find(|(_, factor)| whole(*factor)).unwrap_or(&("s", 1000));
        write!(f, "{}{name}", self.0 / factor)
    }
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Ten years, in seconds.
const LONGEST_LEFT: u64 = 315_360_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn said<T: fmt::Debug>(read: Result<T, Wrong>) -> String {
        match read {
            Ok(value) => format!("{value:?}"),
            Err(wrong) => format!("{} | {}", wrong.message, wrong.remedy),
        }
    }

    #[test]
    fn durations_have_one_number_and_one_unit() {
        for (text, want) in [
            ("300ms", Some(300)),
            ("60s", Some(60_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("20d", Some(1_728_000_000)),
            ("3", None),
            ("s", None),
            ("", None),
            ("1m 30s", None),
            ("-1s", None),
            ("1.5s", None),
            ("99999999999999999999s", None),
            ("9999999999999999999d", None),
        ] {
            assert_eq!(milliseconds(text), want, "{text}");
        }
        let shown = [0, 50, 1500, 60_000, 3_600_000].map(|ms| Span(ms).to_string());
        assert_eq!(shown, ["0s", "50ms", "1500ms", "1m", "1h"]);
    }

    #[test]
    fn the_time_left_is_automatic_a_share_or_a_time() {
        for (text, want) in [
            ("auto", "Auto"),
            ("1/4", "Share { numerator: 1, denominator: 4 }"),
            ("20d", "Seconds(1728000)"),
            ("36h", "Seconds(129600)"),
            ("4/4", "`4/4` is no share of a lifetime | \"auto\", \"1/4\" or \"20d\""),
            ("1/0", "`1/0` is no share of a lifetime | \"auto\", \"1/4\" or \"20d\""),
            ("20", "`20` is no time left | \"auto\", \"1/4\" or \"20d\""),
            ("0d", "`0d` is out of range | \"auto\", \"1/4\" or \"20d\""),
        ] {
            assert_eq!(said(min_left(text)), want);
        }
    }
}
