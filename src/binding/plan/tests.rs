use proptest::{collection, prelude::*};

use super::{examples::*, *};

/// Every way in which a plan can grow or become another one.
fn changed(plan: &PlanDocument) -> Vec<(&'static str, PlanDocument)> {
    let mut plans = Vec::new();
    let mut change = |what, change: &dyn Fn(&mut PlanDocument)| {
        let mut changed = plan.clone();
        change(&mut changed);
        plans.push((what, changed));
    };
    let more = || String::from("more");
    change("a target", &|plan| {
        plan.targets.insert(role("more", "north"));
    });
    change("a target elsewhere", &|plan| {
        plan.targets.insert(role("viewer", "south"));
    });
    change("a probe", &|plan| {
        plan.probes.insert(role("more", "north"));
    });
    change("a probe that became a target", &|plan| {
        plan.targets.extend(plan.probes.clone());
    });
    change("an effect", &|plan| {
        let mut effects = plan.side_effects.clone();
        effects.extend(plan.side_effects.iter().cloned().map(|mut effect| {
            effect.effect = more();
            effect
        }));
        plan.side_effects = effects;
    });
    let each_effect = |change: fn(&mut PlannedEffect)| {
        move |plan: &mut PlanDocument| {
            plan.side_effects = std::mem::take(&mut plan.side_effects)
                .into_iter()
                .map(|mut effect| {
                    change(&mut effect);
                    effect
                })
                .collect();
        }
    };
    change(
        "a person",
        &each_effect(|effect| {
            effect.people.insert(String::from("more"));
        }),
    );
    change(
        "people who are unknown",
        &each_effect(|effect| effect.people_unknown = true),
    );
    change(
        "an effect that may take more",
        &each_effect(|effect| effect.takes_unknown = true),
    );
    change(
        "a grant along the way",
        &each_effect(|effect| {
            effect.takes.insert(role("more", "north"));
        }),
    );
    change(
        "an effect of something else",
        &each_effect(|effect| effect.of = membership("more")),
    );
    change("an allowed effect", &|plan| {
        plan.allow.insert(more());
    });
    change("an allowed effect less", &|plan| plan.allow = Set::default());
    change("an entry", &|plan| plan.entries.extend(plan.entries.clone()));
    change("an entry less", &|plan| plan.entries.clear());
    change("a role of an entry", &|plan| {
        plan.entries[0].roles.insert(more());
    });
    change("an organization of an entry", &|plan| {
        plan.entries[0].organizations.insert(more());
    });
    change("an entry's organization left out", &|plan| {
        plan.entries[0].organizations = Set::default();
    });
    change("an entry's group", &|plan| plan.entries[0].group = Some(more()));
    change("an entry's workspace", &|plan| plan.entries[0].workspace = Some(more()));
    change("a link", &|plan| plan.entries[0].link = true);
    change("everything", &|plan| plan.everything = true);
    change("strict scope", &|plan| plan.strict_scope = true);
    change("unknown roles", &|plan| plan.unknown_role = String::from("absent"));
    change("the provider", &|plan| plan.provider = more());
    change("the account", &|plan| plan.account = more());
    change("the tenant", &|plan| plan.account_sha256 = digest("more"));
    change("the user", &|plan| plan.user = more());
    change("remote_data", &|plan| plan.remote_data_sha256 = digest("{\"a\":1}"));
    change("remote_query", &|plan| {
        plan.remote_query_sha256 = digest("[[\"a\",\"1\"]]");
    });
    plans
}

#[test]
fn a_plan_covers_itself_and_nothing_that_grew_or_is_another() {
    let plan = plan();
    assert_eq!(plan.covers(&plan), Ok(()));
    for (what, now) in changed(&plan) {
        assert_ne!(plan, now, "{what} changes nothing");
        assert!(plan.covers(&now).is_err(), "{what}");
    }
}

#[test]
fn a_target_that_is_gone_may_be_probed_under_the_same_plan() {
    let plan = plan();
    let mut now = plan.clone();
    now.targets = Set::default();
    now.probes.insert(role("viewer", "north"));
    assert_eq!(plan.covers(&now), Ok(()));
}

#[test]
fn a_plan_that_says_that_more_may_go_admits_that_all_is_known() {
    let mut unknown = plan();
    unknown.side_effects = unknown
        .side_effects
        .into_iter()
        .map(|effect| PlannedEffect {
            takes_unknown: true,
            ..effect
        })
        .collect();
    assert_eq!(unknown.covers(&plan()), Ok(()));
    assert_eq!(unknown.covers(&unknown), Ok(()));
    assert!(plan().covers(&unknown).is_err());
    assert_eq!(PlanDocument::parse(&unknown.to_text()).as_ref(), Ok(&unknown));
    assert!(!plan().to_text().contains("takes_unknown"));
}

