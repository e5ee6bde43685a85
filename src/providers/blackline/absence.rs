//! What it means that an entry fits nothing that is shown.

use crate::{
    ask::Selector,
    error::Error,
    naming::same,
    provider::{Absence, Context, Reading},
    reason::Reason,
    warning::Warning,
};

use super::{
    core::{self, Pair},
    steps::{BlackLine, Detail, detail},
};

impl BlackLine {
    pub async fn what_absence_means(
        &self,
        cx: &Context<'_>,
        selector: &Selector,
        reading: &Reading,
    ) -> Result<Absence, Error> {
        let Some(Detail { pairs, doubt, .. }) = detail(reading) else {
            return Ok(not_visible("nothing was read"));
        };
        // There is no list of products, so that a product that is spelt otherwise must not look like one that is not held.
        if let Some(product) = &selector.workspace
            && let Some(pair) = pairs.iter().find(|pair| {
                pair.product_id != *product
                    && (same(&pair.product_id, product)
                        || pair.product_name.as_deref().is_some_and(|name| same(name, product)))
            })
        {
            return Ok(Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("`{product}` is not a product code; did you mean `{}`?", pair.product_id),
            });
        }
        let directory = self.roles(cx).await?;
        let called = called(&directory, selector);
        if let (Some(id), Some(wanted)) = (&selector.id, &selector.name)
            && let Some(other) = called
                .iter()
                .filter_map(|(_, name)| name.as_deref())
                .find(|name| !same(name, wanted))
        {
            return Ok(Absence::Unclear {
                reason: Reason::NameMismatch,
                message: format!("the role with the id `{id}` is called `{other}`, not `{wanted}`"),
            });
        }
        if let Some(pair) = nameless(selector, pairs) {
            return Ok(not_visible(format!(
                "BlackLine does not show what the role `{}` is called, which is held",
                pair.role_id
            )));
        }
        let matching: Vec<&str> = called.iter().map(|(id, _)| id.as_str()).collect();
        // An id has one role; behind the roles that are listed, another one may have the name.
        let unlisted = directory.doubt.as_ref();
        let unlisted = unlisted.filter(|_| matching.is_empty() || (matching.len() == 1 && selector.id.is_none()));
        if let Some(doubt) = unlisted.or_else(|| doubt.as_ref().filter(|_| matching.len() == 1)) {
            return Ok(not_visible(doubt));
        }
        Ok(match matching.as_slice() {
            [] => Absence::NotFound(format!("BlackLine has no role `{}`", selector.label())),
            [role] => self.absent_in_product(selector, role, pairs),
            several => Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!(
                    "several roles are called `{}`: {}",
                    selector.label(),
                    several.join(", ")
                ),
            },
        })
    }

    /// No call lists the products: a code that nothing here confirms may be a product's name, or a slip.
    fn absent_in_product(&self, selector: &Selector, role: &str, pairs: &[Pair]) -> Absence {
        let Some(product) = &selector.workspace else {
            return Absence::Proven;
        };
        let is_known = pairs.iter().any(|pair| pair.product_id == *product);
        match &self.config.products {
            _ if is_known => Absence::Proven,
            Some(products) if products.contains(product) => Absence::Proven,
            Some(_) => Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("`{product}` is none of the products that the account lists (settings.products)"),
            },
            None if pairs
                .iter()
                .any(|pair| pair.role_id == role && pair.product_name.is_none()) =>
            {
                Absence::Unclear {
                    reason: Reason::Ambiguous,
                    message: format!(
                        "the role is held in a product whose name BlackLine does not show, so that `{product}` may be that one (settings.products)"
                    ),
                }
            }
            None => Absence::ProvenExcept {
                warnings: vec![Warning::ProductNotChecked.about(product)],
            },
        }
    }
}

fn not_visible(message: impl Into<String>) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message: message.into(),
    }
}

/// The roles of the directory that an entry can mean.
pub fn called<'a>(directory: &'a core::Directory, selector: &Selector) -> Vec<&'a (String, Option<String>)> {
    let roles = directory.roles.iter();
    roles.filter(|(id, name)| selector.names(id, name.as_deref())).collect()
}

/// A pair that is held and that may be what an entry means by its name.
fn nameless<'a>(selector: &Selector, pairs: &'a [Pair]) -> Option<&'a Pair> {
    selector.name.as_ref()?;
    pairs.iter().find(|pair| {
        pair.role_name.is_none()
            && selector.id.as_ref().is_none_or(|id| *id == pair.role_id)
            && selector.workspace.as_ref().is_none_or(|at| *at == pair.product_id)
    })
}
