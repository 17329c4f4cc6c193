//! What is wrong with a configuration: the place, the value and the remedy, all at once.

use std::fmt;
use std::ops::Range;

use super::steps::is_secret_name;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: "unknown key `prots`".
    pub message: String,
    /// What to do about it: "did you mean `ports`?".
    pub remedy: String,
    /// Bytes of the file's text; `None` for what came from the command line or the environment.
    pub span: Option<Range<usize>>,
}

/// Everything that is wrong, with the text it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// Name and text of the file, when there is one.
    pub file: Option<(String, String)>,
    pub list: Vec<Problem>,
}

/// What is wrong with a value, before it is known where the value stands.
#[derive(Debug)]
pub(super) struct Wrong {
    pub message: String,
    pub remedy: String,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }

    pub(super) fn at(self, span: Option<Range<usize>>) -> Problem {
        Problem { message: self.message, remedy: self.remedy, span }
    }
}

impl Problems {
    /// Each problem under the line it stands in, then how many they are. `color` writes ANSI escapes.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for problem in &self.list {
            out += &self.draw(problem, &renderer);
            out.push('\n');
        }
        let count = match self.list.len() {
            1 => "1 error".into(),
            n => format!("{n} errors"),
        };
        let place = match &self.file {
            Some((name, _)) if self.list.iter().any(|p| p.span.is_some()) => format!(" in {}", printable(name)),
            _ => String::new(),
        };
        out + &format!("golive: {count}{place}, nothing was sent")
    }

    /// `line:column message | remedy` of each problem.
    #[cfg(test)]
    pub(super) fn said(&self) -> Vec<String> {
        let place = |problem: &Problem| {
            let ((_, text), span) = (self.file.as_ref()?, problem.span.as_ref()?);
            let (number, line, span) = line_of(text, span);
            Some(format!("{number}:{} ", line[..span.start].chars().count() + 1))
        };
        let show = |p: &Problem| format!("{}{} | {}", place(p).unwrap_or_default(), p.message, p.remedy);
        self.list.iter().map(show).collect()
    }

    fn draw(&self, problem: &Problem, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(printable(&problem.message));
        let remedy = printable(&problem.remedy);
        let group = match (&self.file, &problem.span) {
            (Some((name, text)), Some(span)) => {
                let (number, line, span) = line_of(text, span);
                let (line, span) = shown(line, span);
                let caret = AnnotationKind::Primary.span(span).label((!remedy.is_empty()).then_some(remedy));
                title.element(Snippet::source(line).line_start(number).path(printable(name)).annotation(caret))
            }
            _ => title.element(Level::HELP.message(remedy)),
        };
        renderer.render(&[group])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// A text of the user's in a message: in backticks, cut, without the credentials that a URL may hold.
pub(super) fn quoted(text: &str) -> String {
    let bare = match text.rfind('@') {
        Some(at) => {
            let from = text[..at].find("://").map_or(0, |scheme| scheme + 3);
            format!("{}{HIDDEN}{}", &text[..from], &text[at..])
        }
        None => text.into(),
    };
    match bare.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("`{}…`", &bare[..end]),
        None => format!("`{bare}`"),
    }
}

/// The 1-based line that a byte of the text stands in.
pub(super) fn line_number(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

/// Number and text of the line a span begins in, and the part of the span that lies in it.
fn line_of<'t>(text: &'t str, span: &Range<usize>) -> (usize, &'t str, Range<usize>) {
    let at = text.floor_char_boundary(span.start.min(text.len()));
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let line = text[begin..end].strip_suffix('\r').unwrap_or(&text[begin..end]);
    let start = (at - begin).min(line.len());
    let stop = line.ceil_char_boundary((span.end.max(at) - begin).min(line.len()));
    (line_number(text, at), line, start..stop.max(start))
}

/// A line as it may be shown, and where the span lies in it: control characters are written out, what stands before an
/// `@` may be a password, and so may the value of a key that says so.
fn shown(line: &str, span: Range<usize>) -> (String, Range<usize>) {
    let hidden: Vec<Range<usize>> = secret_values(line).into_iter().chain(before_at(line)).collect();
    let mut out = String::new();
    let (mut start, mut end) = (None, None);
    for (at, c) in line.char_indices() {
        if at >= span.start {
            start.get_or_insert(out.len());
        }
        if at >= span.end {
            end.get_or_insert(out.len());
        }
        match hidden.iter().find(|range| range.contains(&at)) {
            Some(range) if range.start == at => out.push_str(HIDDEN),
            Some(_) => {}
            None => push(&mut out, c),
        }
    }
    let start = start.unwrap_or(out.len());
    let end = end.unwrap_or(out.len());
    (out, start..end.max(start))
}

/// The literal values of keys that name a secret.
fn secret_values(line: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    for (at, _) in line.match_indices('=') {
        let key = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let outside = key.char_indices().rfind(|(_, c)| !(c.is_alphanumeric() || "_-".contains(*c)));
        let begin = outside.map_or(0, |(at, c)| at + c.len_utf8());
        let behind = line[at + 1..].trim_start();
        let from = line.len() - behind.len();
        let end = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => closing(behind, quote).unwrap_or(behind.len()),
            _ => behind.find([',', '}', ' ', '\t']).unwrap_or(behind.len()),
        };
        let is_name = behind[..end].contains("${");
        let is_value = end > 0 && !behind.starts_with(['{', '[']);
        if key.get(begin..).is_some_and(is_secret_name) && !is_name && is_value {
            found.push(from..from + end);
        }
    }
    found
}

