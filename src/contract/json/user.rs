//! The unified user as JSON.

use crate::contract::types::{Email, Group, License, Organization, Phone, Role, Url, User, Workspace};

use super::text::Fields;

/// The unified user, with these names as what was left out of it.
pub fn user(user: &User, truncated: &[&str], fields: &mut Fields<'_>) {
    let User {
        id,
        external_id,
        identifiers,
        first_name,
        last_name,
        title,
        name,
        username,
        emails,
        phones,
        status,
        is_email_verified,
        is_two_factor_enabled,
        roles,
        organizations,
        user_type,
        licenses,
        groups,
        workspaces,
        avatar,
        timezone,
        languages,
        bio,
        created_at,
        updated_at,
        last_active_at,
        last_login_at,
        status_changed_at,
        activated_at,
        urls,
        remote_data,
        truncated: left_out,
    } = user;
    fields.text("id", Some(id));
    fields.text("external_id", external_id.as_deref());
    fields.json("identifiers", identifiers.as_deref());
    fields.text("first_name", first_name.as_deref());
    fields.text("last_name", last_name.as_deref());
    fields.text("title", title.as_deref());
    fields.text("name", name.as_deref());
    fields.text("username", username.as_deref());
    fields.list("emails", emails, email);
    fields.list("phones", phones, phone);
    fields.text("status", status.as_deref());
    fields.flag("is_email_verified", *is_email_verified);
    fields.flag("is_2fa_enabled", *is_two_factor_enabled);
    // There even if it is empty, which is the answer that a caller asks for. A list that was left out must not look like that.
    if !left_out.iter().any(|name| name == "roles") {
        fields.array("roles", roles, role);
    }
    fields.list("organizations", organizations, organization);
    fields.text("user_type", user_type.as_deref());
    fields.list("licenses", licenses, license);
    fields.list("groups", groups, group);
    fields.list("workspaces", workspaces, workspace);
    fields.text("avatar", avatar.as_deref());
    fields.text("timezone", timezone.as_deref());
    fields.text_list("languages", languages);
    fields.text("bio", bio.as_deref());
    fields.time("created_at", created_at.as_deref());
    fields.time("updated_at", updated_at.as_deref());
    fields.time("last_active_at", last_active_at.as_deref());
    fields.time("last_login_at", last_login_at.as_deref());
    fields.time("status_changed_at", status_changed_at.as_deref());
    fields.time("activated_at", activated_at.as_deref());
    fields.list("urls", urls, url);
    if let Some(documents) = remote_data {
        // They were put together here, and are JSON.
        fields.written("remote_data", documents);
    }
    if !truncated.is_empty() {
        fields.text_array("truncated", &mut truncated.iter().copied());
    }
}

/// The user's lists, in the order in which they are left out of an answer that is too long, and whether they are empty.
pub const fn lists(user: &User) -> [(&'static str, bool); 9] {
    [
        ("emails", user.emails.is_empty()),
        ("phones", user.phones.is_empty()),
        ("roles", user.roles.is_empty()),
        ("organizations", user.organizations.is_empty()),
        ("licenses", user.licenses.is_empty()),
        ("groups", user.groups.is_empty()),
        ("workspaces", user.workspaces.is_empty()),
        ("languages", user.languages.is_empty()),
        ("urls", user.urls.is_empty()),
    ]
}

pub(super) fn role(role: &Role, fields: &mut Fields<'_>) {
    let Role {
        id,
        name,
        group,
        organization,
        workspace,
    } = role;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
    fields.text("group", group.as_deref());
    fields.text("organization", organization.as_deref());
    fields.text("workspace", workspace.as_deref());
}

pub(super) fn organization(organization: &Organization, fields: &mut Fields<'_>) {
    let Organization { id, name } = organization;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
}

fn email(email: &Email, fields: &mut Fields<'_>) {
    let Email {
        email,
        type_,
        is_primary,
    } = email;
    fields.text("email", email.as_deref());
    fields.text("type", type_.as_deref());
    fields.flag("is_primary", *is_primary);
}

fn phone(phone: &Phone, fields: &mut Fields<'_>) {
    let Phone {
        number,
        extension,
        type_,
    } = phone;
    fields.text("number", number.as_deref());
    fields.text("extension", extension.as_deref());
    fields.text("type", type_.as_deref());
}

fn license(license: &License, fields: &mut Fields<'_>) {
    let License {
        id,
        name,
        organization,
        last_active_at,
    } = license;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
    fields.text("organization", organization.as_deref());
    fields.time("last_active_at", last_active_at.as_deref());
}

fn group(group: &Group, fields: &mut Fields<'_>) {
    let Group { id, name, organization } = group;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
    fields.text("organization", organization.as_deref());
}

fn workspace(workspace: &Workspace, fields: &mut Fields<'_>) {
    let Workspace { id, name } = workspace;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
}

fn url(url: &Url, fields: &mut Fields<'_>) {
    let Url { url, type_ } = url;
    fields.text("url", url.as_deref());
    fields.text("type", type_.as_deref());
}
