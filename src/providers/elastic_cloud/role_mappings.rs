//! Role mappings: what single sign-on gives again at the next login.
//!
//! Source: Elastic's API reference (Get role mappings). An account without single sign-on may have none, or no such call.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    client::{Elements, lenient::Row},
    error::{FaultKind, ProviderFault},
    hashed::{HashMap, HashSet},
    provider::{Context, Grant},
};

use super::{
    assignments::{ALL, Assignments, companions},
    config::Config,
    core::{self, List},
    documents::Mapping,
    ids::Key,
};

/// A read for a warning does not keep the removal waiting longer than this.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the enabled mappings give.
#[derive(Debug, Default)]
pub struct Mappings {
    pub given: Assignments,
    /// The application roles of a mapped role at a place, by role, kind of project and place. An application role is a role, too.
    roles: HashMap<(String, Option<String>, Option<String>), Application>,
}

/// The application roles that a role is mapped with.
#[derive(Debug, Default)]
struct Application {
    /// It is mapped without any, too.
    is_plain: bool,
    roles: HashSet<String>,
}

/// What the organization's mappings give; `None` if they cannot be read.
pub async fn mappings(config: &Config, cx: &Context<'_>, organization: &str) -> Option<Mappings> {
    let patience = cx.client.transport().sleep(PATIENCE);
    match select(pin!(read(config, cx, organization)), pin!(patience)).await {
        Either::Left((mappings, _)) => mappings,
        Either::Right(_) => None,
    }
}

impl Mappings {
    /// Whether a mapping gives the role of a grant again, at a place that the grant is for.
    pub fn gives_again(&self, grant: &Grant) -> bool {
        let key = Key::parse(&grant.role_id);
        let applications = companions(grant);
        let mapped = |role: &str, place: Option<&str>| {
            let key = (role.to_owned(), grant.scope.group.clone(), place.map(str::to_owned));
            self.roles.get(&key)
        };
        let at = |place: Option<&str>| {
            let is_own = mapped(&key.role, place).is_some_and(|mapped| {
                key.custom.is_empty() || mapped.is_plain || key.custom.iter().any(|name| mapped.roles.contains(name))
            });
            let mut applications = applications.iter().skip(1);
            is_own || applications.any(|role| mapped(&role.role_id, place).is_some())
        };
        match grant.scope.workspace.as_deref() {
            // What is for everything has something in common with every place.
            None | Some(ALL) => at(None),
            Some(place) => at(Some(place)) || at(Some(ALL)),
        }
    }

    fn add(&mut self, given: Assignments) {
        for held in &given.held {
            let Key { role, custom } = Key::parse(&held.grant.role_id);
            let applications = companions(&held.grant).into_iter().skip(1);
            let applications: Vec<String> = applications.map(|role| role.role_id).collect();
            let place = held.grant.scope.workspace.as_deref().unwrap_or(ALL);
            for place in [Some(place.to_owned()), None] {
                let key = |role: &String| (role.clone(), held.grant.scope.group.clone(), place.clone());
                let mapped = self.roles.entry(key(&role)).or_default();
                mapped.is_plain |= custom.is_empty();
                mapped.roles.extend(custom.iter().cloned());
                for role in &applications {
                    self.roles.entry(key(role)).or_default().is_plain = true;
                }
            }
        }
        self.given.add(given);
    }
}

async fn read(config: &Config, cx: &Context<'_>, organization: &str) -> Option<Mappings> {
    let bad = |why: &str| ProviderFault::new(FaultKind::BadAnswer, why);
    let each = |mappings: &mut Mappings, mapping: Row<Mapping>, _: &str| {
        let Row::Read(mapping) = mapping else {
            return Err(bad("a role mapping cannot be read"));
        };
        if mapping.enabled.as_bool() == Some(false) {
            return Ok(());
        }
        let assigned = mapping
            .role_assignments
            .ok_or_else(|| bad("a role mapping assigns nothing"))?;
        let given = Assignments::read(Some(&assigned), organization);
        if given.is_malformed {
            return Err(bad("a role mapping is not as documented"));
        }
        mappings.add(given);
        Ok(())
    };
    match core::elements(config, cx, organization, List::RoleMappings, each).await {
        Ok(Elements::Whole(mappings)) => Some(mappings),
        Ok(Elements::Refused(_)) | Err(_) => None,
    }
}
