//! Reports leave here: files appear whole or not at all, and a place that cannot be written is found first.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};

use super::flags::{Color, Show, Write};
use crate::judge::pages;
use crate::report::{Format, Report, Screen, Verbosity, terminal};

/// Where the reports of a run go.
pub struct Outputs {
    files: Vec<Pending>,
    /// One format replaces the screen.
    stdout: Option<Format>,
}

/// A file that will be written: its neighbour exists already.
struct Pending {
    format: Format,
    place: PathBuf,
    /// `None`: the place is written itself.
    temporary: Option<PathBuf>,
}

impl Outputs {
    /// Opens every place before anything is sent.
    ///
    /// # Errors
    /// Every place that cannot be written, with its reason.
    pub fn prepare(write: &Write) -> Result<Self, Vec<String>> {
        let mut outputs = Self { files: vec![], stdout: None };
        let mut wrong = vec![];
        let named = [(Format::Json, &write.json), (Format::Junit, &write.junit)];
        let named = named.into_iter().filter_map(|(format, place)| Some((format, place.clone()?)));
        let folder = write.output.iter();
        let together = folder.flat_map(|dir| Format::ALL.map(|format| (format, dir.join(format.file_name()))));
        for (format, place) in named.chain(together) {
            if place.as_os_str() == "-" {
                if outputs.stdout.replace(format).is_some() {
                    wrong.push("`-` is stdout, and only one report fits there".into());
                }
                continue;
            }
            match Pending::open(format, place.clone()) {
                Ok(pending) => outputs.files.push(pending),
                Err(e) => wrong.push(format!("{} cannot be written: {e}", place.display())),
            }
        }
        if wrong.is_empty() { Ok(outputs) } else { Err(wrong) }
    }

    /// Writes every report, then the screen.
    ///
    /// # Errors
    /// What could not be written; everything else is.
    pub fn write(&mut self, report: &Report, show: &Show, heading: Option<&str>) -> Result<(), Vec<String>> {
        let mut wrong = vec![];
        for pending in self.files.drain(..) {
            if let Err(e) = pending.finish(report) {
                wrong.push(format!("{} cannot be written: {e}", pending.place.display()));
            }
        }
        let text = match self.stdout {
            Some(format) => format.render(report, pages()),
            None => terminal::render(report, pages(), screen(show, heading)),
        };
        if let Err(e) = print(&text, if self.stdout.is_some() { Color::Never } else { show.color }) {
            wrong.push(format!("stdout cannot be written: {e}"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

impl Pending {
    fn open(format: Format, place: PathBuf) -> io::Result<Self> {
        if place.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let temporary = is_replaceable(&place).then(|| neighbour(&place));
        if let Some(temporary) = &temporary {
            write_file(temporary, b"")?;
        }
        Ok(Self { format, place, temporary })
    }

    fn finish(&self, report: &Report) -> io::Result<()> {
        let text = self.format.render(report, pages());
        let Some(temporary) = &self.temporary else { return write_file(&self.place, text.as_bytes()) };
        write_file(temporary, text.as_bytes())?;
        fs::rename(temporary, &self.place)
    }
}

/// A device, a pipe or a link is written through: in a rename, root would lose `/dev/null`.
fn is_replaceable(place: &Path) -> bool {
    fs::symlink_metadata(place).map_or(true, |held| held.is_file())
}

/// Nothing is left behind by a run that ends before its reports.
impl Drop for Pending {
    fn drop(&mut self) {
        let _ = self.temporary.as_ref().map(fs::remove_file);
    }
}

#[expect(clippy::disallowed_methods, reason = "files are written here")]
fn write_file(place: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(place, bytes)
}

/// In the same folder, so that the last step is a rename.
fn neighbour(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    place.with_file_name(name)
}

/// Prints to stdout; a closed pipe is quiet.
pub fn print(text: &str, color: Color) -> io::Result<()> {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stdout()),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut stdout = AutoStream::new(io::stdout().lock(), choice);
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn screen<'a>(show: &Show, heading: Option<&'a str>) -> Screen<'a> {
    let verbosity = match (show.quiet, show.verbose) {
        (0, 0) => Verbosity::Normal,
        (1, _) => Verbosity::Verdict,
        (2.., _) => Verbosity::Nothing,
        (_, 1) => Verbosity::Passes,
        _ => Verbosity::Exchanges,
    };
    Screen { width: width(), verbosity, heading }
}

/// The terminal's columns, 80 where there is none, 100 at most.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_replaced() {
        let folder = std::env::temp_dir().join(format!("golive-output-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [absent, file, link] = ["absent", "file", "link"].map(|name| folder.join(name));
        write_file(&file, b"").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let places = [(&*absent, true), (&*file, true), (&*link, false), (Path::new("/dev/null"), false)];
        let found = places.map(|(place, _)| is_replaceable(place));
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, places.map(|(_, want)| want));
    }
}
