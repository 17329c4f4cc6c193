//! Who may read a file of the owner's: its permissions, and whether git tracks it. Git itself is not run: a repository
//! may name programs that it would start.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::spec::Standing;

pub fn standing(name: &str) -> Standing {
    let Ok(place) = fs::canonicalize(name) else { return Standing::default() };
    let mode = fs::metadata(&place).ok().filter(fs::Metadata::is_file).map(|held| held.permissions().mode());
    Standing { readable_by_others: mode.map(|mode| mode & 0o004 != 0), tracked: tracked(&place) }
}

/// `Some(false)` outside of every repository too.
fn tracked(place: &Path) -> Option<bool> {
    let Some((root, repository)) = place.ancestors().skip(1).find_map(repository) else { return Some(false) };
    let index = repository.join("index");
    if !index.exists() {
        return Some(false);
    }
    let path = place.strip_prefix(root).ok()?.to_str()?;
    let names = names(&bytes(&index)?)?;
    Some(names.iter().any(|name| name == path.as_bytes()))
}

/// The working tree that a folder is, and where its repository lies (gitrepository-layout).
fn repository(folder: &Path) -> Option<(&Path, PathBuf)> {
    let entry = folder.join(".git");
    if entry.is_dir() {
        return Some((folder, entry));
    }
    let text = String::from_utf8(bytes(&entry)?).ok()?;
    Some((folder, folder.join(text.strip_prefix("gitdir:")?.trim())))
}

#[expect(clippy::disallowed_methods, reason = "files are read here")]
fn bytes(place: &Path) -> Option<Vec<u8>> {
    let mut bytes = vec![];
    File::open(place).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_BYTES).then_some(bytes)
}

/// The names in an index of git (gitformat-index); nothing where it is of another kind.
fn names(index: &[u8]) -> Option<Vec<Vec<u8>>> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    let version = number(4)?;
    if index.get(..4)? != b"DIRC" || !(2..=4).contains(&version) || number(8)? > MOST_ENTRIES {
        return None;
    }
    let mut names: Vec<Vec<u8>> = vec![];
    let mut at = 12;
    for _ in 0..number(8)? {
        let flags = u16::from_be_bytes(index.get(at + 60..at + 62)?.try_into().ok()?);
        // Version 3 and on: a flag says that there are more flags.
        let begin = at + if flags & 0x4000 == 0 { 62 } else { 64 };
        let rest = index.get(begin..)?;
        let (name, next) = if version == 4 {
            let (strip, length) = offset(rest)?;
            let rest = &rest[length..];
            let end = rest.iter().position(|byte| *byte == 0)?;
            let before = names.last().map_or(&[][..], Vec::as_slice);
            let name = [before.get(..before.len().checked_sub(strip)?)?, &rest[..end]].concat();
            (name, begin + length + end + 1)
        } else {
            let end = rest.iter().position(|byte| *byte == 0)?;
            // One to eight NULs, so that an entry is a multiple of eight bytes long.
            (rest[..end].to_vec(), at + (begin - at + end + 8) / 8 * 8)
        };
        names.push(name);
        at = next;
    }
    Some(names)
}

/// A number as in offsets of a pack (gitformat-pack): seven bits a byte, one more for each that follows.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        value = (if at == 0 { 0 } else { value + 1 } << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// An index of a large repository.
const MOST_BYTES: u64 = 64 << 20;
const MOST_ENTRIES: u32 = 1 << 20;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// An index with these names.
    fn index(version: u32, entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut index =
            [b"DIRC".as_slice(), &version.to_be_bytes(), &(entries.len() as u32).to_be_bytes()].concat();
        for (name, strip) in entries {
            let start = index.len();
            index.extend([0; 60]);
            index.extend([0, u8::try_from(name.len()).unwrap()]);
            index.extend(*strip);
            index.extend(name.bytes());
            index.push(0);
            while version < 4 && (index.len() - start) % 8 != 0 {
                index.push(0);
            }
        }
        index
    }

    #[test]
    fn the_names_of_an_index_are_read() {
        let want: Vec<Vec<u8>> = [".env", "a/b", "a/bcdefgh"].map(|name| name.as_bytes().to_vec()).into();
        let two = index(2, &[(".env", b""), ("a/b", b""), ("a/bcdefgh", b"")]);
        assert_eq!(names(&two), Some(want.clone()));
        let four = index(4, &[(".env", b"\0"), ("a/b", b"\x04"), ("cdefgh", b"\0")]);
        assert_eq!(names(&four), Some(want));
        assert_eq!(names(b"DIRC\0\0\0\x05\0\0\0\0"), None);
        assert_eq!(offset(&[0x80, 0x00]), Some((128, 2)));
    }

    #[test]
    fn a_file_is_private_until_others_may_read_it() {
        let folder = std::env::temp_dir().join(format!("golive-standing-{}", std::process::id()));
        fs::create_dir_all(folder.join("app")).unwrap();
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            git.arg("-C").arg(&folder).args(["-c", "core.hooksPath=/dev/null"]).args(args);
            git.output().is_ok_and(|output| output.status.success())
        };
        let has_git = git(&["init", "-q"]);
        let place = |name: &str| folder.join(name).to_str().unwrap().to_string();
        let mut found = vec![];
        for (name, mode) in [("app/.env", 0o600), (".env", 0o644)] {
            let mut file = File::options().write(true).create(true).truncate(true).open(place(name)).unwrap();
            std::io::Write::write_all(&mut file, b"A=1\n").unwrap();
            fs::set_permissions(place(name), fs::Permissions::from_mode(mode)).unwrap();
            found.push(standing(&place(name)));
        }
        let added = has_git && git(&["add", "app/.env"]);
        found.push(standing(&place("app/.env")));
        found.push(standing(&place("none")));
        fs::remove_dir_all(&folder).unwrap();
        let is =
            |others: bool, tracked: bool| Standing { readable_by_others: Some(others), tracked: Some(tracked) };
        assert_eq!(found, [is(false, false), is(true, false), is(false, added), Standing::default()]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_no_index(bytes in proptest::collection::vec(any::<u8>(), 0..200), version in 2u8..5) {
            let head = [b'D', b'I', b'R', b'C', 0, 0, 0, version, 0, 0, 0, 3];
            let _ = (names(&bytes), names(&[&head[..], &bytes].concat()));
        }
    }
}
