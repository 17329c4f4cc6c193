//! Accounts that must not work, in place of the one that the login step signs in.

use std::time::Duration;

use tokio::time::sleep;

use super::content::{captured, json};
use super::{Bag, Walker};
use crate::observation::{ErrorKind, ProbeError, SignedIn};
use crate::spec::Step;
use crate::target::Endpoint;

/// Addresses at which an account is tried: a try may count towards a lock.
const MOST_TRIES: usize = 2;

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

impl Walker<'_> {
    /// Each account once, a second after the other, until the site asks us to slow down; then somebody who is nobody.
    pub(super) async fn accounts(&self, at: &Endpoint, bag: &mut Bag) -> (Vec<SignedIn>, Option<SignedIn>) {
        let accounts = &self.spec.secrets.accounts;
        let number = self.places.get(&at.host).and_then(|ips| ips.iter().position(|ip| *ip == at.ip)).unwrap_or(0);
        let Some(step) = self.spec.smoke.iter().find(|step| step.login) else { return (vec![], None) };
        if accounts.is_empty() || number >= MOST_TRIES {
            return (vec![], None);
        }
        // A demonstration is in this process.
        let pause = if self.net.way.closed { Duration::ZERO } else { PAUSE };
        // The other address is done by then.
        sleep(pause * u32::try_from(number * (accounts.len() + 1)).unwrap_or(u32::MAX)).await;
        let mut tried: Vec<SignedIn> = vec![];
        for account in accounts {
            sleep(pause).await;
            let one = self.sign_in(at, bag, step, &account.user, &account.password.0).await;
            let is_limited = one.outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Limited);
            tried.push(one);
            if is_limited {
                return (tried, None);
            }
        }
        sleep(pause).await;
        // In the form of the others: who asks for an address of mail refuses anything else as malformed.
        let domain = accounts[0].user.split_once('@').map(|(_, domain)| format!("@{domain}"));
        let user = format!("golive-{}{}", self.nonce, domain.unwrap_or_default());
        let password = format!("{:016x}{:016x}", random(), random());
        let stranger = self.sign_in(at, bag, step, &user, &password).await;
        (tried, Some(SignedIn { user: String::new(), ..stranger }))
    }

    async fn sign_in(&self, at: &Endpoint, bag: &mut Bag, step: &Step, user: &str, password: &str) -> SignedIn {
        let mut one =
            SignedIn { user: user.into(), outcome: Err(ProbeError::not_sent("not tried")), captured: vec![] };
        if self.net.started() + Duration::from_millis(self.net.elapsed_ms()) > self.net.ends() {
            one.outcome = Err(ProbeError::not_sent("the time of the run is over"));
            return one;
        }
        let Some(body) = step.body.as_ref().and_then(|body| body.signing_in(user, password)) else { return one };
        let step = Step { body: Some(body), ..step.clone() };
        let mut fresh = self.before_login(at, bag).await;
        let errand = match self.errand(at, &step, &fresh.captures) {
            Ok(errand) => errand,
            Err(error) => return SignedIn { outcome: Err(error), ..one },
        };
        one.outcome = match self.go(at, &errand, &mut fresh.jar, false).await {
            Ok(gone) => {
                for (name, value) in captured(&step, json(gone.last()).as_ref()) {
                    bag.secrets.add_captured(&value);
                    one.captured.push(name);
                }
                Ok(gone.exchange)
            }
            Err(error) => Err(error),
        };
        fresh.captures.values().for_each(|value| bag.secrets.add_captured(value));
        one
    }

    /// What the owner's own login had when it was sent: the steps before it are walked again, where that changes
    /// nothing, so that a token against forgery is of the same session.
    async fn before_login(&self, at: &Endpoint, bag: &Bag) -> Bag {
        let before: Vec<&Step> = self.spec.smoke.iter().take_while(|step| !step.login).collect();
        if before.iter().any(|step| !["GET", "HEAD", "OPTIONS"].contains(&step.method.as_str())) {
            let (jar, captures) = bag.before.clone();
            return Bag { jar, captures, ..Bag::default() };
        }
        let mut fresh = Bag::default();
        for step in before {
            self.step(at, step, &mut fresh).await;
        }
        fresh
    }
}

fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}
