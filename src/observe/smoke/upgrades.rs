//! WebSockets, opened by the site's own page and by another site's.

use super::Walker;
use crate::observation::{Asker, Claim, Method, Upgraded};
use crate::observe::jar::Jar;
use crate::observe::websocket;
use crate::plan;
use crate::target::Endpoint;

impl Walker<'_> {
    pub(super) async fn upgrades(&self, at: &Endpoint, jar: &Jar) -> Vec<Upgraded> {
        let mut all = vec![];
        for path in &self.spec.exposure.websockets {
            for asker in [Asker::Own, Asker::Foreign, Asker::ForeignAnonymous] {
                all.push(self.upgrade(at, jar, path, asker).await);
            }
        }
        all
    }

    async fn upgrade(&self, at: &Endpoint, jar: &Jar, path: &str, asker: Asker) -> Upgraded {
        let origin = match asker {
            Asker::Own => at.origin().to_string(),
            Asker::Foreign | Asker::ForeignAnonymous => Claim::Foreign.origin(at, self.nonce),
        };
        let mut request = plan::hop(self.spec, at, Method::Get, path.into());
        request.fields.push(("Origin".into(), origin));
        let mut cookies = vec![];
        if asker != Asker::ForeignAnonymous {
            cookies = jar.names(at, path);
            request.fields.extend(jar.field(at, path));
        }
        let _place = self.net.place(at.ip).await;
        let outcome = websocket::open(self.net, at, request).await;
        Upgraded { path: path.into(), asker, cookies, outcome }
    }
}
