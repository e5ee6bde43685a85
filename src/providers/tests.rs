//! The files of the providers, and the calls that their tests make.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;
use crate::{
    client::Caches,
    contract::types::{Failure, Options, ReadOptions, Request, RoleDirectory, Success, UserReading},
    engine::{self, Audit, NoAudit},
    fake::FakeTransport,
    provider::Context,
    request::ValidatedRequest,
};

/// The operations on a scripted transport, each with caches of its own.
impl Opened {
    pub fn call(&self, transport: &FakeTransport, request: Request, options: Options) -> Result<Success, Failure> {
        self.call_audited(transport, request, options, &NoAudit)
    }

    pub fn call_audited(
        &self,
        transport: &FakeTransport,
        request: Request,
        options: Options,
        audit: &dyn Audit,
    ) -> Result<Success, Failure> {
        let ask = validated(ValidatedRequest::validate(
            request,
            options,
            &self.general,
            self.provider(),
        ))?;
        let run = async |cx: &Context<'_>| engine::run(self.provider(), cx, &self.general, audit).await;
        self.run(transport, &ask, run)
    }

    pub fn read_user(&self, transport: &FakeTransport, id: &str) -> Result<UserReading, Failure> {
        let ask = validated(ValidatedRequest::reading(Some(id), READ, self.provider()))?;
        let run = async |cx: &Context<'_>| engine::read_user(self.provider(), cx, &self.general, &NoAudit).await;
        self.run(transport, &ask, run)
    }

    pub fn list_roles(&self, transport: &FakeTransport) -> Result<RoleDirectory, Failure> {
        let ask = validated(ValidatedRequest::reading(None, READ, self.provider()))?;
        let run = async |cx: &Context<'_>| engine::list_roles(self.provider(), cx).await;
        self.run(transport, &ask, run)
    }

    fn provider(&self) -> &dyn Provider {
        self.provider.as_ref()
    }

    fn run<T>(
        &self,
        transport: &FakeTransport,
        ask: &ValidatedRequest,
        operation: impl AsyncFnOnce(&Context<'_>) -> T,
    ) -> T {
        let caches = Caches::default();
        let cx = engine::context(transport, &caches, ask, self.provider(), self.secrets.clone());
        transport.run(operation(&cx))
    }
}

const READ: ReadOptions = ReadOptions { deadline: None };

fn validated(ask: Result<ValidatedRequest, Error>) -> Result<ValidatedRequest, Failure> {
    ask.map_err(|error| engine::failure_of(&error, false))
}

/// The rooms of every provider.
const ROOMS: [&str; 14] = [
    "absence.rs",
    "backend.rs",
    "capability.rs",
    "config.rs",
    "core.rs",
    "docs.md",
    "documents.rs",
    "find.rs",
    "ids.rs",
    "mapping.rs",
    "mod.rs",
    "read.rs",
    "revoke.rs",
    "tests",
];

/// Rooms for what only one provider has, two at most.
fn own_rooms(provider: &str) -> &'static [&'static str] {
    match provider {
        "blackline" => &["paths.rs"],
        "crowdstrike" => &["cid.rs", "view.rs"],
        "elastic_cloud" => &["assignments.rs", "role_mappings.rs"],
        "jumpcloud" => &["groups.rs", "organizations.rs"],
        "slack_enterprise" => &["account_types.rs", "assignments.rs"],
        "teamviewer" => &["groups.rs"],
        _ => &[],
    }
}

#[test]
fn every_provider_has_the_same_rooms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    for &provider in ALL {
        let name = name(provider);
        let entries = fs::read_dir(folder.join(name)).unwrap();
        let found: BTreeSet<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // A room that is a folder beside its file is the same room.
            .filter(|entry| entry.contains('.') || entry == "tests")
            .collect();
        let expected = ROOMS.iter().chain(own_rooms(name)).map(|&room| room.to_owned());
        assert_eq!(found, expected.collect(), "{name}");
        assert!(own_rooms(name).len() <= 2);
    }
}
