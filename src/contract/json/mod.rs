//! The contract's records as the JSON of the HTTP face, and its names.
//!
//! Records are taken apart without `..`, so that a new field does not compile until it has its JSON name. Absent fields and
//! empty lists are left out.

mod names;
pub(crate) mod objects;
mod outcome;
mod reading;
pub(crate) mod text;
pub(crate) mod unique;
mod user;

pub use self::{
    names::{
        credentials_kind, failure_kind_name, grant_kind_name, outcome_name, provider, provider_name, provider_names,
        side_effect, side_effect_name, side_effect_names, via_kind_name,
    },
    outcome::{planned_request, role_outcome},
    reading::{held_grant, listed_role, role_directory},
    user::{lists, user},
};
