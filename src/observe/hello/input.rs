//! Bytes read from their begin: numbers, and vectors after their length (RFC 8446 §3.4). Too few are `None`.

pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Of at most four bytes.
    pub fn number(&mut self, width: usize) -> Option<u32> {
        Some(self.take(width)?.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    pub fn vector(&mut self, width: usize) -> Option<Input<'a>> {
        let length = self.number(width)?;
        self.take(length as usize).map(Input)
    }
}
