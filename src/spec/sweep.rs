//! Which ports are swept: none, about two hundred, all, or those the owner lists.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use super::error::{Wrong, quoted};
use super::value::{kind, port};
use crate::target::{PortRange, PortSet};

/// Beside the ports that are knocked at by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sweep {
    Off,
    /// [`COMMON`].
    #[default]
    Common,
    All,
    Listed(PortSet),
}

impl Sweep {
    pub fn ports(&self) -> PortSet {
        match self {
            Self::Off => PortSet::default(),
            Self::Common => COMMON.iter().map(|(port, _)| *port).collect(),
            Self::All => (1..=u16::MAX).collect(),
            Self::Listed(ports) => ports.clone(),
        }
    }
}

/// What listens there by default. In order of ports.
pub const COMMON: &[(u16, &str)] = &[(21, "FTP"), (23, "Telnet")];

/// `"off"`, `"common"`, `"all"`, or a list of ports and `"first-last"`. `own` are the ports that may be open.
pub(super) fn sweep(value: &DeValue, own: &[u16]) -> Result<Sweep, Wrong> {
    let remedy = r#""off", "common", "all", or a list such as [2375, "9000-9100"]"#;
    match value {
        DeValue::String(text) => match text.as_ref() {
            "off" => Ok(Sweep::Off),
            "common" => Ok(Sweep::Common),
            "all" => Ok(Sweep::All),
            _ => Err(Wrong::new(format!("{} is no sweep", quoted(text)), remedy)),
        },
        DeValue::Array(items) => {
            let mut ranges = vec![];
            for item in items.iter() {
                let range = range(item.get_ref())?;
                if let Some(port) = own.iter().find(|port| (range.first..=range.last).contains(port)) {
                    let message = format!("`sweep` names port {port}, which may be open");
                    return Err(Wrong::new(message, "ports that must not be reachable"));
                }
                ranges.push(range);
            }
            ranges.sort_unstable();
            match ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
                Some(pair) => Err(Wrong::new(format!("{} and {} overlap", pair[0], pair[1]), "each port once")),
                None => Ok(Sweep::Listed(ranges.iter().flat_map(|range| range.first..=range.last).collect())),
            }
        }
        other => Err(Wrong::new(format!("`sweep` is {}", kind(other)), remedy)),
    }
}

fn range(value: &DeValue) -> Result<PortRange, Wrong> {
    match value {
        DeValue::String(text) => text
            .parse()
            .map_err(|e| Wrong::new(format!("{} {e}", quoted(text)), "\"9000-9100\", within 1 to 65535")),
        other => port("sweep", other).map(|port| PortRange { first: port, last: port }),
    }
}
