//! What it means that no grant fits an entry.

use crate::{
    contract::{
        reason::Reason,
        types::{Mode, UnknownRole},
        warning::Warning,
    },
    error::Error,
    naming::{Skeleton, same},
    provider::{Absence, Context, Coverage, role_index::RoleIndex},
    request::Selector,
    sorted::Set,
};

use super::{
    config::Config,
    documents::Pair,
    read::{Detail, Memory},
};

/// What it means that no pair of the user fits a selector.
pub async fn absence(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    selector: &Selector,
    detail: &Detail,
) -> Result<Absence, Error> {
    if let Some(pair) = misspelled_product(selector, &detail.pairs) {
        return Ok(ambiguous(format!(
            "`{}` is not a product code; did you mean `{}`?",
            selector.workspace.as_deref().unwrap_or_default(),
            pair.product_id
        )));
    }
    let index = memory.directory(config, cx).await?;
    let called = index.meant_by(selector);
    let ids: Set<&str> = called.iter().map(|role| role.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    // An id has one role; behind the roles that are listed, another one may have the name.
    if let Coverage::Partial(why) = &index.directory.coverage
        && (ids.is_empty() || (ids.len() == 1 && selector.id.is_none()))
    {
        return Ok(not_visible(why));
    }
    // A role that the directory does not know counts as absent only if nothing is left that could be it.
    let may_be_absent = ids.len() == 1 || cx.request.unknown_role == UnknownRole::Absent;
    if let Some(doubt) = detail.doubt.as_ref().filter(|_| may_be_absent) {
        return Ok(not_visible(doubt));
    }
    if let [role] = ids.as_slice()
        && let Some(pair) = contradicting_pair(role, selector, &index, detail)
    {
        return Ok(not_visible(format!(
            "BlackLine shows the role `{}`, which is held, by the name of the role `{role}`",
            pair.role_id
        )));
    }
    Ok(match ids.as_slice() {
        [] => Absence::NotFound(format!("BlackLine has no role `{}`", selector.label())),
        [role] => product_absence(config, selector, role, &detail.pairs),
        several => ambiguous(format!(
            "several roles are called `{}`: {}",
            selector.label(),
            several.join(", ")
        )),
    })
}

/// With a strict scope, a role that is held in one product may be held in another one that a list which may be cut off does not show.
pub fn blocked_by(memory: &Memory, selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
    let doubt = detail.doubt.as_ref().filter(|_| detail.is_strict)?;
    let is_called = |pair: &Pair, name: &String| {
        let in_rows = detail.names.get(&pair.role_id).into_iter().flatten();
        in_rows
            .cloned()
            .chain(memory.name_of(&pair.role_id))
            .any(|own| same(&own, name))
    };
    let is_meant = |pair: &Pair| match &selector.id {
        Some(id) => *id == pair.role_id,
        None => selector.name.as_ref().is_some_and(|name| is_called(pair, name)),
    };
    let is_blocked = selector.workspace.is_none() && detail.pairs.iter().any(is_meant);
    is_blocked.then(|| {
        let message = format!("whether the role is held in only one product cannot be told: {doubt}");
        (Reason::NotVisible, message)
    })
}

/// What it means that the user holds no pair at all: a list that is whole proves it.
pub fn nothing_held(detail: &Detail) -> Absence {
    detail.gap().map_or(Absence::Proven, not_visible)
}

/// Why a pair that is shown may be another one: the directory, read whole, does not know its role. Looked up once for a reading.
pub async fn unlisted(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    detail: &Detail,
) -> Result<Option<String>, Error> {
    if let Some(known) = detail.unlisted.get() {
        return Ok(known.clone());
    }
    let found = find_unlisted(config, cx, memory, detail).await?;
    Ok(detail.unlisted.get_or_init(|| found).clone())
}

async fn find_unlisted(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    detail: &Detail,
) -> Result<Option<String>, Error> {
    let index = match memory.directory(config, cx).await {
        Ok(index) => index,
        // What a user holds can be told without the directory; only the removal needs it.
        Err(fault) if cx.request.mode == Mode::Verify => {
            return Ok(Some(format!(
                "BlackLine's list of roles cannot be read: {}",
                fault.message
            )));
        }
        Err(fault) => return Err(fault.into()),
    };
    if index.directory.coverage != Coverage::Whole {
        return Ok(None);
    }
    let is_listed = |pair: &Pair| index.with_id(&pair.role_id).next().is_some();
    let unlisted = detail.pairs.iter().find(|pair| !is_listed(pair));
    Ok(unlisted.map(|pair| {
        format!(
            "BlackLine's list of roles lacks the role `{}`, which is held",
            pair.role_id
        )
    }))
}

/// A pair with another id and the name of a role. The row contradicts the directory, unless the directory calls both so.
fn contradicting_pair<'a>(role: &str, selector: &Selector, index: &RoleIndex, detail: &'a Detail) -> Option<&'a Pair> {
    let listed = |id: &str| -> Vec<Skeleton> {
        let names = index.with_id(id).filter_map(|known| known.name.as_deref());
        names.map(Skeleton::of).collect()
    };
    let own = listed(role);
    detail.pairs.iter().find(|pair| {
        let is_at = selector
            .workspace
            .as_ref()
            .is_none_or(|product| *product == pair.product_id);
        if !is_at || pair.role_id == role {
            return false;
        }
        let listed = listed(&pair.role_id);
        let names = detail.names.get(&pair.role_id).into_iter().flatten();
        names
            .map(|name| Skeleton::of(name))
            .any(|name| name.meets_any(&own) && !name.meets_any(&listed))
    })
}

/// There is no list of products: one that is spelled otherwise must not look like one that is not held.
fn misspelled_product<'a>(selector: &Selector, pairs: &'a [Pair]) -> Option<&'a Pair> {
    let product = selector.workspace.as_ref()?;
    let wanted = Skeleton::of(product);
    let is_like = |text: &str| wanted.is_like(text);
    pairs.iter().find(|pair| {
        pair.product_id != *product
            && (is_like(&pair.product_id) || pair.product_names.iter().any(|name| is_like(name)))
    })
}

/// No call lists the products: a code that nothing here confirms may be a product's name, or a slip.
fn product_absence(config: &Config, selector: &Selector, role: &str, pairs: &[Pair]) -> Absence {
    let Some(product) = &selector.workspace else {
        return Absence::Proven;
    };
    let is_known = pairs.iter().any(|pair| pair.product_id == *product);
    match &config.products {
        _ if is_known => Absence::Proven,
        Some(products) if products.contains(product) => Absence::Proven,
        Some(_) => ambiguous(format!(
            "`{product}` is none of the products that the account lists (settings.products)"
        )),
        None if pairs
            .iter()
            .any(|pair| pair.role_id == role && pair.product_names.is_empty()) =>
        {
            ambiguous(format!(
                "the role is held in a product whose name BlackLine does not show, so that `{product}` may be that one (settings.products)"
            ))
        }
        None => Absence::ProvenExcept {
            warnings: vec![Warning::ProductNotChecked.about(product)],
        },
    }
}

fn not_visible(message: impl Into<String>) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message: message.into(),
    }
}

const fn ambiguous(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::Ambiguous,
        message,
    }
}
