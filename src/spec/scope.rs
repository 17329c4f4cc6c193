//! How the question was narrowed by hand: families of addresses, checks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::target::Family;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// `-4` or `-6`: this family alone.
    pub family: Option<Family>,
    /// Families and checks as given; empty: all.
    pub only: Vec<String>,
    pub skip: Vec<String>,
    /// Families of which no check is left.
    pub omitted: BTreeSet<String>,
    /// Of all families, only the one of the owner's files is left: the site is not asked anything.
    #[serde(default)]
    pub files_alone: bool,
}

impl Scope {
    pub fn is_narrowed(&self) -> bool {
        self.family.is_some() || !self.only.is_empty() || !self.skip.is_empty()
    }

    pub fn asks(&self, family: &str, check: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == family || name == check);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Whether a check of the family is left.
    pub fn asks_any(&self, family: &str) -> bool {
        !self.omitted.contains(family)
    }

    pub fn looks_at(&self, family: Family) -> bool {
        self.family.is_none_or(|only| only == family)
    }
}

/// `IPv4 only, without cors`.
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let family = self.family.map(|family| format!("{family} only"));
        let only = (!self.only.is_empty()).then(|| format!("only {}", self.only.join(" ")));
        let skip = (!self.skip.is_empty()).then(|| format!("without {}", self.skip.join(" ")));
        let parts: Vec<String> = [family, only, skip].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}
