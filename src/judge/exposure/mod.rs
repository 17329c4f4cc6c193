//! Does anything that the internet can see show a secret?

mod debug;
mod document;
mod files;
mod guarded;
mod listing;
mod page;
mod served;

use super::{Check, check};

pub(super) const CHECKS: &[Check] = &[
    check!("exposure/secret-file-hidden", files::secret_file_hidden),
    check!("exposure/secret-not-in-page", page::secret_not_in_page),
    check!("exposure/debug-off", debug::debug_off),
    check!("exposure/guarded-path-refused", guarded::guarded_path_refused),
    check!("exposure/directory-listing-off", listing::directory_listing_off),
    check!("exposure/api-document-hidden", document::api_document_hidden),
];
