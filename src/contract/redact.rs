//! Keeps credentials out of the messages of an answer. Providers put what they were sent into their error texts.

use crate::{
    client::Client,
    contract::types::{Failure, RoleDirectory, RoleOutcome, Success, UserReading},
};

/// What an answer says in words.
pub trait Said {
    #[must_use]
    fn mask(self, client: &Client<'_>) -> Self;
}

/// The answer with every message and warning masked.
pub fn messages<T: Said>(client: &Client<'_>, result: Result<T, Failure>) -> Result<T, Failure> {
    match result {
        Ok(answer) => Ok(answer.mask(client)),
        Err(failure) => Err(Failure {
            message: client.masked(&failure.message),
            outcomes: outcomes(client, failure.outcomes),
            ..failure
        }),
    }
}

impl Said for Success {
    fn mask(self, client: &Client<'_>) -> Self {
        Self {
            outcomes: outcomes(client, self.outcomes),
            ..self
        }
    }
}

impl Said for UserReading {
    fn mask(mut self, client: &Client<'_>) -> Self {
        let own = self.unread.iter_mut().chain(&mut self.warnings);
        for text in own.chain(self.grants.iter_mut().flat_map(|grant| &mut grant.warnings)) {
            *text = client.masked(text);
        }
        self
    }
}

impl Said for RoleDirectory {
    fn mask(mut self, client: &Client<'_>) -> Self {
        for text in &mut self.unread {
            *text = client.masked(text);
        }
        self
    }
}

fn outcomes(client: &Client<'_>, mut outcomes: Vec<RoleOutcome>) -> Vec<RoleOutcome> {
    let mask = |text: &mut String| *text = client.masked(text);
    for entry in &mut outcomes {
        entry.message.iter_mut().chain(&mut entry.warnings).for_each(mask);
        for grant in &mut entry.grants {
            grant.message.iter_mut().chain(&mut grant.warnings).for_each(mask);
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        account::secret::{MASK, Secret},
        client::{Client, Deadline, RateLimitPolicy, fake},
        contract::types::{Failure, FailureKind, GrantOutcome, Outcome, RoleOutcome, Scope},
    };

    fn grant() -> GrantOutcome {
        GrantOutcome {
            role_id: String::from("admin"),
            role_name: None,
            scope: Scope {
                group: None,
                organization: None,
                workspace: None,
            },
            direct: true,
            outcome: Outcome::Failed,
            reason: None,
            message: Some(String::from("no: hunter2")),
            via: Vec::new(),
            changed: false,
            warnings: vec![String::from("about:hunter2")],
            side_effects: Vec::new(),
            needs_allow: Vec::new(),
            acknowledged: false,
            acknowledged_at: None,
            verify_after: None,
            verified_at: None,
        }
    }

    #[test]
    fn every_message_and_warning_is_masked() {
        let transport = fake::FakeTransport::new(|_| fake::Reaction::Silence);
        let deadline = Deadline::starting_now(&transport, Duration::from_secs(1));
        let client = Client::new(
            &transport,
            deadline,
            [Secret::new("hunter2")],
            RateLimitPolicy::default(),
        );
        let entry = RoleOutcome {
            verify_after: None,
            same_as: None,
            role: None,
            organization: None,
            outcome: Outcome::Failed,
            reason: None,
            message: Some(String::from("hunter2")),
            warnings: vec![String::from("hunter2")],
            grants: vec![grant()],
        };
        let failure = Failure {
            plan: None,
            plan_digest: None,
            receipt: None,
            kind: FailureKind::NotRemoved,
            message: String::from("roles[0] failed: hunter2"),
            status: 422,
            field: None,
            answer: None,
            retry_after: None,
            retryable: false,
            outcomes: vec![entry],
            sent: true,
            user: None,
        };
        let masked = super::messages::<crate::contract::types::Success>(&client, Err(failure)).unwrap_err();
        let shown = format!("{masked:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.matches(MASK).count(), 5);
    }
}
