//! Places on the disk: the files of the house, and an empty folder for a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A file under the root, and its text.
pub struct Source {
    /// With `/`, from the root on.
    pub place: String,
    pub text: String,
}

/// Every file of a folder with that ending, in order.
pub fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = vec![];
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                let place = path.strip_prefix(ROOT).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { place, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

/// The text of a file under the root.
pub fn text(place: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(place)).unwrap_or_else(|e| panic!("{place}: {e}"))
}

/// A folder of one test's own; it ends with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&place).unwrap();
        Self(place)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and says where it is.
    pub fn write(&self, name: &str, text: &str) -> String {
        let place = self.0.join(name);
        fs::write(&place, text).unwrap();
        place.to_str().unwrap().into()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The names of everything in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
