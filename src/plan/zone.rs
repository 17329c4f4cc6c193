//! What the domain name system says beside addresses.

use crate::observation::{Authority, Caa, Observations, Probe};
use crate::spec::Spec;

/// Who may issue for each name of the site.
pub fn authorisations(spec: &Spec, _: &Observations) -> Vec<Probe> {
    let names = spec.origins().filter_map(|origin| origin.host.name());
    names.map(|name| Caa { name: name.into() }.into()).collect()
}

/// What the servers that speak for each name say.
pub fn authorities(spec: &Spec, seen: &Observations) -> Vec<Probe> {
    let names = spec.origins().filter_map(|origin| origin.host.name());
    names.filter_map(|name| Some(Authority::of(seen, name)?.into())).collect()
}
