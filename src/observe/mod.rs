//! The only code that opens sockets and reads clocks. It knows protocols, not checks.

mod dial;
mod net;
mod port;
mod resolve;
mod tls;

pub use net::{Door, Net, Way};
