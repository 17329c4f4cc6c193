//! Tokens that a site issues: what they are, and whether a known secret signed them. Never the token, never a secret.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub place: TokenPlace,
    pub kind: TokenKind,
    /// As the token or its library names it: `HS256`, `A256GCM`, `HMAC-SHA1`; `none` where nothing signs it.
    pub algorithm: String,
    /// Secrets of golive's own list that were tried; none where a run had seen too many tokens before.
    pub known: u32,
    /// Secrets of the owner's files that were tried.
    pub own: u32,
    /// The name of the secret that fits: `.env.example:12 APP_SECRET`, `FastAPI tutorial key`.
    pub fits: Option<String>,
}

/// Where a token stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TokenPlace {
    /// The value of a cookie of that name; of the first piece, where it is cut in pieces.
    Cookie(String),
    /// A text at that JSON path (RFC 9535, normalized); `[*]` where a key may be a secret itself.
    Json(String),
    /// The value of that field.
    Field(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// JSON Web Signature, compact (RFC 7515 §3.1).
    Jws,
    /// Auth.js: an encrypted session (RFC 7516).
    AuthJs,
    /// Starlette's SessionMiddleware.
    StarletteSession,
    FlaskSession,
    /// Whatever else itsdangerous signs.
    Itsdangerous,
    DjangoSigning,
    /// cookie-signature: express-session and its like.
    ExpressSession,
    /// cookie-session, signed by Keygrip.
    CookieSession,
    IronSession,
    Fernet,
}
