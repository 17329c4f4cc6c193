//! Lines of the screen: columns, hanging indents, colours. All text passes `plain` here.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::text::{clipped, plain};

pub(super) const PLAIN: Style = Style::new();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The column of a block's labels: `expected`, `repeat`, `fix`.
pub(super) const LABEL: usize = 10;

/// Text that grows by lines.
pub(super) struct Lines {
    width: usize,
    out: String,
}

impl Lines {
    pub fn new(width: usize) -> Self {
        Self { width, out: String::new() }
    }

    pub fn into_text(self) -> String {
        self.out
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// An empty line, unless there is one or none at all yet.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Words in their columns, then text that wraps in the last one.
    pub fn hang(&mut self, words: &[(Style, &str)], text: &str, style: Style) {
        let words: Vec<_> = words.iter().map(|(style, word)| (*style, clipped(word, LONGEST))).collect();
        let column: usize = words.iter().map(|(_, word)| word.width()).sum();
        let mut head: String = words.iter().map(|(style, word)| painted(*style, word)).collect();
        let lines = wrapped(&clipped(text, LONGEST), self.width.saturating_sub(column).max(NARROWEST));
        if lines.is_empty() {
            self.end(head.trim_end());
        }
        for line in lines {
            self.end(&format!("{head}{}", painted(style, &guarded(&line))));
            head = " ".repeat(column);
        }
    }

    /// What it is about and what is said of it: on one line, or below it where that is too long.
    pub fn fact(&mut self, subject: &str, message: &str) {
        let (subject, message) = (clipped(subject, LONGEST), clipped(message, LONGEST));
        if 2 + subject.width() + 2 + message.width() <= self.width {
            self.end(&format!("  {subject}  {message}"));
        } else {
            self.hang(&[(PLAIN, "  ")], &subject, PLAIN);
            self.hang(&[(PLAIN, &" ".repeat(2 + LABEL))], &message, PLAIN);
        }
    }

    /// A label of a block in a column of that width, and its text.
    pub fn label(&mut self, label: &str, column: usize, text: &str) {
        self.hang(&[(PLAIN, "  "), (PLAIN, &format!("{label:column$}"))], text, PLAIN);
    }

    /// A command, broken where a shell allows it, never cut.
    pub fn command(&mut self, label: &str, command: &str) {
        let room = self.width.saturating_sub(2 + LABEL).max(NARROWEST);
        let mut line = String::new();
        let mut indent = format!("  {label:LABEL$}");
        for word in shell_words(&plain(command)) {
            let left = if line.is_empty() { 0 } else { line.width() + 1 };
            if !line.is_empty() && left + word.width() + 2 > room {
                self.end(&format!("{indent}{line} \\"));
                indent = " ".repeat(2 + LABEL + 2);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        self.end(&format!("{indent}{line}"));
    }

    /// A line that is not wrapped; what stands in it is plain.
    pub fn end(&mut self, line: &str) {
        self.out += line;
        self.out.push('\n');
    }
}

pub(super) fn painted(style: Style, text: &str) -> String {
    if style == PLAIN || text.trim().is_empty() {
        return text.into();
    }
    // The blanks that fill a column have no colour.
    let word = text.trim_end();
    format!("{style}{word}{style:#}{}", &text[word.len()..])
}

/// Characters of a text that is not ours.
const LONGEST: usize = 256;
/// A column is never narrower, whatever the terminal.
const NARROWEST: usize = 20;

/// GitHub's runner reads a line as a command when it begins with `::name::`, blanks before it or not.
fn guarded(line: &str) -> String {
    match line.strip_prefix("::") {
        Some(rest) if rest.contains("::") => format!("\\u{{3a}}:{rest}"),
        _ => line.into(),
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a command: blanks within quotes do not part them.
fn shell_words(command: &str) -> Vec<&str> {
    let mut words = vec![];
    let (mut start, mut within) = (0, false);
    for (at, c) in command.char_indices() {
        match c {
            '\'' => within = !within,
            ' ' if !within => {
                words.push(&command[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_hangs_in_its_column() {
        let mut lines = Lines::new(32);
        lines.label("fix", LABEL, "escape the dots and anchor both ends of it");
        lines.fact("443/tcp", "refused");
        lines.fact("GET https://a.example/", "the answer is 500");
        let want = [
            "  fix       escape the dots and",
            "            anchor both ends of",
            "            it",
            "  443/tcp  refused",
            "  GET https://a.example/",
            "            the answer is 500",
            "",
        ];
        assert_eq!(lines.into_text(), want.join("\n"));
    }

    #[test]
    fn a_command_breaks_between_its_words() {
        let mut lines = Lines::new(40);
        lines.command("repeat", "curl -sD- -H 'Origin: https://a.example' https://b.example/");
        assert_eq!(
            lines.into_text(),
            "  repeat    curl -sD- -H \\\n              'Origin: https://a.example' \\\n              https://b.example/\n"
        );
    }

    #[test]
    fn no_line_is_a_command_of_a_ci_system() {
        let mut lines = Lines::new(40);
        lines.label("", LABEL, "twenty characters xx ::set-env name=A::b ::1");
        let text = lines.into_text();
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::set")), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in "[a-zäé大 ]{0,200}", width in 20usize..100) {
            let lines = wrapped(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn the_words_of_a_command_are_all_there(text in "[a-z' ]{0,80}") {
            let join = |s: &str| s.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(join(&shell_words(&text).join(" ")), join(&text));
        }
    }
}
