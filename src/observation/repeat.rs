//! How to repeat an observation by hand, with public tools.

use super::{Http, Knock, Lookup, Observation, Session};

/// Commands of public tools that show the same fact, each on one line.
pub trait Repeat {
    fn repeat(&self) -> Vec<String>;
}

impl Repeat for Observation<Lookup> {
    fn repeat(&self) -> Vec<String> {
        todo!()
    }
}

impl Repeat for Observation<Knock> {
    fn repeat(&self) -> Vec<String> {
        todo!()
    }
}

impl Repeat for Observation<Session> {
    fn repeat(&self) -> Vec<String> {
        todo!()
    }
}

impl Repeat for Observation<Http> {
    fn repeat(&self) -> Vec<String> {
        todo!()
    }
}
