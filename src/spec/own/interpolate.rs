//! `${NAME:-value}` in values, as compose's interpolation has it (compose specification, 12-interpolation.md).

use super::Value;
use super::dotenv::Raw;

/// Gives the value of a variable that a file sets.
pub(super) type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

pub(super) fn resolve(raw: &Raw, lookup: Lookup) -> Value {
    if !raw.expands {
        return Value::Written(raw.text.clone());
    }
    let mut expansion = Expansion { lookup, fallen: None, missing: false };
    let text = expansion.expand(&raw.text, 0);
    match (expansion.missing || text.len() > LONGEST, expansion.fallen) {
        (true, _) => Value::Elsewhere,
        (false, None) => Value::Written(text),
        (false, Some(of)) => Value::Default { of, value: text },
    }
}

struct Expansion<'l> {
    lookup: Lookup<'l>,
    /// The first variable whose default was taken.
    fallen: Option<String>,
    missing: bool,
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            if depth > DEEPEST || out.len() > LONGEST {
                self.missing = true;
                return out;
            }
            rest = if let Some(after) = behind.strip_prefix('$') {
                out.push('$');
                after
            } else if let Some((inside, after)) = behind.strip_prefix('{').and_then(braced) {
                let value = self.braced(inside, depth);
                out.push_str(&value);
                after
            } else {
                let name = &behind[..behind.len() - behind.trim_start_matches(is_upper).len()];
                if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                    // Only compose expands `$name`; in other readers' files such a dollar is a sign of the password.
                    out.push('$');
                    behind
                } else {
                    out.push_str(&self.value(name));
                    &behind[name.len()..]
                }
            };
        }
        out + rest
    }

    fn value(&mut self, name: &str) -> String {
        (self.lookup)(name).unwrap_or_else(|| {
            self.missing = true;
            String::new()
        })
    }

    fn braced(&mut self, inside: &str, depth: usize) -> String {
        let name = &inside[..inside.len() - inside.trim_start_matches(is_word).len()];
        let rule = &inside[name.len()..];
        let (strict, rule) = match rule.strip_prefix(':') {
            Some(rule) => (true, rule),
            None => (false, rule),
        };
        let set = (self.lookup)(name).filter(|value| !strict || !value.is_empty());
        match (rule.chars().next(), set) {
            (Some('+'), None) => String::new(),
            (Some('+'), Some(_)) => self.expand(&rule[1..], depth + 1),
            (Some('-'), None) => {
                let value = self.expand(&rule[1..], depth + 1);
                self.fallen.get_or_insert_with(|| name.into());
                value
            }
            (_, Some(value)) => value,
            (_, None) => {
                self.missing = true;
                String::new()
            }
        }
    }
}

/// What stands before the brace that closes, and behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

fn is_upper(c: char) -> bool {
    is_word(c) && !c.is_ascii_lowercase()
}

/// Defaults inside defaults.
const DEEPEST: usize = 8;

/// Characters of a value; a longer one is not looked into.
const LONGEST: usize = 65_536;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(text: &str) -> String {
        let lookup = |name: &str| match name {
            "A" => Some("one".to_string()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        match resolve(&Raw { text: text.into(), expands: true }, &lookup) {
            Value::Written(text) => text,
            Value::Default { of, value } => format!("{value} for {of}"),
            Value::Elsewhere => "elsewhere".into(),
        }
    }

    #[test]
    fn variables_are_looked_up_or_fall_back() {
        for (text, want) in [
            ("plain", "plain"),
            ("$A-${A}", "one-one"),
            ("${B}", "elsewhere"),
            ("$B", "elsewhere"),
            ("${B:?no B}", "elsewhere"),
            ("${B:-two}", "two for B"),
            ("${B-two}", "two for B"),
            ("${A:-two}", "one"),
            ("${EMPTY:-two}", "two for EMPTY"),
            ("${EMPTY-two}", ""),
            ("${B:-${C:-three}}", "three for C"),
            ("${B:-$A}", "one for B"),
            ("${B:-${C}}", "elsewhere"),
            ("${A:+set}", "set"),
            ("${B:+set}", ""),
            ("a$$b", "a$b"),
            ("pa$word", "pa$word"),
            ("a$1", "a$1"),
            ("a$", "a$"),
            ("${A", "${A"),
            ("x${B:-}y", "xy for B"),
        ] {
            assert_eq!(known(text), want, "{text}");
        }
        let Value::Written(text) = resolve(&Raw { text: "$A".into(), expands: false }, &|_| None) else {
            panic!("quoted")
        };
        assert_eq!(text, "$A");
    }

    proptest! {
        #[test]
        fn any_text_is_expanded(text in "([$]|[{]|[}]|:-|[A-Cé]|[?+]){0,60}") {
            prop_assert!(known(&text).len() <= LONGEST + 20);
        }
    }

    #[test]
    fn a_value_that_grows_is_left() {
        let long = |name: &str| (name == "L").then(|| "x".repeat(40_000));
        let raw = Raw { text: "$L$L$L".into(), expands: true };
        assert!(matches!(resolve(&raw, &long), Value::Elsewhere));
        let deep = Raw { text: format!("{}x{}", "${B:-".repeat(5_000), "}".repeat(5_000)), expands: true };
        assert!(matches!(resolve(&deep, &|_| None), Value::Elsewhere));
    }
}
