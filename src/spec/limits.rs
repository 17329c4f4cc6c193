//! How long, how much and how fast.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub total_ms: u64,
    /// `None`: from the measured round trip for a port, 3 s for anything else.
    pub connect_ms: Option<u64>,
    pub exchange_ms: u64,
    /// Connections to one address at a time.
    pub parallel: usize,
    /// Probes of a sweep per second and address.
    #[serde(default = "Limits::usual_sweep_rate")]
    pub sweep_rate: u32,
    /// Of one answer's content.
    pub body_bytes: u64,
}

impl Limits {
    pub const TOTAL_MS: RangeInclusive<u64> = 1_000..=3_600_000;
    pub const CONNECT_MS: RangeInclusive<u64> = 50..=30_000;
    pub const EXCHANGE_MS: RangeInclusive<u64> = 100..=60_000;
    pub const PARALLEL: RangeInclusive<u64> = 1..=256;
    pub const SWEEP_RATE: RangeInclusive<u64> = 10..=200_000;
    pub const BODY_BYTES: RangeInclusive<u64> = 1_024..=16_777_216;

    pub(super) fn usual_sweep_rate() -> u32 {
        5_000
    }

    pub fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    pub fn exchange(&self) -> Duration {
        Duration::from_millis(self.exchange_ms)
    }

    /// For a connection that carries an exchange.
    pub fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms.unwrap_or(3_000))
    }
}
