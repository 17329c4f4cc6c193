//! Groups of the key exchange, by the registry of IANA.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A group by its number. Written by its name, where it has one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Group(pub u16);

impl Group {
    pub const P256: Self = Self(0x17);
    pub const P384: Self = Self(0x18);
    pub const P521: Self = Self(0x19);
    pub const X25519: Self = Self(0x1d);
    pub const X448: Self = Self(0x1e);
    pub const X25519_MLKEM768: Self = Self(0x11ec);
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match GROUPS.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}

impl From<Group> for String {
    fn from(group: Group) -> Self {
        group.to_string()
    }
}

impl TryFrom<String> for Group {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if let Some((number, _)) = GROUPS.iter().find(|(_, name)| *name == text) {
            return Ok(Self(*number));
        }
        let digits = text.strip_prefix("0x").ok_or("is no group")?;
        u16::from_str_radix(digits, 16).map(Self).map_err(|_| "is no group".into())
    }
}

const GROUPS: [(u16, &str); 16] = [
    (0x15, "secp224r1"),
    (0x16, "secp256k1"),
    (0x17, "secp256r1"),
    (0x18, "secp384r1"),
    (0x19, "secp521r1"),
    (0x1a, "brainpoolP256r1"),
    (0x1b, "brainpoolP384r1"),
    (0x1c, "brainpoolP512r1"),
    (0x1d, "x25519"),
    (0x1e, "x448"),
    (0x100, "ffdhe2048"),
    (0x101, "ffdhe3072"),
    (0x102, "ffdhe4096"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ec, "X25519MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for group in GROUPS.map(|(number, _)| Group(number)).into_iter().chain([Group(0), Group(0xfafa)]) {
            assert_eq!(Group::try_from(group.to_string()), Ok(group));
        }
        assert!(Group::try_from("x25518".to_string()).is_err());
    }
}
