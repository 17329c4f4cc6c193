//! The one door through which text leaves: remote text made safe before it is printed.

/// Makes control, bidi and other invisible characters visible as `\u{1b}`, on one line.
pub fn plain(text: &str) -> String {
    let _ = text;
    todo!()
}
