//! A YAML document walked by name: tags and merge keys are looked through, and each scalar is the text it was written as.

use saphyr::{LoadableYamlNode, MarkedYaml, ScalarStyle, YamlData};

use super::Misread;

pub(super) struct Yaml<'t> {
    documents: Vec<MarkedYaml<'t>>,
    lines: Vec<&'t str>,
}

/// A place in a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'y> {
    node: &'y MarkedYaml<'y>,
    lines: &'y [&'y str],
    /// Of the outermost tag: `!reset`.
    pub tag: Option<&'y str>,
}

impl<'t> Yaml<'t> {
    /// # Errors
    /// Where it is no YAML.
    pub(super) fn read(text: &'t str) -> Result<Self, Misread> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.split('\n').collect();
        if let Some(at) = lines.iter().position(|line| is_too_deep(line)) {
            return Err(Misread { line: number(at + 1), what: "is nested too deep" });
        }
        let read = MarkedYaml::load_from_str(text);
        let documents = read.map_err(|e| Misread { line: number(e.marker().line()), what: "is no YAML" })?;
        Ok(Self { documents, lines })
    }

    /// The documents that are mappings.
    pub(super) fn documents(&self) -> impl Iterator<Item = Node<'_>> {
        self.documents.iter().map(|node| Node::of(node, &self.lines)).filter(|node| node.node.data.is_mapping())
    }
}

impl<'y> Node<'y> {
    fn of(node: &'y MarkedYaml<'y>, lines: &'y [&'y str]) -> Self {
        let mut found = Self { node, lines, tag: None };
        while let YamlData::Tagged(tag, inner) = &found.node.data {
            found.tag.get_or_insert(&tag.suffix);
            found.node = inner;
        }
        found
    }

    pub(super) fn line(self) -> u32 {
        number(self.node.span.start.line())
    }

    pub(super) fn get(self, key: &str) -> Option<Node<'y>> {
        self.pairs().into_iter().find(|(name, _, _)| name == key).map(|(_, _, node)| node)
    }

    /// Names with the lines they stand in, and what they name; those that are merged in come last, and only where
    /// they are not overridden.
    pub(super) fn pairs(self) -> Vec<(String, u32, Node<'y>)> {
        let mut all = vec![];
        self.merge_into(&mut all, 0);
        all
    }

    fn merge_into(self, all: &mut Vec<(String, u32, Node<'y>)>, depth: usize) {
        let YamlData::Mapping(mapping) = &self.node.data else { return };
        let mut merged = vec![];
        for (key, value) in mapping {
            let (key, value) = (Self::of(key, self.lines), Self::of(value, self.lines));
            match key.text() {
                Some(name) if name == "<<" => merged.push(value),
                Some(name) if all.iter().all(|(held, ..)| *held != name) => all.push((name, key.line(), value)),
                _ => {}
            }
        }
        if depth < DEEPEST_MERGE {
            let each = merged.into_iter().flat_map(|node| if node.is_list() { node.items() } else { vec![node] });
            each.for_each(|node| node.merge_into(all, depth + 1));
        }
    }

    pub(super) fn items(self) -> Vec<Node<'y>> {
        match &self.node.data {
            YamlData::Sequence(list) => list.iter().map(|node| Self::of(node, self.lines)).collect(),
            _ => vec![],
        }
    }

    pub(super) fn is_list(self) -> bool {
        self.node.data.is_sequence()
    }

    /// A scalar as it was written; nothing where it is null or no scalar.
    pub(super) fn text(self) -> Option<String> {
        match &self.node.data {
            YamlData::Value(value) if value.is_null() => None,
            YamlData::Value(value) => match value.as_str() {
                Some(text) => Some(text.into()),
                // 0123 and 1e9 are other words as numbers.
                None => self.written(),
            },
            YamlData::Representation(text, ScalarStyle::Plain, _) if text.is_empty() => None,
            YamlData::Representation(text, ..) => Some(text.to_string()),
            _ => None,
        }
    }

    fn written(self) -> Option<String> {
        let (start, end) = (self.node.span.start, self.node.span.end);
        let line = self.lines.get(start.line().checked_sub(1)?)?;
        let text: String = line.chars().skip(start.col()).take(end.col().saturating_sub(start.col())).collect();
        let mut text = text.trim();
        // An anchor or a tag stands before it.
        while let Some((_, behind)) = text.split_once(' ').filter(|_| text.starts_with(['&', '!'])) {
            text = behind.trim_start();
        }
        Some(text.into())
    }
}

