//! The one door through which text leaves: remote text made safe before it is printed.

use unicode_width::UnicodeWidthChar;

use crate::gate::thousands;

/// Makes control, bidi and other invisible characters visible as `\u{1b}`, on one line. Combining marks stay
/// where they are few, and the openings of CI log commands (`##vso[`) are broken.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = MARKS;
    for (at, c) in text.char_indices() {
        let kept = match c.width() {
            None => false,
            _ if is_invisible(c) => false,
            Some(0) => marks < MARKS,
            Some(_) => !opens_command(&text[at..]),
        };
        marks = if kept && c.width() == Some(0) { marks + 1 } else { 0 };
        if kept { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

/// `plain`, cut after `most` characters with a mark.
pub fn clipped(text: &str, most: usize) -> String {
    // What is cut away need not be made plain: a remote text may be long.
    let head: String = text.chars().take(most + 1).collect();
    let safe = plain(&head);
    if safe.chars().count() <= most {
        return safe;
    }
    let mut cut: String = safe.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// `1 path`, `2 paths`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", thousands(number as u64), if number == 1 { "" } else { "s" })
}

/// Marks on one character, beyond which they paint over other lines.
const MARKS: usize = 3;

/// Characters that a terminal shows as nothing, or by moving others. Controls have no width and are not listed.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'       // Mongolian selectors
        | '\u{200b}'..='\u{200f}'       // zero width, direction marks
        | '\u{2028}'..='\u{202e}'       // separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206f}'       // joiners, bidi isolates
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}' | '\u{890}' | '\u{891}'
        | '\u{fdd0}'..='\u{fdef}'       // noncharacters
        | '\u{fe00}'..='\u{fe0f}'       // variation selectors
        | '\u{fff0}'..='\u{fffb}'       // annotation marks
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')    // tags, further selectors
        || (c as u32) & 0xfffe == 0xfffe // noncharacters at the end of each plane
}

/// `##[`, `##vso[`, `##teamcity[`: CI systems read commands from any place of a log line.
fn opens_command(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        after.starts_with('[')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_moves_or_hides_text_is_made_visible() {
        for (text, want) in [
            ("plain words", "plain words"),
            ("größe 大きさ é", "größe 大きさ é"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\r\nb\tc\0", "a\\u{d}\\u{a}b\\u{9}c\\u{0}"),
            ("\u{7f}", "\\u{7f}"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\u{fffe}\u{ffff}\u{10ffff}", "\\u{fffe}\\u{ffff}\\u{10ffff}"),
            ("\u{2028}", "\\u{2028}"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}e", "\\u{301}e"),
            ("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}\\u{301}"),
            ("##vso[task.setvariable]", "\\u{23}#vso[task.setvariable]"),
            ("###[group]", "#\\u{23}#[group]"),
            ("## heading", "## heading"),
        ] {
            assert_eq!(plain(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_cut_shows() {
        for (text, most, want) in
            [("short", 5, "short"), ("longer", 5, "long…"), ("", 5, ""), ("ab\u{1b}", 5, "ab\\u…"), ("ab", 0, "…")]
        {
            assert_eq!(clipped(text, most), want);
        }
    }

    proptest! {
        #[test]
        fn nothing_invisible_leaves(text in any::<String>()) {
            let safe = plain(&text);
            prop_assert!(safe.chars().all(|c| !c.is_control() && !is_invisible(c)));
            prop_assert!(!safe.contains("##["));
            prop_assert_eq!(plain(&safe), safe);
        }

        #[test]
        fn a_cut_keeps_its_length(text in any::<String>(), most in 1usize..40) {
            prop_assert!(clipped(&text, most).chars().count() <= most);
        }
    }
}
