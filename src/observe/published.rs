//! A file that a site publishes for others: whom to tell of a hole (RFC 9116).

use crate::observation::{Mark, Timestamp};

/// More lines are no file that anybody wrote.
const MOST_LINES: usize = 1000;
const MOST_DATES: usize = 4;

/// RFC 9116 §2.3: fields on lines of their own, names in any case; a signature (OpenPGP, §2.3) stands around them.
pub fn security_txt(text: &str) -> Option<Mark> {
    let (mut contacts, mut expires) = (0, vec![]);
    for line in text.lines().take(MOST_LINES) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim_start_matches('\u{feff}').to_ascii_lowercase().as_str() {
            "contact" if is_uri(value.trim()) => contacts += 1,
            "expires" if expires.len() < MOST_DATES => expires.push(moment(value.trim())),
            _ => {}
        }
    }
    let is_one = contacts > 0 || expires.iter().any(Option::is_some);
    is_one.then_some(Mark::SecurityTxt { contacts, expires })
}

/// RFC 9116 §2.5.3: a URI, and one of the web must begin with `https://`.
fn is_uri(value: &str) -> bool {
    let is_known =
        |scheme: &str| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    !value.contains(char::is_whitespace) && ["mailto:", "https://", "tel:"].into_iter().any(is_known)
}

/// RFC 3339, in UTC or with an offset.
fn moment(value: &str) -> Option<Timestamp> {
    Timestamp::try_from(value.to_ascii_uppercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_stand_on_lines() {
        let day = |text: &str| Some(Timestamp::try_from(text.to_string()).unwrap());
        for (text, want) in [
            (
                "Contact: mailto:security@example.com\nExpires: 2027-01-01T00:00:00Z\n",
                Some((1, vec![day("2027-01-01T00:00:00Z")])),
            ),
            (
                "# hello\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nCONTACT:https://example.com/s\r\n\
                 contact: tel:+1-201-555-0123\r\nexpires: 2027-01-01t02:00:00+02:00\r\n",
                Some((2, vec![day("2027-01-01T00:00:00Z")])),
            ),
            ("Contact: security@example.com\nExpires: tomorrow\n", None),
            ("Contact: http://example.com/\n", None),
            ("Contact: https://example.com/\nExpires: tomorrow\n", Some((1, vec![None]))),
            ("Expires: 2027-01-01T00:00:00Z", Some((0, vec![day("2027-01-01T00:00:00Z")]))),
            ("Not found", None),
            ("", None),
        ] {
            let want = want.map(|(contacts, expires)| Mark::SecurityTxt { contacts, expires });
            assert_eq!(security_txt(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(Contact: |Expires: |mailto:|https://|[0-9TZ:+-]|\n|\\PC){0,60}") {
            if let Some(Mark::SecurityTxt { expires, .. }) = security_txt(&text) {
                prop_assert!(expires.len() <= MOST_DATES);
            }
        }
    }
}
