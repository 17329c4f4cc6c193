//! Secrets that stand in public: in documentation, in tutorials, in templates, and where somebody meant to put one.
//! Their names say where, and never what.

mod placeholders;
mod public;

use self::placeholders::PHRASES;
use self::public::PUBLIC;

/// Every value with its name.
pub fn known() -> impl Iterator<Item = (&'static str, String)> {
    let spelled = PHRASES.iter().flat_map(|phrase| spellings(phrase)).map(|value| ("a placeholder", value));
    let public = PUBLIC.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, String::from(*value))));
    public.chain(spelled)
}

/// As people join words.
fn spellings(phrase: &str) -> Vec<String> {
    let joined = |with: &str| phrase.replace(' ', with);
    let mut all = vec![joined("-"), joined("_"), joined("_").to_uppercase()];
    if phrase.split(' ').count() > 2 {
        all.push(phrase.into());
    } else {
        all.extend([joined(""), joined("-").to_uppercase(), joined("").to_uppercase()]);
    }
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_some_hundred_and_no_name_tells_a_value() {
        let all: Vec<(&str, String)> = known().collect();
        assert!((400..1200).contains(&all.len()), "{}", all.len());
        for (name, value) in &all {
            let told = value.len() > 5 && name.to_lowercase().contains(&value.to_lowercase());
            assert!(!told || value.eq_ignore_ascii_case("placeholder") || value == "default", "{name}: {value}");
        }
    }

    #[test]
    fn words_are_joined_as_people_do() {
        let of = |phrase| spellings(phrase).into_iter().collect::<BTreeSet<_>>();
        let want = ["change-me", "change_me", "changeme", "CHANGE-ME", "CHANGE_ME", "CHANGEME"];
        assert_eq!(of("change me"), want.map(String::from).into());
        let want = ["put it here", "put-it-here", "put_it_here", "PUT_IT_HERE"];
        assert_eq!(of("put it here"), want.map(String::from).into());
    }
}
