//! The scripts that a page loads from its own origin.

use url::Url;

use crate::observe::page::{Tag, tags};

/// In the order of the page, each once.
pub fn scripts(markup: &str, page: &Url) -> Vec<Url> {
    let tags = tags(markup);
    let base = tags.iter().find(|tag| tag.name == "base").and_then(|tag| page.join(tag.attribute("href")?).ok());
    let base = base.as_ref().unwrap_or(page);
    let mut all: Vec<Url> = vec![];
    for source in tags.iter().filter_map(source) {
        let Ok(mut url) = base.join(source) else { continue };
        url.set_fragment(None);
        let is_plain = url.username().is_empty() && url.password().is_none();
        if is_plain && url.origin() == page.origin() && !all.contains(&url) {
            all.push(url);
        }
    }
    all
}

/// Where a tag's script is (HTML §4.12.1, §4.6.7.13 `modulepreload`, §4.6.7.17 `preload`).
fn source(tag: &Tag) -> Option<&str> {
    let rel = || tag.attribute("rel").unwrap_or_default().split_ascii_whitespace();
    let is = |name: &'static str| move |word: &str| word.eq_ignore_ascii_case(name);
    match tag.name.as_str() {
        "script" => tag.attribute("src"),
        "link" if rel().any(is("modulepreload")) => tag.attribute("href"),
        "link" if rel().any(is("preload")) && tag.attribute("as").is_some_and(is("script")) => {
            tag.attribute("href")
        }
        _ => None,
    }
    .filter(|source| !source.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(markup: &str) -> Vec<String> {
        let page = Url::parse("https://app.example.com/shop/cart?x=1").unwrap();
        scripts(markup, &page).into_iter().map(|url| url[url::Position::BeforePath..].to_string()).collect()
    }

    #[test]
    fn scripts_of_the_own_origin_are_found() {
        for (markup, want) in [
            ("<script src=/a.js></script><script src='b.js?v=1#x'></script>", &["/a.js", "/shop/b.js?v=1"][..]),
            ("<script src=/a.js></script><link rel='x modulepreload' href=/a.js>", &["/a.js"]),
            ("<link rel=preload as=script href=/c.js><link rel=preload as=style href=/d.css>", &["/c.js"]),
            ("<base href=/static/><script type=module src=e.js></script>", &["/static/e.js"]),
            ("<base href=https://cdn.example.net/><script src=e.js></script>", &[]),
            ("<script src=https://APP.example.com:443/f.js></script>", &["/f.js"]),
            ("<script src=//app.example.com/g.js>", &["/g.js"]),
            ("<script src=http://app.example.com/h.js></script>", &[]),
            ("<script src=https://app.example.com:8443/i.js></script>", &[]),
            ("<script src=https://u:p@app.example.com/j.js></script>", &[]),
            ("<script src=data:text/javascript,1></script><script src></script><script>var a</script>", &[]),
            ("<!-- <script src=/k.js></script> --><a href=/l.js>", &[]),
        ] {
            assert_eq!(found(markup), want, "{markup}");
        }
    }

    proptest! {
        #[test]
        fn any_markup_is_read(markup in "(<script |<link |<base |src=|href=|rel=preload as=script |[<>'\"/:@#? a-z\u{e9}]){0,40}") {
            for url in found(&markup) {
                prop_assert!(url.starts_with('/'));
            }
        }
    }
}
