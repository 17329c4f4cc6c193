//! What a misspelt name was meant to be.

/// The names nearest to a text, the best first, at most three; empty when none is near.
pub fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    if text.len() > LONGEST {
        return vec![];
    }
    let near = |name: &str| {
        let far = distance(text, name);
        let part = text.len() >= 3 && name.contains(text);
        (far <= (text.chars().count() / 3).max(1) || part).then_some(far)
    };
    let mut found: Vec<(usize, &str)> = names.into_iter().filter_map(|name| Some((near(name)?, name))).collect();
    found.sort();
    found.dedup();
    found.truncate(3);
    found.into_iter().map(|(_, name)| name).collect()
}

/// "did you mean `a` or `b`?", or what is said when nothing is near.
pub fn did_you_mean(names: &[&str], otherwise: impl Into<String>) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match ticked.split_last() {
        None => otherwise.into(),
        Some((last, [])) => format!("did you mean {last}?"),
        Some((last, rest)) => format!("did you mean {} or {last}?", rest.join(", ")),
    }
}

/// Edits from one text to the other; two neighbours exchanged are one edit (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Bytes of a name that may be misspelt.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, want) in
            [("", "", 0), ("", "ab", 2), ("prots", "ports", 1), ("kitten", "sitting", 3), ("é", "e", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (want, want), "{a} {b}");
        }
    }

    #[test]
    fn near_names_are_offered() {
        let names = ["ports", "paths", "hsts-holds", "cors"];
        for (text, want) in [
            ("prots", "did you mean `ports`?"),
            ("pots", "did you mean `ports`?"),
            ("hsts", "did you mean `hsts-holds`?"),
            ("co", "none"),
            ("", "none"),
            ("sweep", "none"),
        ] {
            assert_eq!(did_you_mean(&nearest(text, names), "none"), want, "{text}");
        }
        assert_eq!(did_you_mean(&["a", "b", "c"], ""), "did you mean `a`, `b` or `c`?");
    }
}