#[test]
fn a_plan_that_knew_nobody_takes_anybody() {
    let mut unknown = plan();
    unknown.side_effects = unknown
        .side_effects
        .into_iter()
        .map(|effect| PlannedEffect {
            people: Set::default(),
            people_unknown: true,
            ..effect
        })
        .collect();
    assert_eq!(unknown.covers(&plan()), Ok(()));
    assert!(plan().covers(&unknown).is_err());
}

#[test]
fn a_plan_is_taken_back_only_byte_by_byte() {
    let text = plan().to_text();
    assert_eq!(PlanDocument::read(&text).unwrap(), plan());
    for (changed, why) in [
        (format!("{text} "), "was changed"),
        (text.replace(':', ": "), "was changed"),
        (text.replacen('{', "{\"more\":1,", 1), "is no plan"),
        (
            text.replacen("\"account\":\"acme\"", "\"account\":\"acme\",\"account\":\"acme\"", 1),
            "is no plan",
        ),
        (text.replace("plan/1", "plan/2"), "another version"),
        (format!("\"{}\"", "a".repeat(LONGEST)), "longer"),
        (String::from("[]"), "is no plan"),
    ] {
        let message = PlanDocument::read(&changed).unwrap_err();
        assert!(message.contains(why), "{message}");
    }
}

fn grants() -> impl Strategy<Value = Set<PlannedGrant>> {
    let at = || proptest::option::of("\\PC{0,6}");
    let grant =
        ("[a-z_]{1,9}", "\\PC{0,8}", at(), at(), at()).prop_map(|(kind, role_id, group, organization, workspace)| {
            PlannedGrant {
                group,
                kind,
                organization,
                role_id,
                workspace,
            }
        });
    collection::vec(grant, 0..5).prop_map(Set::from_iter)
}

prop_compose! {
    fn plans()(
        user in ".{0,9}", account in "\\PC{0,9}", targets in grants(), probes in grants(), takes in grants(), of in grants(),
        people in collection::vec("[0-9a-f]{4}", 0..4).prop_map(Set::from_iter), everything: bool, strict_scope: bool, people_unknown: bool,
        takes_unknown: bool,
        roles in collection::vec("\\PC{0,8}", 0..3).prop_map(Set::from_iter), workspace in proptest::option::of("\\PC{0,6}"),
    ) -> PlanDocument {
        let effects = of.into_iter().map(|of| PlannedEffect {
            effect: String::from("leave-group"),
            of,
            people: people.clone(),
            people_unknown,
            takes: takes.clone(),
            takes_unknown,
        });
        PlanDocument {
            user, account, targets, probes, everything, strict_scope,
            side_effects: effects.collect(),
            entries: vec![PlannedEntry { group: None, link: false, organizations: Set::default(), roles, workspace }],
            ..plan()
        }
    }
}

/// How many grants are targets or probes.
fn grants_of(plan: &PlanDocument) -> usize {
    plan.targets.iter().chain(&plan.probes).collect::<Set<_>>().len()
}

/// What `keep` says of the nth element.
fn part<T: Clone + Ord>(all: &Set<T>, keep: &[bool]) -> Set<T> {
    let kept = all.iter().zip(keep.iter().cycle()).filter(|(_, keep)| **keep);
    kept.map(|(one, _)| one.clone()).collect()
}

proptest! {
    #[test]
    fn a_plan_reads_back_as_it_was_written_and_its_keys_are_in_order(plan in plans()) {
        let text = plan.to_text();
        prop_assert_eq!(&PlanDocument::read(&text).unwrap(), &plan);
        let mut sorted: serde_json::Value = serde_json::from_str(&text).unwrap();
        sorted.sort_all_objects();
        prop_assert_eq!(sorted.to_string(), text);
    }

    #[test]
    fn a_part_of_a_plan_is_covered_and_anything_more_is_not(plan in plans(), keep in collection::vec(any::<bool>(), 7)) {
        let mut now = plan.clone();
        now.targets = part(&plan.targets, &keep);
        now.probes = part(&plan.probes, &keep[1..]);
        now.side_effects = part(&plan.side_effects, &keep[2..])
            .into_iter()
            .map(|mut effect| {
                effect.people = part(&effect.people, &keep[3..]);
                effect.takes = part(&effect.takes, &keep[4..]);
                effect
            })
            .collect();
        now.entries[0].roles = part(&plan.entries[0].roles, &keep[5..]);
        prop_assert_eq!(plan.covers(&now), Ok(()));
        if now != plan && now.entries == plan.entries && grants_of(&now) < grants_of(&plan) {
            prop_assert!(now.covers(&plan).is_err());
        }
    }
}
