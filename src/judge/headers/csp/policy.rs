//! A policy as browsers parse it (CSP3 §2.2), and what its source lists match (CSP3 §6.7.2).

use crate::observation::registrable;

/// The directives of one policy, names in lower case, each name once.
pub(in crate::judge::headers) struct Policy<'a> {
    directives: Vec<(String, Vec<&'a str>)>,
}

impl<'a> Policy<'a> {
    /// CSP3 §2.2.1, parse a serialized CSP: of a name the first counts, and what is not ASCII is passed over.
    pub fn parse(text: &'a str) -> Self {
        let mut directives: Vec<(String, Vec<&str>)> = vec![];
        for token in text.split(';').filter(|token| is_spoken(token)) {
            let mut words = token.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            if directives.iter().all(|(held, _)| *held != name) {
                directives.push((name, words.collect()));
            }
        }
        Self { directives }
    }

    /// CSP3 §2.2.2, parse a response's CSPs: a comma separates policies, and one without directives is none.
    pub fn list(fields: &[&'a str]) -> Vec<Self> {
        let policies = fields.iter().flat_map(|field| field.split(',')).map(Self::parse);
        policies.filter(|policy| !policy.directives.is_empty()).collect()
    }

    /// The policy of a `<meta>` element, where some directives do not count (HTML, pragma directives).
    pub fn of_page(text: &'a str) -> Option<Self> {
        let mut policy = Self::parse(text);
        policy
            .directives
            .retain(|(name, _)| !["frame-ancestors", "report-uri", "sandbox"].contains(&name.as_str()));
        (!policy.directives.is_empty()).then_some(policy)
    }

    /// The value of a directive.
    pub fn value(&self, name: &str) -> Option<&[&'a str]> {
        self.directives.iter().find(|(held, _)| held == name).map(|(_, value)| &value[..])
    }

    /// The source list of the first of these directives that the policy has (CSP3 §6.8.3).
    pub(super) fn sources(&self, fallbacks: &[&str]) -> Option<Sources<'_>> {
        fallbacks.iter().find_map(|name| self.value(name)).map(Sources)
    }
}

/// A source list (CSP3 §2.3.1).
#[derive(Clone, Copy)]
pub(super) struct Sources<'a>(&'a [&'a str]);

impl<'a> Sources<'a> {
    /// Whether a keyword stands in it, which is compared without case.
    pub fn says(self, keyword: &str) -> bool {
        self.0.iter().any(|source| source.eq_ignore_ascii_case(keyword))
    }

    /// Nothing matches: it is empty, or says `'none'` alone.
    pub fn is_none(self) -> bool {
        match self.0 {
            [] => true,
            [only] => only.eq_ignore_ascii_case("'none'"),
            _ => false,
        }
    }

    pub fn nonces(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(|source| nonce(source))
    }

    pub fn has_hash(self) -> bool {
        self.0.iter().any(|source| is_hash(source))
    }

    /// CSP3 §6.7.3.2: of a script without nonce and hash; a nonce, a hash or `'strict-dynamic'` takes
    /// `'unsafe-inline'` back.
    pub fn allow_all_inline(self) -> bool {
        let is_taken_back = self.nonces().next().is_some() || self.has_hash() || self.says("'strict-dynamic'");
        self.says("'unsafe-inline'") && !is_taken_back
    }

    /// The first source that matches an https URL whatever its host.
    pub fn any_host(self) -> Option<&'a str> {
        self.0.iter().copied().find(|source| is_any_host(source))
    }

    pub fn allow_data(self) -> bool {
        self.says("data:")
    }

    pub fn len(self) -> usize {
        self.0.len()
    }
}

/// Any character but those of a text that was cut out by redaction is ASCII.
fn is_spoken(token: &str) -> bool {
    token.chars().all(|c| c.is_ascii() || matches!(c, '‹' | '›'))
}

/// The value of `'nonce-…'`.
fn nonce(source: &str) -> Option<&str> {
    let value = quoted(source, "nonce-")?;
    is_base64(value).then_some(value)
}

fn is_hash(source: &str) -> bool {
    ["sha256-", "sha384-", "sha512-"].iter().any(|prefix| quoted(source, prefix).is_some_and(is_base64))
}

