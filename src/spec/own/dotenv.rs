//! Lines of `NAME=value`, as docker compose reads them (compose-go, dotenv/parser.go).

use super::Misread;

/// A line that says something of a variable.
pub(super) struct Assignment {
    pub line: u32,
    pub name: String,
    /// `None`: a name alone, whose value comes from elsewhere.
    pub value: Option<Raw>,
}

/// A value before its variables are looked up.
pub(super) struct Raw {
    /// `$$` is a dollar where it expands.
    pub text: String,
    pub expands: bool,
}

/// Every assignment, in order.
///
/// # Errors
/// The first line that is none.
pub(super) fn dotenv(text: &str) -> Result<Vec<Assignment>, Misread> {
    let mut cursor = Cursor { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let mut all = vec![];
    loop {
        cursor.skip(char::is_whitespace);
        match cursor.rest.chars().next() {
            None => return Ok(all),
            Some('#') => cursor.skip(|c| c != '\n'),
            Some(_) => all.push(assignment(&mut cursor)?),
        }
    }
}

struct Cursor<'t> {
    rest: &'t str,
    line: u32,
}

impl<'t> Cursor<'t> {
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        let lines = taken.bytes().filter(|b| *b == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> &'t str {
        self.take(self.rest.find(|c| !holds(c)).unwrap_or(self.rest.len()))
    }

    fn skip(&mut self, holds: impl Fn(char) -> bool) {
        self.take_while(holds);
    }
}

fn assignment(cursor: &mut Cursor) -> Result<Assignment, Misread> {
    let line = cursor.line;
    if let Some(behind) = cursor.rest.strip_prefix("export").filter(|behind| behind.starts_with(is_blank)) {
        cursor.take(cursor.rest.len() - behind.len());
        cursor.skip(is_blank);
    }
    let name = cursor.take_while(|c| c.is_alphanumeric() || "_.-".contains(c)).to_string();
    cursor.skip(is_blank);
    match cursor.rest.chars().next() {
        _ if name.is_empty() => Err(Misread { line, what: "is no `NAME=value`" }),
        None | Some('\n') => Ok(Assignment { line, name, value: None }),
        // The library takes `NAME: value` too.
        Some('=' | ':') => {
            cursor.take(1);
            let value = Some(value(cursor)?);
            Ok(Assignment { line, name, value })
        }
        Some(_) => Err(Misread { line, what: "is no `NAME=value`" }),
    }
}

fn value(cursor: &mut Cursor) -> Result<Raw, Misread> {
    let blank = !cursor.take_while(is_blank).is_empty();
    match cursor.rest.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(cursor, quote),
        Some('#') if blank => Ok(Raw { text: String::new(), expands: false }),
        _ => {
            let line = cursor.take_while(|c| c != '\n');
            let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(is_blank));
            let text = comment.map_or(line, |(at, _)| &line[..at]);
            Ok(Raw { text: text.trim_end().into(), expands: true })
        }
    }
}

/// A value in quotes, over as many lines as it takes.
fn quoted(cursor: &mut Cursor, quote: char) -> Result<Raw, Misread> {
    let line = cursor.line;
    let mut text = String::new();
    let mut end = None;
    let mut chars = cursor.rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => {
                end = Some(at + 1);
                break;
            }
            '\\' => match chars.next() {
                Some((_, next)) => escape(&mut text, quote, next),
                None => text.push('\\'),
            },
            c => text.push(c),
        }
    }
    let Some(end) = end else { return Err(Misread { line, what: "opens a quote that is never closed" }) };
    cursor.take(end);
    cursor.skip(is_blank);
    match cursor.rest.chars().next() {
        None | Some('\n') => {}
        Some('#') => cursor.skip(|c| c != '\n'),
        Some(_) => return Err(Misread { line: cursor.line, what: "has text behind its closing quote" }),
    }
    Ok(Raw { text, expands: quote == '"' })
}

