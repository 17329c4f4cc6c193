//! The tags of a page and their attributes, without a tree: enough to see where a page leads.

/// Tags that are read; a page that has more is looked at this far.
const MOST_TAGS: usize = 20_000;

/// A start tag: names in lower case, values with character references of the usual kind resolved.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    /// The first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The start tags in order. Comments and the text of scripts, styles and the like are passed over.
pub fn tags(text: &str) -> Vec<Tag> {
    let mut tags = vec![];
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if matches!(tag.name.as_str(), "script" | "style" | "textarea" | "title") {
            rest = after_end(rest, &tag.name);
        }
        tags.push(tag);
        if tags.len() == MOST_TAGS {
            break;
        }
    }
    tags
}

/// Where a page says what it is.
const HEAD: usize = 16_384;

/// The title of a page, in lower case and trimmed.
pub fn title(text: &str) -> Option<String> {
    let head: String = text.chars().take(HEAD).collect::<String>().to_lowercase();
    Some(head.split_once("<title")?.1.split_once('>')?.1.split('<').next()?.trim().into())
}

/// What follows the end tag of a raw text element.
fn after_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return rest;
        }
    }
    ""
}

fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    let mut tag = Tag { name: text[..end].to_ascii_lowercase(), attributes: vec![] };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        let end = rest.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(rest.len(), |(at, _)| at);
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        tag.attributes.push((name, value));
    }
}

fn attribute_value(text: &str) -> (String, &str) {
    let (raw, rest) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &text[1..];
            let end = inner.find(quote).unwrap_or(inner.len());
            (&inner[..end], inner.get(end + 1..).unwrap_or(""))
        }
        _ => {
            let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len());
            text.split_at(end)
        }
    };
    let value = raw.replace("&quot;", "\"").replace("&#39;", "'").replace("&#x2F;", "/").replace("&amp;", "&");
    (value, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_are_read_in_every_spelling() {
        for (text, want) in [
            ("<a href=x>", "x"),
            ("<A HREF = 'x y' >", "x y"),
            ("<a\nclass=b href=\"x&amp;y\"/>", "x&y"),
            ("<a href>", ""),
            ("<a href=x", "x"),
            ("<a href=\"x", "x"),
            ("<a data-x=1 é=2 href=z>", "z"),
        ] {
            assert_eq!(tags(text)[0].attribute("href"), Some(want), "{text}");
        }
        assert!(tags("<!-- <a> --><style><a></style>< a>").iter().all(|tag| tag.name != "a"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[<>a-z='\"/!\\- é]{0,80}") {
            let _ = tags(&text);
        }
    }
}
