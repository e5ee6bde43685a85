//! From Slack's user document to the unified user.

use serde_json::{Value, json};

use crate::{
    client::lenient::{Rows, Scalar, Text},
    contract::{
        timestamp,
        types::{self, Email, Group, Organization, Phone, Role, Url, Workspace},
        user::{blank_user, primary_email},
    },
    hashed::HashSet,
    provider::Grant,
};

use super::{
    account_types,
    assignments::Extent,
    documents::{ScimValue, User},
    ids,
    read::Detail,
};

/// The unified user. Its roles are the assignments, and the account types in the organization and in the workspaces that were read,
/// as far as a request can name them; a guest's type is in `user_type`. A list of roles that is not whole is left out.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let is_whole = detail.assignments.extent == Extent::Whole;
    let roles = is_whole.then(|| roles(detail, grants)).flatten();
    let document = &detail.user;
    let profile = document.profile.read().cloned().unwrap_or_default();
    let above = document.enterprise_user.read();
    let scim = detail.scim.clone().unwrap_or_default();
    let scim_name = scim.name.into_read().unwrap_or_default();
    types::User {
        external_id: scim.external_id.into_string(),
        identifiers: Some(identifiers(detail)),
        first_name: profile.first_name.into_string().or(scim_name.given_name.into_string()),
        last_name: profile.last_name.into_string().or(scim_name.family_name.into_string()),
        name: document
            .real_name
            .as_str()
            .map(str::to_owned)
            .or(profile.real_name.into_string()),
        username: text(&document.name).or(scim.user_name.into_string()),
        title: profile.title.into_string(),
        emails: emails(text(&profile.email), &scim.emails),
        phones: phones(profile.phone.into_string(), &scim.phone_numbers),
        status: Some(String::from(if document.deleted.as_bool() == Some(true) {
            "deleted"
        } else if document.is_invited_user.as_bool() == Some(true) {
            "invited"
        } else {
            "active"
        })),
        is_email_verified: document.is_email_confirmed.as_bool(),
        // Without the right to see it, Slack says false.
        is_two_factor_enabled: document.has_2fa.as_bool().filter(|has| *has),
        truncated: roles.is_none().then(|| String::from("roles")).into_iter().collect(),
        roles: roles.unwrap_or_default(),
        organizations: vec![Organization {
            id: Some(detail.member.enterprise.clone()),
            name: above.and_then(|above| text(&above.enterprise_name)),
        }],
        user_type: Some(user_type(document).to_owned()),
        workspaces: detail
            .member
            .teams
            .iter()
            .map(|team| Workspace {
                id: Some(team.clone()),
                name: None,
            })
            .collect(),
        groups: groups(detail, &scim.groups),
        avatar: [
            profile.image_original,
            profile.image_512,
            profile.image_192,
            profile.image_72,
            profile.image_48,
            profile.image_32,
            profile.image_24,
        ]
        .into_iter()
        .find_map(Text::into_string),
        created_at: scim.meta.into_read().and_then(|meta| meta.created.into_string()),
        urls: scim
            .profile_url
            .into_string()
            .map(|url| Url {
                url: Some(url),
                type_: None,
            })
            .into_iter()
            .collect(),
        timezone: text(&document.tz),
        languages: text(&document.locale).into_iter().collect(),
        updated_at: document.updated.as_u64().and_then(timestamp::from_seconds),
        ..blank_user(detail.member.id.clone())
    }
}

/// Every role that a request can name; `None` where the place of one cannot be named: the list would be shown partly.
fn roles(detail: &Detail, grants: &[Grant]) -> Option<Vec<Role>> {
    grants
        .iter()
        .filter(|grant| grant.is_direct() || is_highest(grant))
        .map(Grant::as_role)
        .chain(at_home(detail))
        .filter(|role| !ids::is_at_a_place(role) || ids::is_role_of_a_request(role))
        .map(|role| ids::is_at_a_place(&role).then_some(role))
        .collect()
}