fn quoted<'a>(source: &'a str, prefix: &str) -> Option<&'a str> {
    let inner = source.strip_prefix('\'')?.strip_suffix('\'')?;
    inner.get(..prefix.len())?.eq_ignore_ascii_case(prefix).then(|| &inner[prefix.len()..])
}

/// CSP3 §2.3.1, base64-value.
fn is_base64(value: &str) -> bool {
    let bare = value.strip_suffix("==").or(value.strip_suffix('=')).unwrap_or(value);
    !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b))
}

/// `*`, a whole scheme (CSP3 §6.7.2.8: `http:` matches https as well), or a host that anybody may have; whoever has a
/// host picks port and path.
fn is_any_host(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    if ["*", "http:", "https:"].contains(&source.as_str()) {
        return true;
    }
    let rest = match source.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return false,
        None => &source,
    };
    match rest.split(['/', ':']).next().unwrap_or_default() {
        "*" => true,
        // Every name under a public suffix is somebody else's.
        host => host.strip_prefix("*.").is_some_and(|parent| !parent.is_empty() && registrable(parent).is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_policy_is_parsed_as_the_specification_says() {
        for (text, want) in [
            ("", &[][..]),
            (" ; ;; ", &[]),
            ("default-src 'self'", &[("default-src", 1)]),
            ("DEFAULT-src\t'self'\n https://a.example ;", &[("default-src", 2)]),
            ("img-src a; img-src b c", &[("img-src", 1)]),
            ("img-src é; script-src b", &[("script-src", 1)]),
            ("report-uri https://r.example/?k=‹redacted:00112233›", &[("report-uri", 1)]),
            ("script-src", &[("script-src", 0)]),
            ("script-src\u{b}a", &[("script-src\u{b}a", 0)]),
        ] {
            let policy = Policy::parse(text);
            let said: Vec<(&str, usize)> =
                policy.directives.iter().map(|(name, value)| (name.as_str(), value.len())).collect();
            assert_eq!(said, want, "{text:?}");
        }
        assert_eq!(Policy::list(&["a b, c d,", ", ;,e"]).len(), 3);
        assert!(Policy::of_page("sandbox; frame-ancestors 'none'; report-uri /x").is_none());
        assert!(Policy::of_page("sandbox; a b").unwrap().value("sandbox").is_none());
        assert!(Policy::of_page("a b, c d").unwrap().value("c").is_none());
    }

    #[test]
    fn a_source_is_what_the_grammar_says() {
        for (source, is_nonce, hash, open) in [
            ("'nonce-R4nd0m+/-_=='", true, false, false),
            ("'NONCE-abc'", true, false, false),
            ("'nonce-'", false, false, false),
            ("'nonce-a=b'", false, false, false),
            ("'nonce-‹x›'", false, false, false),
            ("nonce-abc", false, false, false),
            ("'sha256-abc='", false, true, false),
            ("'SHA512-abc'", false, true, false),
            ("'sha1-abc'", false, false, false),
            ("*", false, false, true),
            ("HTTPS:", false, false, true),
            ("http:", false, false, true),
            ("ws:", false, false, false),
            ("data:", false, false, false),
            ("https://*", false, false, true),
            ("*:443", false, false, true),
            ("http://*:*/x", false, false, true),
            ("wss://*", false, false, false),
            ("*.com", false, false, true),
            ("https://*.github.io", false, false, true),
            ("*.example.com", false, false, false),
            ("*.", false, false, false),
            ("https://cdn.example.com/a/", false, false, false),
            ("'self'", false, false, false),
        ] {
            assert_eq!(
                (nonce(source).is_some(), is_hash(source), is_any_host(source)),
                (is_nonce, hash, open),
                "{source}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_policy(text in "(\\PC|[-a-z'=*()\"; :/,.\t]|'nonce-|'sha256-|\\*\\.|://|script-src ){0,60}") {
            let policy = Policy::parse(&text);
            let Some(sources) = policy.sources(&["script-src"]) else { return Ok(()) };
            prop_assert!(sources.nonces().count() <= sources.len());
            let _ = (sources.has_hash(), sources.any_host(), sources.allow_all_inline());
        }
    }
}
