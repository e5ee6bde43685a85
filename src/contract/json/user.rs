//! The unified user as JSON.

use serde_json::Value;

use crate::contract::types::{Email, Group, License, Organization, Phone, Role, Url, User, Workspace};

use super::Fields;

/// The unified user.
pub fn user(user: User) -> Value {
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
        truncated,
    } = user;
    let mut fields = Fields::default();
    fields.text("id", Some(id));
    fields.text("external_id", external_id);
    fields.json("identifiers", identifiers);
    fields.text("first_name", first_name);
    fields.text("last_name", last_name);
    fields.text("title", title);
    fields.text("name", name);
    fields.text("username", username);
    fields.list("emails", emails, email);
    fields.list("phones", phones, phone);
    fields.text("status", status);
    fields.flag("is_email_verified", is_email_verified);
    fields.flag("is_2fa_enabled", is_two_factor_enabled);
    // There even if it is empty, which is the answer that a caller asks for. A list that was left out must not look like that.
    if !truncated.iter().any(|name| name == "roles") {
        fields.value("roles", Value::Array(roles.into_iter().map(role).collect()));
    }
    fields.list("organizations", organizations, organization);
    fields.text("user_type", user_type);
    fields.list("licenses", licenses, license);
    fields.list("groups", groups, group);
    fields.list("workspaces", workspaces, workspace);
    fields.text("avatar", avatar);
    fields.text("timezone", timezone);
    fields.list("languages", languages, Value::String);
    fields.text("bio", bio);
    fields.text("created_at", created_at);
    fields.text("updated_at", updated_at);
    fields.text("last_active_at", last_active_at);
    fields.text("last_login_at", last_login_at);
    fields.text("status_changed_at", status_changed_at);
    fields.text("activated_at", activated_at);
    fields.list("urls", urls, url);
    fields.json("remote_data", remote_data);
    fields.list("truncated", truncated, Value::String);
    fields.done()
}

pub(super) fn role(role: Role) -> Value {
    let Role {
        id,
        name,
        group,
        organization,
        workspace,
    } = role;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.text("group", group);
    fields.text("organization", organization);
    fields.text("workspace", workspace);
    fields.done()
}

pub(super) fn organization(organization: Organization) -> Value {
    let Organization { id, name } = organization;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.done()
}

fn email(email: Email) -> Value {
    let Email {
        email,
        type_,
        is_primary,
    } = email;
    let mut fields = Fields::default();
    fields.text("email", email);
    fields.text("type", type_);
    fields.flag("is_primary", is_primary);
    fields.done()
}

fn phone(phone: Phone) -> Value {
    let Phone {
        number,
        extension,
        type_,
    } = phone;
    let mut fields = Fields::default();
    fields.text("number", number);
    fields.text("extension", extension);
    fields.text("type", type_);
    fields.done()
}

fn license(license: License) -> Value {
    let License {
        id,
        name,
        organization,
        last_active_at,
    } = license;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.text("organization", organization);
    fields.text("last_active_at", last_active_at);
    fields.done()
}

fn group(group: Group) -> Value {
    let Group { id, name, organization } = group;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.text("organization", organization);
    fields.done()
}

fn workspace(workspace: Workspace) -> Value {
    let Workspace { id, name } = workspace;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.done()
}

fn url(url: Url) -> Value {
    let Url { url, type_ } = url;
    let mut fields = Fields::default();
    fields.text("url", url);
    fields.text("type", type_);
    fields.done()
}
