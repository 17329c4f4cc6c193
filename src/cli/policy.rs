//! golive.toml found and read; what is wrong with it is said.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::flags::What;
use super::standing::standing;
use super::{Exit, complain};
use crate::judge::pages;
use crate::spec::{self, Environment, Flags, Known, Outside, Private, Spec};
use crate::target::Origin;

/// The file that is read when none is named.
const USUAL: &str = "golive.toml";

/// A configuration and its text are not longer than this.
const MOST_BYTES: u64 = 1 << 20;

/// The promise that a command works by, and what it needs beside it: the named file, or the usual one when it is for
/// this site, and the flags. Where nothing is sent, no variable is needed.
pub fn load(what: &What, flags: &Flags, variable: Option<Environment>) -> Result<(Spec, Private), Exit> {
    let file = match &what.config {
        Some(name) => Some((name.clone(), read_text(name).map_err(|e| complain(&[e]))?)),
        None => usual(flags.site.as_deref()).map_err(|e| complain(&[e]))?,
    };
    read(file.as_ref().map(|(name, text)| (name.as_str(), text.as_str())), flags, variable)
}

/// The promise of the named file, or of the usual one, whatever its site is; `None` where there is no file.
pub fn written(config: Option<&str>) -> Result<Option<Spec>, Exit> {
    let what = What { config: config.map(String::from), ..What::default() };
    let exists = config.is_some() || Path::new(USUAL).exists();
    Ok(exists.then(|| load(&what, &Flags::default(), None)).transpose()?.map(|(spec, _)| spec))
}

/// The promise in a text.
pub fn read(
    file: Option<(&str, &str)>,
    flags: &Flags,
    variable: Option<Environment>,
) -> Result<(Spec, Private), Exit> {
    let known: Vec<Known> = pages().iter().map(|page| (page.family, page.id)).collect();
    let outside = Outside { known: &known, read: &read_bytes, standing: &standing, variable };
    spec::load(file, flags, &outside).map_err(|problems| {
        eprintln!("{}", problems.render(std::io::stderr().is_terminal()));
        Exit::Usage
    })
}

/// `./golive.toml`, unless it is for another site: then it is left alone, and that is said.
fn usual(site: Option<&str>) -> Result<Option<(String, String)>, String> {
    if !Path::new(USUAL).exists() {
        return Ok(None);
    }
    let text = read_text(USUAL)?;
    let asked = site.and_then(|site| site.parse::<Origin>().ok());
    let written = toml::from_str::<toml::Table>(&text).ok().and_then(|table| {
        table.get("site").and_then(|site| site.as_str()).and_then(|site| site.parse::<Origin>().ok())
    });
    match (asked, written) {
        (Some(asked), Some(written)) if asked != written => {
            eprintln!("note: {USUAL} is for {written}; it is left alone");
            Ok(None)
        }
        _ => Ok(Some((USUAL.into(), text))),
    }
}

/// The value of a variable of this process' environment.
#[expect(clippy::disallowed_methods, reason = "the environment is read here")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub fn read_text(name: &str) -> Result<String, String> {
    String::from_utf8(read_bytes(name)?).map_err(|_| format!("{name} is no UTF-8 text"))
}

#[expect(clippy::disallowed_methods, reason = "files are read here")]
fn read_bytes(name: &str) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(name).map_err(|e| format!("{name} cannot be read: {e}"))?.len();
    if size > MOST_BYTES {
        return Err(format!("{name} has {size} bytes; at most {MOST_BYTES} are read"));
    }
    // A device or a pipe does not know its size.
    let mut bytes = vec![];
    let file = std::fs::File::open(name).map_err(|e| format!("{name} cannot be read: {e}"))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("{name} cannot be read: {e}"))?;
    Ok(bytes)
}
