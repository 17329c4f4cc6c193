//! What a text may be, and how a secret is tried on it.

use crate::observation::{TokenKind, TokenPlace};

/// A text that a site issued, and what stands around it.
pub struct Issued {
    pub place: TokenPlace,
    /// The name of the cookie as a whole, where it is cut in pieces.
    pub cookie: Option<String>,
    /// Decoded as a browser's or a server's library does.
    pub text: String,
    /// The value as it came and the value of the cookie `name.sig` beside it.
    pub signed: Option<(String, String)>,
}

/// One form that a text has. It may have several: forms resemble each other, and the secret that fits tells.
pub struct Trial<'a> {
    pub kind: TokenKind,
    pub algorithm: String,
    /// Whether a secret made it. `None` where nothing signs it.
    pub fits: Option<Fits<'a>>,
}

pub type Fits<'a> = Box<dyn Fn(&[u8]) -> bool + 'a>;

impl<'a> Trial<'a> {
    pub fn new(kind: TokenKind, algorithm: impl Into<String>, fits: impl Fn(&[u8]) -> bool + 'a) -> Self {
        Self { kind, algorithm: algorithm.into(), fits: Some(Box::new(fits)) }
    }
}
