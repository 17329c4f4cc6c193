//! Values of a field that is sent several times, as browsers combine and split them.

/// The values of a list field, quoted commas kept together (Fetch, get, decode, and split). Empty without a field.
pub(super) fn split(fields: &[&str]) -> Vec<String> {
    if fields.is_empty() {
        return vec![];
    }
    let mut values = vec![];
    let (mut value, mut quoted, mut escaped) = (String::new(), false, false);
    for c in fields.join(", ").chars() {
        match c {
            ',' if !quoted => values.push(trimmed(&std::mem::take(&mut value))),
            '"' if !escaped => {
                quoted = !quoted;
                value.push(c);
            }
            _ => value.push(c),
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    values.push(trimmed(&value));
    values
}

/// The members of a list field that knows no quotes (RFC 9110 §5.6.1), without the empty ones.
pub(super) fn members<'a>(fields: &'a [&'a str]) -> impl DoubleEndedIterator<Item = &'a str> {
    fields.iter().flat_map(|field| field.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

// The web platform tests (fetch/nosniff) count a form feed as space, a vertical tab not.
fn trimmed(value: &str) -> String {
    value.trim_matches(|c: char| c.is_ascii_whitespace()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_commas_do_not_split() {
        for (fields, want) in [
            (&[][..], &[][..]),
            (&[""][..], &[""][..]),
            (&["a"], &["a"]),
            (&["a", " b\t"], &["a", "b"]),
            (&["a,,b"], &["a", "", "b"]),
            (&["\"a,b\",c"], &["\"a,b\"", "c"]),
            (&["\"a\\\",b\",c"], &["\"a\\\",b\"", "c"]),
            (&["\"a\\\\\",b"], &["\"a\\\\\"", "b"]),
            (&["\"a", "b"], &["\"a, b"]),
        ] {
            assert_eq!(split(fields), want, "{fields:?}");
        }
    }
}
