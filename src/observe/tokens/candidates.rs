//! The secrets that are tried, each in the forms that a deployment may give it.

use super::base64::loose;
use super::digest::Hash;
use super::known::KNOWN;
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
        let known = KNOWN.iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, *value)));
        let owned = own.iter().map(|candidate| (candidate.name.as_str(), candidate.value.as_str()));
        let mut all = Self { names: vec![], forms: vec![], known: 0, own: 0 };
        all.own = all.take(owned);
        all.known = all.take(known);
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

    fn take<'a>(&mut self, candidates: impl Iterator<Item = (&'a str, &'a str)>) -> u32 {
        let mut count = 0;
        for (name, value) in candidates {
            if self.names.last().is_none_or(|last| last != name) {
                self.names.push(name.into());
            }
            self.forms.extend(forms(value).into_iter().map(|form| (self.names.len() - 1, form)));
            count += 1;
        }
        count
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