/// Where a string in quotes ends, behind its quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

/// What stands before each `@`: from the beginning of its string (or word, outside of strings), or behind the `://` in it.
fn before_at(line: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = vec![];
    let mut quote = None;
    let mut escaped = false;
    let mut begin = 0;
    for (at, c) in line.char_indices() {
        let next = at + c.len_utf8();
        match (quote, c) {
            (Some('"'), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == c => (quote, begin) = (None, next),
            (None, '"' | '\'') => (quote, begin) = (Some(c), next),
            (None, c) if c.is_whitespace() => begin = next,
            (_, '@') => {
                let from = line[begin..at].find("://").map_or(begin, |scheme| begin + scheme + 3);
                match found.last_mut() {
                    Some(last) if last.start == from => last.end = at,
                    _ if from < at => found.push(from..at),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut out, c));
    out
}

fn push(out: &mut String, c: char) {
    // Format characters turn the direction of a line or hide in it (UAX #9, UAX #44 Cf).
    let invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    if c != '\t' && (c.is_control() || invisible) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

const HIDDEN: &str = "…";

/// Characters of a quoted text.
const QUOTED: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(message: &str, remedy: &str, span: Option<Range<usize>>) -> Problem {
        Wrong::new(message, remedy).at(span)
    }

    #[test]
    fn problems_are_drawn_under_their_lines() {
        let text = format!("{}[prots]\n{}connect    = \"3\"\n", "\n".repeat(14), "\n".repeat(65));
        let problems = Problems {
            list: vec![
                problem("unknown key `prots`", "did you mean `ports`?", Some(15..20)),
                problem("`connect` needs a unit", "\"3s\" or \"300ms\"", Some(100..103)),
            ],
            file: Some(("golive.toml".into(), text)),
        };
        let want = r#"error: unknown key `prots`
  --> golive.toml:15:2
   |
15 | [prots]
   |  ^^^^^ did you mean `ports`?
error: `connect` needs a unit
  --> golive.toml:81:14
   |
81 | connect    = "3"
   |              ^^^ "3s" or "300ms"
golive: 2 errors in golive.toml, nothing was sent"#;
        assert_eq!(problems.to_string(), want);
        let colored = problems.render(true);
        assert!(colored.contains("\u{1b}["), "{colored}");
        assert!(colored.ends_with("\ngolive: 2 errors in golive.toml, nothing was sent"), "{colored}");
    }

    #[test]
    fn a_problem_without_a_place_has_its_remedy_below() {
        let problems = Problems { list: vec![problem("no site", "name one", None)], file: None };
        let want = "error: no site\n |\n = help: name one\ngolive: 1 error, nothing was sent";
        assert_eq!(problems.to_string(), want);
    }

    #[test]
    fn a_line_is_shown_without_credentials_and_control_characters() {
        for (line, span, want, at) in [
            ("a = 1", 4..5, "a = 1", 4..5),
            ("a = 1", 5..5, "a = 1", 5..5),
            ("\u{1b}[31m x", 6..7, "\\u{1b}[31m x", 11..12),
            ("\u{202e}x", 3..4, "\\u{202e}x", 8..9),
            (r#"site = "https://u:p@h""#, 7..22, r#"site = "https://…@h""#, 7..22),
            (r#"site = "https://u:p\"@x@h" # y@z"#, 7..26, r#"site = "https://…@h" # …@z"#, 7..22),
            (r#"site = "u:p w@h""#, 7..16, r#"site = "…@h""#, 7..14),
            ("prots = 'a' # b@c", 0..5, "prots = 'a' # …@c", 0..5),
        ] {
            let (text, place) = shown(line, span);
            assert_eq!((text.as_str(), place), (want, at), "{line}");
        }
    }

    #[test]
    fn a_quoted_text_is_short_and_holds_no_credentials() {
        for (text, want) in [
            ("app.example.com", "`app.example.com`"),
            ("https://user:secret@app.example.com", "`https://…@app.example.com`"),
            ("user:secret@app", "`…@app`"),
            ("https://u:p@s@h/@", "`https://…@`"),
            ("user:secret@app://x", "`…@app://x`"),
        ] {
            assert_eq!(quoted(text), want);
        }
        assert_eq!(quoted(&"é".repeat(100)).chars().count(), QUOTED + 3);
    }

    #[test]
    fn a_span_is_cut_to_the_line_it_begins_in() {
        for (text, span, want) in [
            ("", 0..0, (1, "", 0..0)),
            ("a\r\nbc\r\n", 3..9, (2, "bc", 0..2)),
            ("a\nb", 90..95, (2, "b", 1..1)),
            ("a\n", 1..1, (1, "a", 1..1)),
            ("é = 1", 1..1, (1, "é = 1", 0..2)),
        ] {
            assert_eq!(line_of(text, &span), want, "{text:?}");
        }
    }
}
