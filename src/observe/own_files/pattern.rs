//! A regular expression for origins, looked at as text: what it lets in beside what it names.

use crate::observation::PatternFacts;

/// What of the syntax of Python and JavaScript is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Begin,
    End,
    /// `.`
    Any,
    /// `\.` or `[.]`
    Dot,
    /// `*`, `+`, `{…}`
    Repeat,
    /// `?`
    Maybe,
    Open,
    Close,
    Or,
    Other(char),
}

pub fn facts(text: &str) -> PatternFacts {
    let tokens = tokens(text.trim());
    PatternFacts {
        is_anchored: is_anchored(&tokens),
        has_open_dot: has_open_dot(&tokens),
        runs_on: runs_on(&tokens),
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = vec![];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '\\' => match chars.next() {
                Some('.') => Token::Dot,
                Some('A') => Token::Begin,
                Some('Z' | 'z') => Token::End,
                Some(c) => Token::Other(c),
                None => Token::Other('\\'),
            },
            '[' => {
                let mut class = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => class.extend(chars.next()),
                        ']' if !class.is_empty() && class != "^" => break,
                        c => class.push(c),
                    }
                }
                if class == "." { Token::Dot } else { Token::Other('[') }
            }
            '{' => {
                chars.by_ref().find(|c| *c == '}');
                Token::Repeat
            }
            '(' => {
                // `(?:`, `(?P<name>`, `(?i)` and the like.
                if chars.peek() == Some(&'?') {
                    chars.next();
                    while chars.peek().is_some_and(|c| !matches!(c, ')' | ':' | '>')) {
                        chars.next();
                    }
                    if chars.peek() != Some(&')') {
                        chars.next();
                    }
                }
                Token::Open
            }
            '^' => Token::Begin,
            '$' => Token::End,
            '.' => Token::Any,
            '*' | '+' => Token::Repeat,
            '?' => Token::Maybe,
            ')' => Token::Close,
            '|' => Token::Or,
            c => Token::Other(c),
        });
    }
    tokens
}

fn is_anchored(tokens: &[Token]) -> bool {
    let mut depth = 0usize;
    let alternatives = tokens.split(|token| {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        *token == Token::Or && depth == 0
    });
    let mut alternatives = alternatives;
    alternatives.all(|alternative| {
        let edge = |token: &&Token| !matches!(token, Token::Open | Token::Close);
        let first = alternative.iter().find(edge) == Some(&Token::Begin);
        first && alternative.iter().rfind(edge) == Some(&Token::End)
    })
}

fn has_open_dot(tokens: &[Token]) -> bool {
    let next = tokens.iter().skip(1).map(Some).chain([None]);
    tokens.iter().zip(next).any(|(token, next)| *token == Token::Any && next != Some(&Token::Repeat))
}

/// `.*` is a sub-domain only where a dot follows it, and a port where a colon stands before it.
fn runs_on(tokens: &[Token]) -> bool {
    let wild = |at: usize| tokens[at] == Token::Any && tokens.get(at + 1) == Some(&Token::Repeat);
    (0..tokens.len()).filter(|at| wild(*at)).any(|at| {
        let behind = tokens[at + 2..].iter().find(|t| !matches!(t, Token::Maybe | Token::Repeat | Token::Close));
        let is_port = at > 0
            && tokens[at - 1] == Token::Other(':')
            && tokens.get(at.wrapping_sub(2)) != Some(&Token::Other('s'));
        behind != Some(&Token::Dot) && !is_port
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        let PatternFacts { is_anchored, has_open_dot, runs_on } = facts(text);
        let words = [(!is_anchored, "loose"), (has_open_dot, "dot"), (runs_on, "wild")];
        words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_pattern_lets_in_what_it_names_or_more() {
        for (text, want) in [
            (r"^https://app\.example\.com$", ""),
            (r"\Ahttps://app\.example\.com\Z", ""),
            (r"^https://app[.]example[.]com$", ""),
            (r"^https://(.*\.)?example\.com$", ""),
            (r"^https://(?:[a-z0-9-]+\.)*example\.com(:\d+)?$", ""),
            (r"^(https://a\.example\.com|https://b\.example\.com)$", ""),
            (r"^https://a\.example\.com$|^https://b\.example\.com$", ""),
            (r"^https://[^./]+\.example\.com$", ""),
            (r"^https://localhost:.*$", ""),
            (r"^https://.{1,20}\.example\.com$", ""),
            (r"https://.*\.example\.com", "loose"),
            (r"^https://a\.example\.com|https://b\.example\.com$", "loose"),
            (r"^https://app\.example\.com", "loose"),
            (r"^https://app.example.com$", "dot"),
            (r"^https://.*example\.com$", "wild"),
            (r"^https://.+-app\.example\.com$", "wild"),
            (r"^https://app\.example\.com.*$", "wild"),
            (r"^https://.*$", "wild"),
            (".*", "loose wild"),
            ("", "loose"),
        ] {
            assert_eq!(said(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in "([.*+?^$|()\\[\\]{}\\\\:]|[a-zé]){0,40}") {
            let _ = facts(&text);
        }
    }
}
