//! Secrets in a content that is read as a stream: of what kind, and where. What they are is told to nobody.

mod address;
mod forms;
mod genuine;
mod keys;
mod pairs;
mod values;

pub use values::Values;

/// Bytes that a secret may have: a private key of RSA with 16,384 bits in PEM, and room for escapes.
const AHEAD: usize = 16 * 1024;

/// Bytes before a place that help to tell what stands there.
const BEHIND: usize = 1024;

/// Bytes that are looked at in one go.
const PART: usize = 64 * 1024;

/// Secrets of one content that are told.
const MOST_FOUND: usize = 32;

/// A secret that was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: String,
    /// Byte of the content where it begins.
    pub at: u64,
    pub length: usize,
    /// The name of the owner's variable whose value it is.
    pub variable: Option<String>,
}

/// Reads a content part by part; what was read is forgotten.
pub struct Finder<'a> {
    values: &'a Values,
    window: Vec<u8>,
    /// Byte of the content where the window begins.
    begin: u64,
    /// Byte of the window that is looked at next.
    next: usize,
    found: Vec<Found>,
}

/// A secret in a window.
struct Hit {
    from: usize,
    until: usize,
    kind: String,
}

impl<'a> Finder<'a> {
    pub fn new(values: &'a Values) -> Self {
        Self { values, window: vec![], begin: 0, next: 0, found: vec![] }
    }

    pub fn read(&mut self, content: &[u8]) {
        for part in content.chunks(PART) {
            self.window.extend_from_slice(part);
            if self.window.len() >= self.next + AHEAD + PART {
                self.look(self.window.len() - AHEAD);
            }
        }
    }

    /// What was found in the whole.
    pub fn finish(mut self) -> Vec<Found> {
        self.look(self.window.len());
        self.found
    }

    /// Looks at every place before `until`.
    fn look(&mut self, until: usize) {
        while self.next < until {
            let hit = match self.values.at(&self.window, self.next) {
                Some((name, length)) => {
                    let hit = Hit { from: self.next, until: self.next + length, kind: VALUE.into() };
                    Some((hit, Some(name.to_string())))
                }
                None => hit(&self.window, self.next).map(|hit| (hit, None)),
            };
            let Some((hit, variable)) = hit else {
                self.next += 1;
                continue;
            };
            if self.found.len() < MOST_FOUND {
                let (at, length) = (self.begin + hit.from as u64, hit.until - hit.from);
                self.found.push(Found { kind: hit.kind, at, length, variable });
            }
            self.next = hit.until.max(self.next + 1);
        }
        let done = self.next.saturating_sub(BEHIND);
        self.window.drain(..done);
        self.begin += done as u64;
        self.next -= done;
    }
}

const VALUE: &str = "value of a secret variable";

/// A secret that is told by the byte at a place.
fn hit(window: &[u8], at: usize) -> Option<Hit> {
    match window[at] {
        b'-' => keys::pem(window, at),
        b':' => address::with_password(window, at).or_else(|| pairs::telegram(window, at)),
        b'A' => pairs::aws(window, at).or_else(|| pairs::twilio(window, at)).or_else(|| keys::age(window, at)),
        b'e' => pairs::service_role(window, at),
        _ => None,
    }
    .or_else(|| forms::token(window, at))
}

/// Whether a place is inside a word, so that nothing begins there. The letter of an escape (`\n`) is no part of one.
fn is_in_word(window: &[u8], at: usize) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match window[..at] {
        [.., b'\\', b'n' | b'r' | b't'] => false,
        [.., before] => word(before),
        [] => false,
    }
}

/// How many bytes of a kind there are from the begin of a text.
fn count(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().take(AHEAD).take_while(|b| is(**b)).count()
}

/// The characters of base64url, without its padding.
fn is_url_safe(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

#[cfg(test)]
mod tests;
