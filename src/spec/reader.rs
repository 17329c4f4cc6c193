//! Tables of the file, read key by key: what is asked for is known, all else is an unknown key.
//! Nothing stops at the first problem.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Problem, Wrong, line_number, quoted};
use super::nearest::{did_you_mean, nearest};
use super::value::kind;

/// What reading one text has found so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
    /// Line of each key that is written, by dotted name.
    lines: RefCell<BTreeMap<String, u32>>,
    /// Every key that was asked for, by dotted name.
    asked: RefCell<Vec<String>>,
}

/// A table that is being read. `finish` it.
pub(super) struct Table<'r, 't> {
    reader: &'r Reader<'t>,
    /// Dotted, empty for the root.
    name: String,
    /// `None`: not written, so every key is absent.
    entries: Option<&'r DeTable<'t>>,
    /// Where the table begins.
    span: Range<usize>,
    keys: Vec<&'static str>,
}

/// Names and values with their places.
pub(super) type Pairs<T> = Vec<(String, T, Range<usize>)>;

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default(), lines: RefCell::default(), asked: RefCell::default() }
    }

    pub(super) fn root<'r>(&'r self, entries: Option<&'r DeTable<'t>>) -> Table<'r, 't> {
        Table { reader: self, name: String::new(), entries, span: 0..0, keys: vec![] }
    }

    pub(super) fn problem(&self, wrong: Wrong, span: Option<Range<usize>>) {
        self.problems.borrow_mut().push(wrong.at(span));
    }

    /// The value, or nothing and a problem.
    pub(super) fn keep<T>(&self, read: Result<T, Wrong>, span: Option<Range<usize>>) -> Option<T> {
        read.map_err(|wrong| self.problem(wrong, span)).ok()
    }

    /// The problems in the order of the text, those without a place last; and the lines of the keys.
    pub(super) fn into_parts(self) -> (Vec<Problem>, BTreeMap<String, u32>) {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| p.span.as_ref().map_or(usize::MAX, |span| span.start));
        (problems, self.lines.into_inner())
    }

    #[cfg(test)]
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

impl<'r, 't> Table<'r, 't> {
    /// A table below this one; one that is not written has no keys.
    pub(super) fn table(&mut self, key: &'static str) -> Table<'r, 't> {
        let mut table =
            Table { reader: self.reader, name: self.dotted(key), entries: None, span: 0..0, keys: vec![] };
        let Some(value) = self.entry(key) else { return table };
        if let DeValue::Table(entries) = value.get_ref() {
            table.entries = Some(entries);
            table.span = value.span();
        } else {
            let message = format!("`{key}` is {}", kind(value.get_ref()));
            self.reader.problem(Wrong::new(message, format!("a table: [{key}]")), Some(value.span()));
        }
        table
    }

