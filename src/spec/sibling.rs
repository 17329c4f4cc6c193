//! The `www.` name or the apex beside a declared name, that visitors type and nobody declared.

use super::Spec;
use crate::target::{Host, Origin};

/// A name that nobody declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// The declared origin that it stands beside.
    pub of: Origin,
    pub origin: Origin,
    /// A name that exists only where every name does (wildcard DNS); an apex has none.
    pub nobody: Option<String>,
}

impl Spec {
    /// `www.` before each declared name; for a name that has it, the name without.
    pub fn siblings(&self) -> Vec<Sibling> {
        let mut all: Vec<Sibling> = vec![];
        for sibling in self.origins().filter_map(beside) {
            let host = &sibling.origin.host;
            if !self.is_own(host) && all.iter().all(|held| held.origin.host != *host) {
                all.push(sibling);
            }
        }
        all
    }
}

fn beside(of: &Origin) -> Option<Sibling> {
    let name = of.host.name()?;
    let (host, nobody) = match name.strip_prefix("www.") {
        // A public suffix is nobody's site.
        Some(apex) => (psl::domain(apex.as_bytes()).map(|_| apex.to_string())?, None),
        None => (format!("www.{name}"), Some(format!("golive-no-such-name.{name}"))),
    };
    // RFC 1035 §2.3.4: longer names cannot be asked for.
    let fits = |name: &String| name.parse() == Ok(Host::Name(name.clone()));
    let host = Some(host).filter(fits)?;
    let nobody = match nobody {
        None => None,
        Some(name) => Some(Some(name).filter(fits)?),
    };
    Some(Sibling { of: of.clone(), origin: Origin { host: Host::Name(host), ..of.clone() }, nobody })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_sibling_unless_it_is_declared() {
        let long =
            format!("{}.{}.{}.{}.example.com", "a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(40));
        for (site, aliases, want) in [
            ("app.example.com", &[][..], &["www.app.example.com beside golive-no-such-name.app.example.com"][..]),
            ("example.com:8443", &[], &["www.example.com:8443 beside golive-no-such-name.example.com"]),
            ("www.example.com", &[], &["example.com beside -"]),
            ("www.example.com", &["example.com"], &[]),
            (
                "app.example.com",
                &["www.example.com"],
                &["www.app.example.com beside golive-no-such-name.app.example.com", "example.com beside -"],
            ),
            ("www.co.uk", &[], &[]),
            ("203.0.113.7", &[], &[]),
            (&long, &[], &[]),
        ] {
            let mut spec = Spec::of(site.parse().unwrap());
            spec.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
            let all = spec.siblings().into_iter().map(|sibling| {
                let origin = sibling.origin.to_string();
                format!("{} beside {}", &origin["https://".len()..], sibling.nobody.as_deref().unwrap_or("-"))
            });
            assert_eq!(all.collect::<Vec<_>>(), want, "{site}");
        }
    }
}
