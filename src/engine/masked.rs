//! What is taken note of, without the operation's secrets: a provider can put anything into a name, also what it was sent.

use crate::{
    client::Client,
    contract::redact::{self, Texts},
    provider::Grant,
};

use super::{Audit, AuditEvent};

/// Passes events on without secrets. What has none is not copied.
pub struct Masked<'a> {
    pub client: &'a Client<'a>,
    pub audit: &'a dyn Audit,
}

impl Audit for Masked<'_> {
    fn step(&self, event: AuditEvent<'_>) {
        match event {
            AuditEvent::Read { user, grants } => match self.masked(grants) {
                Some(grants) => self.audit.step(AuditEvent::Read { user, grants: &grants }),
                None => self.audit.step(AuditEvent::Read { user, grants }),
            },
            AuditEvent::Intent { targets } => {
                if targets.iter().any(|grant| self.shows_secret(grant)) {
                    let masked: Vec<Grant> = targets
                        .iter()
                        .map(|grant| self.without_secrets((*grant).clone()))
                        .collect();
                    let targets: Vec<&Grant> = masked.iter().collect();
                    self.audit.step(AuditEvent::Intent { targets: &targets });
                } else {
                    self.audit.step(AuditEvent::Intent { targets });
                }
            }
            AuditEvent::Result {
                outcomes,
                keys,
                grants_after,
                traces,
            } => {
                let masked_keys = keys
                    .iter()
                    .flatten()
                    .any(|key| key.texts().any(|text| self.client.shows_secret(text)))
                    .then(|| {
                        keys.iter()
                            .map(|keys| self.without_secrets(keys.clone()))
                            .collect::<Vec<_>>()
                    });
                let after = grants_after.and_then(|grants| self.masked(grants));
                self.audit.step(AuditEvent::Result {
                    outcomes,
                    keys: masked_keys.as_deref().unwrap_or(keys),
                    grants_after: after.as_deref().or(grants_after),
                    traces: self.without_secrets(traces),
                });
            }
            AuditEvent::Bound { .. } | AuditEvent::Planned { .. } | AuditEvent::Calls(_) | AuditEvent::Quota(_) => {
                self.audit.step(event);
            }
        }
    }
}

impl Masked<'_> {
    /// `None` if nothing is to be masked.
    fn masked(&self, grants: &[Grant]) -> Option<Vec<Grant>> {
        let is_secret = grants.iter().any(|grant| self.shows_secret(grant));
        is_secret.then(|| self.without_secrets(grants.to_vec()))
    }

    fn shows_secret(&self, grant: &Grant) -> bool {
        grant.texts().any(|text| self.client.shows_secret(text))
    }

    fn without_secrets<T: Texts>(&self, mut texts: T) -> T {
        redact::mask(self.client, &mut texts);
        texts
    }
}
