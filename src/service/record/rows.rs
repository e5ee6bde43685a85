//! Grants and outcomes as the record shows them.

use crate::{
    contract::{
        json::{self, text::Fields},
        types::{GrantOutcome, RoleOutcome, Scope, Via},
    },
    provider::{Grant, Held},
};

use super::{names_of, pseudonym::Pseudonyms};

impl Pseudonyms {
    pub(super) fn grant(&self, grant: &Grant, fields: &mut Fields<'_>) {
        self.place(&grant.role_id, &grant.scope, fields);
        fields.text("kind", Some(grant.kind.as_str()));
        fields.flag("direct", grant.directness());
        if let Held::Through(via) = &grant.held {
            self.via(via, fields);
        }
    }

    fn place(&self, role_id: &str, scope: &Scope, fields: &mut Fields<'_>) {
        for (name, text) in [
            ("role", Some(role_id)),
            ("group", scope.group.as_deref()),
            ("organization", scope.organization.as_deref()),
            ("workspace", scope.workspace.as_deref()),
        ] {
            fields.text(name, self.shown_of(text).as_deref());
        }
    }

    fn via(&self, via: &[Via], fields: &mut Fields<'_>) {
        fields.array("via", via, |via, fields| {
            fields.text("kind", Some(json::via_kind_name(via.kind)));
            fields.text_or_null("id", self.shown_of(via.id.as_deref()).as_deref());
        });
    }

    /// Without `message`, which may quote the provider.
    pub(super) fn outcome(&self, entry: &RoleOutcome, fields: &mut Fields<'_>) {
        let role = entry
            .role
            .as_ref()
            .and_then(|role| role.id.as_deref().or(role.name.as_deref()));
        let organization = entry.organization.as_ref();
        let organization = organization.and_then(|asked| asked.id.as_deref().or(asked.name.as_deref()));
        fields.text_or_null("role", self.shown_of(role).as_deref());
        fields.text_or_null("organization", self.shown_of(organization).as_deref());
        fields.text("outcome", Some(json::outcome_name(entry.outcome)));
        fields.text_or_null("reason", entry.reason.as_deref());
        fields.text_array("warnings", &mut names_of(&entry.warnings));
        match entry.same_as {
            Some(position) => fields.number("same_as", position),
            None => fields.text_or_null("same_as", None),
        }
        fields.array("grants", &entry.grants, |grant, fields| {
            self.grant_outcome(grant, fields);
        });
    }

    fn grant_outcome(&self, grant: &GrantOutcome, fields: &mut Fields<'_>) {
        self.place(&grant.role_id, &grant.scope, fields);
        fields.text("outcome", Some(json::outcome_name(grant.outcome)));
        fields.text_or_null("reason", grant.reason.as_deref());
        fields.flag("acknowledged", Some(grant.acknowledged));
        fields.text_or_null("acknowledged_at", grant.acknowledged_at.as_deref());
        fields.text_or_null("verified_at", grant.verified_at.as_deref());
        fields.text_array("warnings", &mut names_of(&grant.warnings));
        self.via(&grant.via, fields);
    }
}
