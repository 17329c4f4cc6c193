//! The secrets that are tried, each in the forms that a deployment may give it.

use std::collections::BTreeSet;

use super::base64::loose;
use super::digest::Hash;
use super::known::known;
use crate::spec::Candidate;

/// Nothing of it is ever shown but the names.
pub struct Candidates {
    names: Vec<String>,
    /// Bytes of a secret, and which name they go by. The owner's come first: their names say more.
    forms: Vec<(usize, Vec<u8>)>,
    pub known: u32,
    pub own: u32,
}

impl Candidates {
    pub fn new(own: &[Candidate]) -> Self {
        let owned = own.iter().map(|candidate| (candidate.name.as_str(), candidate.value.clone()));
        let mut all = Self { names: vec![], forms: vec![], known: 0, own: 0 };
        all.own = all.take(owned);
        all.known = all.take(known());
        all
    }

    /// How many keys a trial tries.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// The name of the first that fits.
    pub fn first(&self, fits: impl Fn(&[u8]) -> bool) -> Option<&str> {
        let (name, _) = self.forms.iter().find(|(_, secret)| fits(secret))?;
        Some(&self.names[*name])
    }

    /// Each value once; tells how many there are.
    fn take<'a>(&mut self, candidates: impl Iterator<Item = (&'a str, String)>) -> u32 {
        let mut values = BTreeSet::new();
        for (name, value) in candidates {
            if self.names.last().is_none_or(|last| last != name) {
                self.names.push(name.into());
            }
            if !values.contains(&value) {
                self.forms.extend(forms(&value).into_iter().map(|form| (self.names.len() - 1, form)));
                values.insert(value);
            }
        }
        u32::try_from(values.len()).unwrap_or(u32::MAX)
    }
}

/// As it stands, without space around it, decoded, and hashed.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let trimmed = value.trim();
    let mut forms: Vec<Vec<u8>> = vec![value.into(), trimmed.into()];
    forms.extend(loose(trimmed));
    forms.extend(hex(trimmed));
    forms.push(Hash::Sha256.digest(&[value.as_bytes()]).as_ref().into());
    let mut distinct: Vec<Vec<u8>> = vec![];
    for form in forms {
        if !distinct.contains(&form) && (!form.is_empty() || value.is_empty()) {
            distinct.push(form);
        }
    }
    distinct
}

pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str, value: &str) -> Candidate {
        Candidate { name: name.into(), value: value.into() }
    }

    #[test]
    fn a_secret_is_tried_in_each_of_its_forms() {
        for (value, form) in [
            ("secret", &b"secret"[..]),
            (" secret\n", b" secret\n"),
            (" secret\n", b"secret"),
            ("c2VjcmV0", b"secret"),
            ("c2VjcmV0XzE_", b"secret_1?"),
            ("c2VjcmV0XzE/", b"secret_1?"),
            ("c2VjcmV0MQ==", b"secret1"),
            ("c2VjcmV0MQ", b"secret1"),
            ("736563726574", b"secret"),
            ("secret", Hash::Sha256.digest(&[b"secret"]).as_ref()),
        ] {
            assert!(forms(value).iter().any(|held| held == form), "{value}");
        }
        assert!(!forms(" ").iter().any(Vec::is_empty) && forms("").iter().any(Vec::is_empty));
        assert_eq!((hex("abc"), hex("0g"), hex("\u{e9}1")), (None, None, None));
    }

    #[test]
    fn the_first_that_fits_gives_its_name_and_the_owners_come_first() {
        let candidates = Candidates::new(&[own(".env:1 A", "REPLACE_ME"), own(".env:2 B", "REPLACE_ME")]);
        assert_eq!(candidates.own, 1);
        assert_eq!(candidates.first(|secret| secret == b"REPLACE_ME"), Some(".env:1 A"));
        assert_eq!(Candidates::new(&[]).first(|secret| secret == b"REPLACE_ME"), Some("a placeholder"));
        assert_eq!(candidates.first(|secret| secret == b"nobody's"), None);
        assert!(candidates.known > 400 && candidates.len() > 1000);
    }
}
