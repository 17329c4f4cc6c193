//! A Set-Cookie field as a browser reads it (RFC 6265bis §5.6).

use super::Timestamp;

/// One cookie that a response sets. Its value is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Empty for a cookie without a name, which browsers store all the same.
    pub name: String,
    pub secure: bool,
    pub http_only: bool,
    /// `None`: absent, or a value that no browser knows.
    pub same_site: Option<SameSite>,
    /// In lower case, without a leading dot. `None`: the host alone.
    pub domain: Option<String>,
    /// `None`: the folder of the request's path.
    pub path: Option<String>,
    /// In seconds.
    pub max_age: Option<i64>,
    pub expires: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

impl SetCookie {
    /// Reads a field value; `None` where a browser ignores it whole.
    pub fn parse(field: &str) -> Option<Self> {
        if field.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return None;
        }
        let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (trim(name), trim(value));
        if name.len() + value.len() > PAIR_BYTES || (name.is_empty() && value.is_empty()) {
            return None;
        }
        let mut cookie = Self {
            name: name.into(),
            secure: false,
            http_only: false,
            same_site: None,
            domain: None,
            path: None,
            max_age: None,
            expires: None,
        };
        for attribute in attributes.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            cookie.take(trim(name), trim(value));
        }
        Some(cookie)
    }

    /// The name as a person can read it.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { "(no name)" } else { &self.name }
    }

    /// How long it lives from `now` on, in seconds; `None`: until the browser is closed.
    pub fn lifetime(&self, now: Timestamp) -> Option<i64> {
        // RFC 6265bis §5.7: Max-Age has precedence over Expires.
        self.max_age.or_else(|| self.expires.map(|end| end.0.saturating_sub(now.0)))
    }

    /// Whether it takes a cookie away instead of setting one.
    pub fn is_deletion(&self, now: Timestamp) -> bool {
        self.lifetime(now).is_some_and(|seconds| seconds <= 0)
    }

    /// The last attribute of a name counts; a value that cannot be read leaves the earlier one.
    fn take(&mut self, name: &str, value: &str) {
        if value.len() > ATTRIBUTE_BYTES {
            return;
        }
        match name.to_ascii_lowercase().as_str() {
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => self.same_site = same_site(value),
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                self.domain = (!domain.is_empty()).then_some(domain);
            }
            "path" => self.path = value.starts_with('/').then(|| value.into()),
            "max-age" => self.max_age = seconds(value).or(self.max_age),
            "expires" => self.expires = cookie_date(value).or(self.expires),
            _ => {}
        }
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn same_site(value: &str) -> Option<SameSite> {
    match value.to_ascii_lowercase().as_str() {
        "strict" => Some(SameSite::Strict),
        "lax" => Some(SameSite::Lax),
        "none" => Some(SameSite::None),
        _ => None,
    }
}

/// RFC 6265bis §5.6.2: digits, or a minus and digits; what is too large is very long.
fn seconds(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let negative = digits.len() < value.len();
    let amount = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { -amount } else { amount })
}

/// RFC 6265bis §5.1.1: any order, almost any delimiter.
fn cookie_date(value: &str) -> Option<Timestamp> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in value.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = hms(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1, 2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2, 4)
        {
            year = Some(found);
        }
    }
    let (hour, minute, second) = time?;
    let year = match year? {
        short @ 0..=69 => short + 2000,
        short @ 70..=99 => short + 1900,
        full @ 1601.. => full,
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = jiff::civil::Date::new(year, month?, i8::try_from(day?).ok()?).ok()?;
    let days = date.duration_since(jiff::civil::date(1970, 1, 1)).as_secs();
    Some(Timestamp(days + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)))
}

fn is_delimiter(c: char) -> bool {
    matches!(c, '\t' | '\x20'..='\x2f' | '\x3b'..='\x40' | '\x5b'..='\x60' | '\x7b'..='\x7e')
}

/// `08:49:37`, with one or two digits each; what is no digit may follow.
fn hms(token: &str) -> Option<(i16, i16, i16)> {
    let (hour, rest) = token.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let exact = |field: &str| field.bytes().all(|b| b.is_ascii_digit()).then(|| number(field, 1, 2)).flatten();
    Some((exact(hour)?, exact(minute)?, number(second, 1, 2)?))
}

/// A number of so many digits at the start; what is no digit may follow.
fn number(token: &str, least: usize, most: usize) -> Option<i16> {
    let digits = token.len() - token.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if (least..=most).contains(&digits) { token[..digits].parse().ok() } else { None }
}

