//! `options` of the body, with what of them stands in the query.

use serde_json::Value;

use crate::{
    contract::{
        json,
        types::{
            ApprovedPlan, Binding, EmailAndUsername, Expectation, Mode, Options, SideEffect, StrictScope, UnknownRole,
        },
    },
    http_api::{
        Checked,
        envelope::Rejection,
        names::{self, Place},
    },
};

use super::{Object, either, flag, present, scalar};

pub fn mode(text: Option<String>) -> Checked<Option<Mode>> {
    Ok(match text.as_deref() {
        None => None,
        Some("plan") => Some(Mode::Plan),
        Some("revoke") => Some(Mode::Revoke),
        Some("verify") => Some(Mode::Verify),
        Some(_) => return Err(Rejection::field("mode", "mode must be plan, revoke or verify")),
    })
}

/// `dry_run` is the original's name of mode plan: beside another mode it contradicts it.
fn one_mode(dry_run: Option<bool>, mode: Option<Mode>) -> Checked<Mode> {
    match (dry_run, mode) {
        (None, mode) => Ok(mode.unwrap_or(Mode::Revoke)),
        (Some(true), None | Some(Mode::Plan)) => Ok(Mode::Plan),
        (Some(false), None) => Ok(Mode::Revoke),
        (Some(_), Some(_)) => Err(Rejection::field(
            "mode",
            "mode and dry_run are both given, and do not both say plan: leave dry_run out",
        )),
    }
}

/// `{"plan": "…"}`, or with `"approval"` beside it.
fn binding(fields: &mut Object) -> Checked<Binding> {
    let mut inner = match present(fields.shift_remove("binding")) {
        None => return Ok(Binding::None),
        Some(Value::Object(inner)) => inner,
        Some(_) => return Err(Rejection::field("options.binding", "options.binding must be an object")),
    };
    names::check(&inner, Place::Binding, "options.binding")?;
    let plan = scalar(&mut inner, "plan", "options.binding.plan")?
        .ok_or_else(|| Rejection::field("options.binding.plan", "options.binding needs the plan"))?;
    Ok(match scalar(&mut inner, "approval", "options.binding.approval")? {
        None => Binding::Plan(plan),
        Some(approval) => Binding::Approval(ApprovedPlan { plan, approval }),
    })
}

pub fn options(body: &mut Object, dry_run: Option<bool>, mode: Option<Mode>) -> Checked<Options> {
    let mut fields = match present(body.shift_remove("options")) {
        None => Object::new(),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Rejection::field("options", "options must be an object")),
    };
    names::check(&fields, Place::Options, "options")?;
    let options = Options {
        mode: one_mode(
            either("dry_run", dry_run, flag(&mut fields, "dry_run", "options.dry_run")?)?,
            mode,
        )?,
        allow: allow(&mut fields)?,
        deadline: deadline(&mut fields)?,
        strict_scope: match flag(&mut fields, "strict_scope", "options.strict_scope")? {
            None => StrictScope::AccountDefault,
            Some(true) => StrictScope::Strict,
            Some(false) => StrictScope::Lenient,
        },
        unknown_role: match scalar(&mut fields, "unknown_role", "options.unknown_role")?.as_deref() {
            None | Some("not_found") => UnknownRole::NotFound,
            Some("absent") => UnknownRole::Absent,
            Some(_) => {
                return Err(Rejection::field(
                    "options.unknown_role",
                    "options.unknown_role must be not_found or absent",
                ));
            }
        },
        acknowledged_at: scalar(&mut fields, "acknowledged_at", "options.acknowledged_at")?,
        expect: expect(&mut fields)?,
        accept_unverified: accept(&mut fields)?,
        binding: binding(&mut fields)?,
        reference: scalar(&mut fields, "reference", "options.reference")?,
    };
    Ok(options)
}

fn allow(fields: &mut Object) -> Checked<Vec<SideEffect>> {
    texts(fields, "allow")?
        .iter()
        .map(|name| {
            json::side_effect(name).ok_or_else(|| {
                Rejection::field(
                    "options.allow",
                    format!("options.allow is a list of {}", json::side_effect_names().join(", ")),
                )
            })
        })
        .collect()
}

fn accept(fields: &mut Object) -> Checked<bool> {
    match texts(fields, "accept")?.as_slice() {
        [] => Ok(false),
        [one] if one == "unverified" => Ok(true),
        _ => Err(Rejection::field(
            "options.accept",
            "options.accept can only be [\"unverified\"]",
        )),
    }
}

fn texts(fields: &mut Object, name: &str) -> Checked<Vec<String>> {
    let at = format!("options.{name}");
    match present(fields.shift_remove(name)) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(Rejection::field(&at, format!("{at} must be a list of strings"))),
            })
            .collect(),
        Some(_) => Err(Rejection::field(&at, format!("{at} must be a list of strings"))),
    }
}

fn deadline(fields: &mut Object) -> Checked<Option<u32>> {
    match present(fields.shift_remove("deadline_ms")) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .and_then(|milliseconds| u32::try_from(milliseconds).ok())
            .map(Some)
            .ok_or_else(|| {
                Rejection::field(
                    "options.deadline_ms",
                    "options.deadline_ms must be a whole number of milliseconds",
                )
            }),
    }
}

fn expect(fields: &mut Object) -> Checked<Expectation> {
    match present(fields.shift_remove("expect")) {
        None => Ok(Expectation::Anyone),
        Some(Value::Object(mut inner)) => {
            names::check(&inner, Place::Expect, "options.expect")?;
            let email = scalar(&mut inner, "email", "options.expect.email")?;
            let username = scalar(&mut inner, "username", "options.expect.username")?;
            match (email, username) {
                (Some(email), Some(username)) => {
                    Ok(Expectation::EmailAndUsername(EmailAndUsername { email, username }))
                }
                (Some(email), None) => Ok(Expectation::Email(email)),
                (None, Some(username)) => Ok(Expectation::Username(username)),
                (None, None) => Err(Rejection::field(
                    "options.expect",
                    "options.expect needs an email or a username",
                )),
            }
        }
        Some(_) => Err(Rejection::field("options.expect", "options.expect must be an object")),
    }
}