/// The reader goes down a level by a call of itself, and a level of block style takes a column at least.
fn is_too_deep(line: &str) -> bool {
    let opening = line.find(|c| !matches!(c, ' ' | '\t' | '-' | '?' | ':')).unwrap_or(line.len());
    opening > MOST_COLUMNS && line[..opening].contains(' ')
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

const MOST_COLUMNS: usize = 128;

const DEEPEST_MERGE: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scalar_is_the_text_it_was_written_as() {
        let text = "a: 0123\nb: true\nc: 1e9\nd: ~\ne: 'x'\nf: &f 12345678901234567890123\ng: !reset []\nh:\n";
        let yaml = Yaml::read(text).unwrap_or_else(|e| panic!("{} {}", e.line, e.what));
        let root = yaml.documents().next().expect("a mapping");
        let read: Vec<_> = root.pairs().into_iter().map(|(name, line, node)| (name, line, node.text())).collect();
        let some = |text: &str| Some(text.to_string());
        let want = [
            ("a".to_string(), 1, some("0123")),
            ("b".into(), 2, some("true")),
            ("c".into(), 3, some("1e9")),
            ("d".into(), 4, None),
            ("e".into(), 5, some("x")),
            ("f".into(), 6, some("12345678901234567890123")),
            ("g".into(), 7, None),
            ("h".into(), 8, None),
        ];
        assert_eq!(read, want);
        assert_eq!(root.get("g").and_then(|node| node.tag), Some("reset"));
    }

    #[test]
    fn merged_keys_stand_behind_own_ones() {
        let text = "x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\nz:\n  <<: [*x, {c: 4}]\n";
        let yaml = Yaml::read(text).unwrap_or_else(|e| panic!("{} {}", e.line, e.what));
        let root = yaml.documents().next().expect("a mapping");
        let read = |key: &str| {
            let pairs = root.get(key).map(Node::pairs).unwrap_or_default();
            pairs
                .into_iter()
                .map(|(name, _, node)| format!("{name}{}", node.text().unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (read("y"), read("z")),
            (vec!["b3".into(), "a1".into()], vec!["a1".into(), "b2".into(), "c4".into()])
        );
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_line() {
        for (text, line) in [
            ("a: 1\nb: [", 3),
            ("a: 1\n\tb: 2\n", 1),
            ("a: 1\na: 2\n", 2),
            ("a: 'x\n", 1),
            ("a: *none\n", 1),
            (&format!("a: 1\n{}x", "- ".repeat(100)), 2),
            (&format!("a: {}", "[".repeat(100_000)), 1),
            (&"- ".repeat(100_000), 1),
        ] {
            let Err(misread) = Yaml::read(text) else { panic!("{text:.20} is read") };
            assert_eq!(misread.line, line, "{text:.20}");
        }
    }

    #[test]
    fn a_document_as_deep_as_may_be_is_read() {
        let flow = format!("{}a: {}{}", "- ".repeat(64), "[".repeat(250), "]".repeat(250));
        let block: String = (0..64).map(|n| format!("{}a:\n", "  ".repeat(n))).collect();
        for text in [flow, block] {
            assert!(Yaml::read(&text).is_ok());
        }
        let dashes = format!("a: |\n  {}\n", "-".repeat(500));
        assert!(Yaml::read(&dashes).is_err(), "a line of signs is refused, not followed");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s)(.|[-a-c:&*!<{}\\[\\]'\"#|>~\\n ]|<<: |\\*a|&a ){0,60}") {
            if let Ok(yaml) = Yaml::read(&text) {
                for node in yaml.documents() {
                    for (_, line, node) in node.pairs() {
                        let _ = (line, node.line(), node.text(), node.pairs(), node.items().len());
                    }
                }
            }
        }
    }
}