fn identifiers(detail: &Detail) -> String {
    let member = &detail.member;
    let mut identifiers = json!({"team_id": text(&detail.user.team_id), "enterprise_id": member.enterprise});
    if let (Value::Object(fields), Some(id)) = (&mut identifiers, &member.enterprise_user) {
        fields.insert(String::from("enterprise_user_id"), Value::from(id.clone()));
    }
    identifiers.to_string()
}

/// Groups of the identity provider, as SCIM knows them.
fn groups(detail: &Detail, listed: &Rows<ScimValue>) -> Vec<Group> {
    listed
        .read()
        .map(|group| Group {
            id: text(&group.value),
            name: text(&group.display),
            organization: Some(detail.member.enterprise.clone()),
        })
        .collect()
}

/// SCIM's addresses, or the profile's if there are none.
fn emails(own: Option<String>, listed: &Rows<ScimValue>) -> Vec<Email> {
    let listed: Vec<Email> = listed
        .read()
        .map(|entry| Email {
            email: text(&entry.value),
            type_: text(&entry.kind),
            is_primary: entry.primary.as_bool(),
        })
        .filter(|email| email.email.is_some())
        .collect();
    if !listed.is_empty() {
        return listed;
    }
    primary_email(own)
}

/// The profile's number, and the others that SCIM has.
fn phones(own: Option<String>, listed: &Rows<ScimValue>) -> Vec<Phone> {
    let mut known: HashSet<String> = HashSet::new();
    let own = own.map(|number| (number, None));
    let listed = listed
        .read()
        .filter_map(|entry| Some((text(&entry.value)?, text(&entry.kind))));
    own.into_iter()
        .chain(listed)
        .filter(|(number, _)| known.insert(number.clone()))
        .map(|(number, type_)| Phone {
            number: Some(number),
            extension: None,
            type_,
        })
        .collect()
}

fn text<K>(value: &Scalar<K>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Returns true for primary owners: nothing is above them, and no call removes them.
fn is_highest(grant: &Grant) -> bool {
    grant.role_id == ids::ORG_PRIMARY_OWNER || (grant.role_id == ids::PRIMARY_OWNER && grant.scope.workspace.is_some())
}

/// The account type in the home workspace by the user's document, unless the workspace's own lists were read.
fn at_home(detail: &Detail) -> Option<Role> {
    let member = &detail.member;
    let home = member.home.workspace()?;
    let is_read = matches!(detail.workspaces.get(home), Some(account_types::Workspace::Read { .. }));
    let is_owned = detail
        .ownerships
        .as_ref()
        .is_some_and(|ownerships| ownerships.workspaces.contains(home));
    if is_read || is_owned {
        return None;
    }
    let types = [
        (member.is_primary_owner == Some(true), ids::PRIMARY_OWNER),
        (member.is_owner, ids::OWNER),
        (member.is_admin, ids::ADMIN),
    ];
    let (_, id) = types.into_iter().find(|(is, _)| *is)?;
    Some(Role {
        id: Some(id.to_owned()),
        name: ids::name_of(id).map(str::to_owned),
        group: None,
        organization: Some(member.enterprise.clone()),
        workspace: Some(home.to_owned()),
    })
}

fn user_type(document: &User) -> &'static str {
    let kinds = [
        (&document.is_workflow_bot, "workflow_bot"),
        (&document.is_bot, "bot"),
        (&document.is_primary_owner, "primary_owner"),
        (&document.is_owner, "owner"),
        (&document.is_admin, "admin"),
        (&document.is_ultra_restricted, "single_channel_guest"),
        (&document.is_restricted, "multi_channel_guest"),
    ];
    kinds
        .into_iter()
        .find(|(flag, _)| flag.as_bool() == Some(true))
        .map_or("member", |(_, kind)| kind)
}