    /// Reads a value. `parse` gets the key, for its messages.
    pub(super) fn value<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str, &DeValue) -> Result<T, Wrong>,
    ) -> Option<T> {
        let value = self.entry(key)?;
        self.reader.keep(parse(key, value.get_ref()), Some(value.span()))
    }

    /// Reads a value that must be there; `all` says what else must.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        all: &str,
        parse: impl FnOnce(&str, &DeValue) -> Result<T, Wrong>,
    ) -> Option<T> {
        if self.entry(key).is_none() {
            self.reader.problem(Wrong::new(format!("missing `{key}`"), all), Some(self.span.clone()));
        }
        self.value(key, parse)
    }

    /// Reads a value that may be left out: nothing within then, and nothing at all where it is wrong.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str, &DeValue) -> Result<T, Wrong>,
    ) -> Option<Option<T>> {
        match self.entry(key) {
            Some(_) => self.value(key, parse).map(Some),
            None => Some(None),
        }
    }

    /// Reads a list of different texts. The list is `None` when any of it is wrong.
    pub(super) fn texts<T: PartialEq>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let mut found: Vec<T> = vec![];
        let mut sound = true;
        for item in self.items(key, "a list: [ … ]")? {
            let read = match item.get_ref() {
                DeValue::String(text) => parse(text).and_then(|value| match found.contains(&value) {
                    true => Err(Wrong::new(format!("{} stands twice in `{key}`", quoted(text)), "write it once")),
                    false => Ok(value),
                }),
                other => Err(Wrong::new(format!("`{key}` holds {}", kind(other)), "texts in quotes")),
            };
            match self.reader.keep(read, Some(item.span())) {
                Some(value) => found.push(value),
                None => sound = false,
            }
        }
        sound.then_some(found)
    }

    /// Reads a list of different values. The list is `None` when any of it is wrong.
    pub(super) fn numbers<T: PartialEq + std::fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str, &DeValue) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let mut found: Vec<T> = vec![];
        let mut sound = true;
        for item in self.items(key, "a list: [ … ]")? {
            let read = parse(key, item.get_ref()).and_then(|value| match found.contains(&value) {
                true => Err(Wrong::new(format!("{value} stands twice in `{key}`"), "write it once")),
                false => Ok(value),
            });
            match self.reader.keep(read, Some(item.span())) {
                Some(value) => found.push(value),
                None => sound = false,
            }
        }
        sound.then_some(found)
    }

    /// Reads a list of tables. The list is `None` when any of it is wrong.
    pub(super) fn rows<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Table<'r, 't>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut found = vec![];
        let mut sound = true;
        let remedy = format!("a list of tables: [[{}]]", self.dotted(key));
        for item in self.items(key, &remedy)? {
            let row = match item.get_ref() {
                DeValue::Table(entries) => {
                    let mut row = Table {
                        reader: self.reader,
                        name: format!("{}[]", self.dotted(key)),
                        entries: Some(entries),
                        span: item.span(),
                        keys: vec![],
                    };
                    let value = read(&mut row);
                    row.finish();
                    value
                }
                other => {
                    let wrong = Wrong::new(format!("`{key}` holds {}", kind(other)), "tables: { … }");
                    self.reader.keep(Err(wrong), Some(item.span()))
                }
            };
            match row {
                Some(value) => found.push(value),
                None => sound = false,
            }
        }
        sound.then_some(found)
    }

    /// Reads a table whose keys are any names, in the order of the text, each with the place of its value. `None` where
    /// it is not written, nothing within where any of it is wrong.
    pub(super) fn pairs<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str, &DeValue) -> Result<T, Wrong>,
    ) -> Option<Option<Pairs<T>>> {
        let value = self.entry(key)?;
        let DeValue::Table(entries) = value.get_ref() else {
            let wrong =
                Wrong::new(format!("`{key}` is {}", kind(value.get_ref())), "a table: { name = \"value\" }");
            self.reader.problem(wrong, Some(value.span()));
            return Some(None);
        };
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let mut found = vec![];
        let mut sound = true;
        for (name, value) in entries {
            let name: &str = name.get_ref();
            match self.reader.keep(read(name, value.get_ref()), Some(value.span())) {
                Some(read) => found.push((name.into(), read, value.span())),
                None => sound = false,
            }
        }
        Some(sound.then_some(found))
    }

    /// The line that the table begins in.
    pub(super) fn line(&self) -> u32 {
        u32::try_from(line_number(self.reader.text, self.span.start)).unwrap_or(u32::MAX)
    }

    /// Where the value of a key stands.
    pub(super) fn span(&self, key: &str) -> Option<Range<usize>> {
        Some(self.entries?.get(key)?.span())
    }

    /// Whether a key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| entries.contains_key(key))
    }

    pub(super) fn reader(&self) -> &'r Reader<'t> {
        self.reader
    }

    /// Every key that nobody asked for is a problem.
    pub(super) fn finish(self) {
        for name in self.entries.into_iter().flat_map(|entries| entries.keys()) {
            let text: &str = name.get_ref();
            if !self.keys.contains(&text) {
                let near = nearest(text, self.keys.iter().copied());
                let all = format!("one of {}", self.keys.join(", "));
                let remedy = did_you_mean(&near[..near.len().min(1)], all);
                let wrong = Wrong::new(format!("unknown key {}", quoted(text)), remedy);
                self.reader.problem(wrong, Some(name.span()));
            }
        }
    }

    fn items(&mut self, key: &'static str, remedy: &str) -> Option<&'r [Spanned<DeValue<'t>>]> {
        let value = self.entry(key)?;
        match value.get_ref() {
            DeValue::Array(items) if items.len() > ENTRIES => {
                let wrong =
                    Wrong::new(format!("`{key}` has {} entries", items.len()), format!("at most {ENTRIES}"));
                self.reader.keep(Err(wrong), Some(value.span()))
            }
            DeValue::Array(items) => Some(items),
            other => {
                let wrong = Wrong::new(format!("`{key}` is {}", kind(other)), remedy);
                self.reader.keep(Err(wrong), Some(value.span()))
            }
        }
    }

    fn entry(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'t>>> {
        if !self.keys.contains(&key) {
            self.keys.push(key);
            self.reader.asked.borrow_mut().push(self.dotted(key));
        }
        let (name, value) = self.entries?.get_key_value(key)?;
        let line = line_number(self.reader.text, name.span().start);
        if !self.name.contains("[]") {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            self.reader.lines.borrow_mut().insert(self.dotted(key), line);
        }
        Some(value)
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) }
    }
}

/// Entries of one list: each path, name and port is asked on each address.
const ENTRIES: usize = 256;