/// Compose: `\n`, `\r`, `\t` and every escaped sign in double quotes, the quote alone in single ones.
fn escape(text: &mut String, quote: char, c: char) {
    match (quote, c) {
        ('"', 'n') => text.push('\n'),
        ('"', 'r') => text.push('\r'),
        ('"', 't') => text.push('\t'),
        ('"', '$') => text.push_str("$$"),
        ('"', c) if !c.is_alphanumeric() => text.push(c),
        ('\'', '\'') => text.push('\''),
        (_, c) => text.extend(['\\', c]),
    }
}

fn is_blank(c: char) -> bool {
    c != '\n' && c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(u32, String, Option<String>)> {
        let all = dotenv(text).unwrap_or_else(|e| panic!("line {} {}", e.line, e.what));
        all.into_iter().map(|a| (a.line, a.name, a.value.map(|raw| raw.text))).collect()
    }

    #[test]
    fn a_line_is_a_name_and_a_value() {
        for (text, name, value) in [
            ("A=b", "A", Some("b")),
            ("A = b ", "A", Some("b")),
            ("export A=b", "A", Some("b")),
            ("export\tA=b", "A", Some("b")),
            ("exported=b", "exported", Some("b")),
            ("A: b", "A", Some("b")),
            ("A.b-c=d", "A.b-c", Some("d")),
            ("A", "A", None),
            ("A=", "A", Some("")),
            ("A= # nothing", "A", Some("")),
            ("A=#b", "A", Some("#b")),
            ("A=b # c", "A", Some("b")),
            ("A=b#c", "A", Some("b#c")),
            ("A=b=c", "A", Some("b=c")),
            ("A='b # c' # d", "A", Some("b # c")),
            (r"A='it\'s\n'", "A", Some(r"it's\n")),
            (r#"A="b\n\"c\" \$d \\ \q""#, "A", Some("b\n\"c\" $$d \\ \\q")),
            ("A=\"b\nc\"", "A", Some("b\nc")),
            ("A=b\r\n", "A", Some("b")),
            ("\u{feff}A=b", "A", Some("b")),
            ("A=it's", "A", Some("it's")),
            ("A=${B:-c d}", "A", Some("${B:-c d}")),
        ] {
            assert_eq!(read(text), [(1, name.into(), value.map(String::from))], "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_over_comments_and_long_values() {
        let text = "# first\r\n\r\nA=1\r\n  # third\nB='x\ny'\nC=3";
        let lines: Vec<(u32, String)> = read(text).into_iter().map(|(line, name, _)| (line, name)).collect();
        assert_eq!(lines, [(3, "A".into()), (5, "B".into()), (7, "C".into())]);
    }

    #[test]
    fn what_is_no_assignment_is_said_with_its_line() {
        for (text, line, what) in [
            ("A=1\nplease see the wiki", 2, "is no `NAME=value`"),
            ("=b", 1, "is no `NAME=value`"),
            ("A='b\nC=d", 1, "opens a quote that is never closed"),
            ("A='it\nB='x'", 2, "has text behind its closing quote"),
            ("<html>", 1, "is no `NAME=value`"),
        ] {
            let Err(misread) = dotenv(text) else { panic!("{text:?} is read") };
            assert_eq!((misread.line, misread.what), (line, what), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s)(.|[A-Z='\"$#\\\\\\n{}: ]){0,80}") {
            let lines = u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX);
            match dotenv(&text) {
                Ok(all) => prop_assert!(all.iter().all(|a| (1..=lines).contains(&a.line) && !a.name.is_empty())),
                Err(misread) => prop_assert!((1..=lines).contains(&misread.line)),
            }
        }

        /// What is written in quotes comes back as it was.
        #[test]
        fn a_quoted_value_is_what_was_written(value in "[ -~é\\n]{0,40}") {
            let written = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
            let read = read(&format!("A=\"{written}\""));
            prop_assert_eq!(read[0].2.as_deref().map(|text| text.replace("$$", "$")), Some(value));
        }
    }
}
