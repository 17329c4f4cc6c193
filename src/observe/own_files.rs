//! Facts of the owner's files. Their texts were read before the run; no value leaves.

use crate::observation::{FileFacts, OwnFile, ProbeError};
use crate::spec::Private;

pub fn facts(_private: &Private, _question: &OwnFile) -> Result<FileFacts, ProbeError> {
    Err(ProbeError::not_sent("not read"))
}