fn month_of(token: &str) -> Option<i8> {
    let start = token.get(..3)?;
    let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(start))?;
    i8::try_from(at + 1).ok()
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// RFC 6265bis §5.6: octets of name and value together, and of one attribute's value.
const PAIR_BYTES: usize = 4096;
const ATTRIBUTE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_those_of_the_http_state_cases() {
        // RFC 6265bis stores a cookie without a name, RFC 6265 (the corpus) did not. It refuses control
        // characters, where the corpus (two cases disabled upstream) cuts the value at them.
        let stricter = ["http-state/disabled-chromium0022", "http-state/disabled-chromium0023"];
        let corpus = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/http-state.json"));
        let corpus: serde_json::Value = serde_json::from_str(corpus).unwrap();
        let mut lines = 0;
        for case in corpus["cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            let fields = case["set_cookie"].as_array().unwrap();
            for (field, flags) in fields.iter().zip(case["flags"].as_array().unwrap()) {
                let field = field.as_str().unwrap();
                let cookie = SetCookie::parse(field).filter(|cookie| !cookie.name.is_empty());
                lines += 1;
                if stricter.contains(&id) {
                    assert_eq!(cookie, None, "{id}");
                    continue;
                }
                assert_eq!(cookie.is_some(), flags["stored_as_cookie"] == true, "{id} {field}");
                let (secure, http_only) = cookie.map_or((false, false), |c| (c.secure, c.http_only));
                assert_eq!(secure, flags["secure"] == true, "{id} {field}");
                assert_eq!(http_only, flags["httponly"] == true, "{id} {field}");
            }
        }
        assert!(lines > 222, "{lines}");
    }

    #[test]
    fn what_another_parser_reads_is_read_alike() {
        let corpus = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/http-state.json"));
        let corpus: serde_json::Value = serde_json::from_str(corpus).unwrap();
        // RFC 6265bis §5.7 takes the last Domain, also an empty one; the optional cases say that it may be left out.
        let optional = |case: &&serde_json::Value| case["optional"] == true;
        for case in corpus["cases"].as_array().unwrap().iter().filter(|case| !optional(case)) {
            let fields = case["set_cookie"].as_array().unwrap();
            for (field, parsed) in fields.iter().zip(case["parsed_tough"].as_array().unwrap()) {
                let field = field.as_str().unwrap();
                let Some(cookie) = SetCookie::parse(field) else { continue };
                if parsed.is_null() || cookie.name.is_empty() {
                    continue;
                }
                assert_eq!(cookie.name, parsed["name"].as_str().unwrap(), "{field}");
                assert_eq!(cookie.domain.as_deref(), parsed["domain"].as_str(), "{field}");
                assert_eq!(cookie.path.as_deref(), parsed["path"].as_str(), "{field}");
                assert_eq!(cookie.max_age, parsed["max_age"].as_i64(), "{field}");
            }
        }
    }

    #[test]
    fn attributes_are_read_as_a_browser_does() {
        let read = |attributes: &str| SetCookie::parse(&format!("a=b; {attributes}")).unwrap();
        for (attributes, want) in [
            ("SameSite=None", Some(SameSite::None)),
            ("samesite = STRICT", Some(SameSite::Strict)),
            ("SameSite=Lax; SameSite=odd", None),
            ("SameSite", None),
            ("", None),
        ] {
            assert_eq!(read(attributes).same_site, want, "{attributes}");
        }
        for (attributes, want) in [
            ("Max-Age=60", Some(60)),
            ("Max-Age=-1", Some(-1)),
            ("Max-Age=60; Max-Age=1h", Some(60)),
            ("Max-Age=+60", None),
            ("Max-Age=", None),
            ("Max-Age=99999999999999999999", Some(i64::MAX)),
            ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(60)),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(-1_000)),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=soon", Some(-1_000)),
        ] {
            assert_eq!(read(attributes).lifetime(Timestamp(1_000)), want, "{attributes}");
        }
        assert!(read("Expires=Thu, 01-Jan-1970 00:00:00 GMT").is_deletion(Timestamp(1_000)));
        assert!(!read("Path=/").is_deletion(Timestamp(1_000)));
        let domain = |attributes: &str| read(attributes).domain;
        assert_eq!(domain("Domain=.Example.COM").as_deref(), Some("example.com"));
        assert_eq!(domain("Domain=example.com; Domain="), None);
        assert_eq!(read("Path=/a; Path=b").path, None);
        assert!(SetCookie::parse("‹redacted:0011aabb›; Secure").is_some_and(|c| c.secure && c.name.is_empty()));
        assert!(SetCookie::parse(&format!("a={}", "b".repeat(PAIR_BYTES))).is_none());
        assert!(SetCookie::parse(&format!("a={}", "b".repeat(PAIR_BYTES - 1))).is_some());
    }

    #[test]
    fn dates_are_read_in_any_order() {
        for (text, want) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 8:49:37 1994", Some(784_111_777)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("06 Nov 69 00:00:00", Some(3_150_921_600)),
            ("30 Feb 2030 00:00:00", None),
            ("06 Nov 1994 24:00:00", None),
            ("06 Nov 1600 00:00:00", None),
            ("06 Nov 1994", None),
            ("ée:é 06 Nov 1994", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(cookie_date(text), want.map(Timestamp), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_field_is_too_odd(field in "\\PC{0,80}|[-a-z=; :0-9,]{0,80}") {
            let _ = SetCookie::parse(&format!("a=b; Expires={field}; Max-Age={field}"));
            let _ = SetCookie::parse(&field);
        }
    }
}
