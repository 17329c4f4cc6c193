//! How a path that refuses strangers is asked for, so that a guard may not know it again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Nonce;

/// Another way to write a guarded path. Written for `/app/admin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Trick {
    /// As the owner wrote it.
    Plain,
    /// `/app/golive-n`: what a path beside it gets that nobody made.
    Beside,
    /// `/app/admin/`, or without the slash where one is written.
    Slash,
    /// `//app/admin`
    DoubleSlash,
    /// `/APP/ADMIN`
    Case,
    /// `/app%2fadmin`
    EncodedSlash,
    /// `/app/admin;`
    Semicolon,
    /// `/./app/admin`
    DotSegment,
    /// The path itself, with `x-middleware-subrequest` in the spelling of that index.
    Subrequest(u8),
}

/// CVE-2025-29927: what makes Next.js 11.1.4 to 15.2.2 pass its middleware over.
const SUBREQUESTS: [&str; 5] = [
    "pages/_middleware",
    "middleware",
    "src/middleware",
    "middleware:middleware:middleware:middleware:middleware",
    "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware",
];

impl Trick {
    /// All that say something else of this path than the plain one.
    pub fn all(path: &str) -> impl Iterator<Item = Self> {
        let spellings = [Self::Slash, Self::DoubleSlash, Self::Case, Self::EncodedSlash];
        let spellings = spellings.into_iter().chain([Self::Semicolon, Self::DotSegment]);
        let differing = spellings.filter(move |trick| trick.target(path, Nonce::default()) != path);
        let fields = (0..SUBREQUESTS.len() as u8).map(Self::Subrequest);
        [Self::Plain, Self::Beside].into_iter().chain(differing).chain(fields)
    }

    /// What is asked for.
    pub fn target(self, path: &str, nonce: Nonce) -> String {
        let end = path.find('?').unwrap_or(path.len());
        let (bare, query) = path.split_at(end);
        let cut = bare.strip_suffix('/').unwrap_or(bare).rfind('/').unwrap_or(0);
        let (folder, name) = bare.split_at((cut + 1).min(bare.len()));
        let written = match self {
            Self::Plain | Self::Subrequest(_) => bare.into(),
            Self::Beside => return format!("{folder}golive-{nonce}"),
            Self::Slash => match bare.strip_suffix('/') {
                Some("") => bare.into(),
                Some(rest) => rest.into(),
                None => format!("{bare}/"),
            },
            Self::DoubleSlash => format!("/{bare}"),
            Self::Case if bare.bytes().any(|b| b.is_ascii_lowercase()) => bare.to_ascii_uppercase(),
            Self::Case => bare.to_ascii_lowercase(),
            Self::EncodedSlash if folder.len() > 1 => format!("{}%2f{name}", &folder[..cut]),
            Self::EncodedSlash => format!("/%2f{name}"),
            Self::Semicolon => format!("{bare};"),
            Self::DotSegment => format!("/.{bare}"),
        };
        written + query
    }

    /// The field beside it.
    pub fn field(self) -> Option<(&'static str, &'static str)> {
        let Self::Subrequest(index) = self else { return None };
        SUBREQUESTS.get(usize::from(index)).map(|spelling| ("x-middleware-subrequest", *spelling))
    }
}

impl fmt::Display for Trick {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("plain"),
            Self::Beside => f.write_str("beside"),
            Self::Slash => f.write_str("slash"),
            Self::DoubleSlash => f.write_str("double-slash"),
            Self::Case => f.write_str("case"),
            Self::EncodedSlash => f.write_str("encoded-slash"),
            Self::Semicolon => f.write_str("semicolon"),
            Self::DotSegment => f.write_str("dot-segment"),
            Self::Subrequest(index) => write!(f, "subrequest-{index}"),
        }
    }
}

/// Whether an address says that one signs in there. What stands in its query says nothing.
pub fn names_login(address: &str) -> bool {
    let address = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = address.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    words.iter().any(|word| ["login", "signin", "logon", "signon"].contains(word))
        || words.windows(2).any(|pair| ["log", "sign"].contains(&pair[0]) && ["in", "on"].contains(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_is_written_in_each_way() {
        use Trick::{Beside, Case, DotSegment, DoubleSlash, EncodedSlash, Semicolon, Slash, Subrequest};
        for (trick, path, want) in [
            (Slash, "/admin", "/admin/"),
            (Slash, "/admin/?a=/b", "/admin?a=/b"),
            (Slash, "/", "/"),
            (DoubleSlash, "/admin", "//admin"),
            (Case, "/admin?a=b", "/ADMIN?a=b"),
            (Case, "/ADMIN", "/admin"),
            (Case, "/1", "/1"),
            (EncodedSlash, "/admin", "/%2fadmin"),
            (EncodedSlash, "/app/admin/", "/app%2fadmin/"),
            (EncodedSlash, "/app/admin?a=/b", "/app%2fadmin?a=/b"),
            (Semicolon, "/admin?a=b", "/admin;?a=b"),
            (DotSegment, "/app/admin", "/./app/admin"),
            (Beside, "/admin?a=b", "/golive-00000007"),
            (Beside, "/app/admin/", "/app/golive-00000007"),
            (Beside, "/", "/golive-00000007"),
            (Subrequest(1), "/admin?a=b", "/admin?a=b"),
        ] {
            assert_eq!(trick.target(path, Nonce(7)), want, "{trick} {path}");
        }
        let of = |path| Trick::all(path).map(|trick| trick.to_string()).collect::<Vec<_>>().join(" ");
        let fields = "subrequest-0 subrequest-1 subrequest-2 subrequest-3 subrequest-4";
        let all = "plain beside slash double-slash case encoded-slash semicolon dot-segment";
        assert_eq!(of("/admin"), format!("{all} {fields}"));
        assert_eq!(of("/"), format!("plain beside double-slash encoded-slash semicolon dot-segment {fields}"));
        assert_eq!(Subrequest(1).field(), Some(("x-middleware-subrequest", "middleware")));
        assert_eq!((Subrequest(99).field(), Slash.field()), (None, None));
    }

    #[test]
    fn a_login_is_known_by_its_address() {
        for (address, want) in [
            ("/login", true),
            ("/en/sign-in?next=/", true),
            ("https://login.example.net/authorize", true),
            ("/api/auth/signin", true),
            ("/accounts/signIn", true),
            ("/en", false),
            ("/blogindex", false),
            ("/?next=/login", false),
            ("/design/in", false),
            ("", false),
        ] {
            assert_eq!(names_login(address), want, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_path_is_written_in_each_way(path in "/([a-z/?%;.=]|\\PC){0,20}") {
            for trick in Trick::all(&path) {
                prop_assert!(trick.target(&path, Nonce(7)).starts_with('/'), "{trick}");
            }
        }
    }
}
