//! What had no answer is asked again.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Ending, Net, Observed, Progress, Run, round};
use crate::observation::{Ask, ErrorKind, Observations, ProbeError};
use crate::spec::Spec;

/// Asks until everything wanted is answered, and `again` times more what came out unanswered, all within
/// `limits.total`, or until `stop` turns true.
pub async fn observe(
    again: u8,
    spec: Arc<Spec>,
    net: Arc<Net>,
    begin: Observations,
    stop: watch::Receiver<bool>,
    progress: &(dyn Fn(&Progress) + Sync),
) -> Observed {
    // One run: what is hidden is hidden by one key, so that equal values stay equal.
    let run = Arc::new(Run::new(spec, net, begin.nonce));
    let mut observed = round(&run, begin, stop.clone(), progress).await;
    for _ in 0..again {
        let mut rest = observed.observations.clone();
        let forgotten = rest.forget(may_be_answered);
        if observed.ending != Ending::Complete || forgotten.is_empty() {
            break;
        }
        // Refusals are believed between two good answers: the second comes after what is asked now.
        rest.http.retain(|o| o.question.ask != Ask::Again);
        run.net.forget_shut();
        let panicked = observed.panicked;
        observed = round(&run, rest, stop.clone(), progress).await;
        observed.panicked |= panicked;
        forgotten.into_iter().for_each(|fact| observed.observations.recall(fact));
    }
    observed
}

/// Another time may bring an answer: the network or the site was at fault, and nothing was refused on purpose.
fn may_be_answered(error: &ProbeError) -> bool {
    use ErrorKind::{Closed, Limited, Reset, Timeout, Unreachable};
    matches!(error.kind, Timeout | Reset | Closed | Limited | Unreachable)
}
