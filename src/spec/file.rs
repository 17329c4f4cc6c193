//! golive.toml and the flags beside it, read into a Spec.

use std::net::IpAddr;
use std::time::Duration;

use super::{Problems, Spec};
use crate::target::Family;

/// A check that exists: its family and its id.
pub type Known = (&'static str, &'static str);

/// What the command line says about the promise. Flags win over the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub site: Option<String>,
    pub family: Option<Family>,
    pub cacert: Option<String>,
    pub only: Vec<String>,
    pub skip: Vec<String>,
    pub control: Vec<IpAddr>,
    pub assume_egress: bool,
    pub max_time: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub strict: bool,
}

/// Reads a Spec from a file's name and text (either may be missing) and the flags; `read` fetches the CA file.
///
/// # Errors
/// All that is wrong, at once.
pub fn load(
    file: Option<(&str, &str)>,
    flags: &Flags,
    known: &[Known],
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Spec, Problems> {
    let _ = (file, flags, known, read);
    todo!()
}
