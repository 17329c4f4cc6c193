//! The names of what a folder holds, as servers write them.

use super::page;
use crate::observation::Mark;

pub fn of_page(text: &str) -> Option<Mark> {
    let title = page::title(text).unwrap_or_default();
    let titled = TITLES.iter().any(|begin| title.starts_with(begin)) && text.contains("<a ");
    (titled || is_caddy(text) || is_bare(text)).then_some(Mark::Listing)
}

/// What begins without a document type.
pub fn of_text(start: &str) -> Option<Mark> {
    is_bare(start).then_some(Mark::Listing)
}

/// How the titles begin, in lower case: nginx, Apache and lighttpd; Python; serve-index; serve; Tomcat; Jetty.
const TITLES: [&str; 6] = [
    "index of /",
    "directory listing for /",
    "listing directory /",
    "files within ",
    "directory listing for [/",
    "directory: /",
];

/// Caddy, modules/caddyhttp/fileserver/browse.html.
fn is_caddy(text: &str) -> bool {
    text.contains("id=\"summary\"") && text.contains("Served with") && text.contains("https://caddyserver.com")
}

/// Go, net/http, dirList.
fn is_bare(text: &str) -> bool {
    const VIEWPORT: &str = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n";
    let text = text.strip_prefix(VIEWPORT).unwrap_or(text);
    text.starts_with("<pre>\n<a href=\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_known_by_its_form() {
        for (text, want) in [
            ("<html>\n<head><title>Index of /static/</title></head><a href=\"../\">../</a>", true),
            ("<!DOCTYPE HTML><title>Directory listing for /static/</title><li><a href=\"a.js\">a.js</a>", true),
            (
                "<!doctype html><title>static</title><div id=\"summary\">Served with <a href=\"https://caddyserver.com\">",
                true,
            ),
            (
                "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"a\">a</a>\n",
                true,
            ),
            ("<html><title>Index of economic freedom</title><a href=x>x</a>", false),
            ("<html><title>Index of /static/</title>", false),
            ("<html><div id=\"summary\">We like Caddy</div>", false),
        ] {
            assert_eq!(of_page(text), want.then_some(Mark::Listing), "{text}");
        }
        for (text, want) in
            [("<pre>\n<a href=\"a\">a</a>\n</pre>\n", true), ("<pre>\nfalse\n</pre>", false), ("", false)]
        {
            assert_eq!(of_text(text), want.then_some(Mark::Listing), "{text}");
        }
    }
}
