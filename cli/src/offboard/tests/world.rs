//! Six tenants with as many people as a test wants, and the accounts for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use host::demo::Providers;
use sandboxes::{
    blackline, crowdstrike,
    elastic_cloud::{self, Assignment},
    jumpcloud::{self, Administrator, SystemUser},
    slack_enterprise, teamviewer,
};
use serde_json::{Value, json};

use crate::{accounts::Account, offboard::grant::Key};

/// 2026-01-31T09:30:00Z.
pub const START: Duration = Duration::from_secs(1_769_851_800);

/// The demo's tenants, with more people in each.
pub struct World {
    pub demo: Providers,
}

pub fn email(person: usize) -> String {
    format!("person{person}@example.com")
}

fn uuid(person: usize) -> String {
    format!("6f1e2a30-0000-4000-8000-1000{person:08x}")
}

fn administrator(person: usize) -> String {
    format!("5e1000000000000000{person:06x}")
}

fn slack_user(person: usize) -> String {
    format!("U0P{person:06}")
}

fn number(person: usize) -> u64 {
    50_000 + person as u64
}

impl World {
    /// The demo's tenants, and so many people more in each.
    pub fn with_people(people: usize) -> Self {
        let world = Self {
            demo: Providers::starting_at(START),
        };
        // A tenant that shows its own links.
        world
            .demo
            .jumpcloud
            .add_organization(jumpcloud::DEMO_ORGANIZATION, "Acme");
        for person in 1..=people {
            world.add(person);
        }
        world
    }

    /// What a person really holds itself, by account, as a report names it: role, group, organization, workspace.
    pub fn held(&self, person: usize) -> BTreeMap<&'static str, BTreeSet<Key>> {
        let key = |role: &str, [group, organization, workspace]: [Option<&str>; 3]| Key {
            role_id: role.to_owned(),
            group: group.map(str::to_owned),
            organization: organization.map(str::to_owned),
            workspace: workspace.map(str::to_owned),
            direct: true,
        };
        let blackline = self.demo.blackline.pairs(number(person));
        let blackline = blackline
            .iter()
            .map(|(role, product)| key(&role.to_string(), [None, None, Some(product)]));
        let crowdstrike = self.demo.crowdstrike.grants(&uuid(person));
        let direct = crowdstrike.iter().filter(|(_, _, is_direct)| *is_direct);
        let crowdstrike = direct.map(|(cid, role, _)| key(role, [None, Some(cid), None]));
        let elastic = self.demo.elastic.assignments(&number(person).to_string());
        let organization = Some(elastic_cloud::DEMO_ORGANIZATION);
        let elastic = elastic
            .iter()
            .map(|held| key(&held.role, [None, organization, held.place.as_deref()]));
        let roles = self.demo.jumpcloud.roles_of(&administrator(person)).unwrap_or_default();
        let jumpcloud = roles.iter().map(|role| {
            let (id, _) = jumpcloud::DEMO_ROLES
                .into_iter()
                .find(|(_, name)| name == role)
                .unwrap();
            key(id, [None, Some(jumpcloud::DEMO_ORGANIZATION), None])
        });
        let user = slack_user(person);
        let [_, south] = slack_enterprise::DEMO_TEAMS;
        let enterprise = Some(slack_enterprise::DEMO_ENTERPRISE);
        let slack = [
            ("Rl01", south, [None, enterprise, Some(south)]),
            ("Rl0A", "C0GENERAL", [Some("C0GENERAL"), enterprise, None]),
        ];
        let slack = slack
            .into_iter()
            .filter(|(role, entity, _)| self.demo.slack.is_assigned(&user, role, entity));
        let slack = slack.map(|(role, _, scope)| key(role, scope));
        let user = format!("u{}", number(person));
        let teamviewer = teamviewer::DEMO_ROLES
            .iter()
            .filter(|(role, _)| self.demo.teamviewer.is_assigned(&user, role));
        let teamviewer = teamviewer.map(|(role, _)| key(role, [None; 3]));
        BTreeMap::from([
            ("acme-blackline", blackline.collect()),
            ("acme-crowdstrike", crowdstrike.collect()),
            ("acme-elastic", elastic.collect()),
            ("acme-jumpcloud", jumpcloud.collect()),
            ("acme-slack", slack.collect()),
            ("acme-teamviewer", teamviewer.collect()),
        ])
    }

    /// All that anybody holds.
    pub fn holdings(&self) -> BTreeSet<String> {
        let holdings = [
            self.demo.blackline.holdings(),
            self.demo.crowdstrike.holdings(),
            self.demo.elastic.holdings(),
            self.demo.jumpcloud.holdings(),
            self.demo.slack.holdings(),
            self.demo.teamviewer.holdings(),
        ];
        holdings.into_iter().flatten().collect()
    }

    /// Whether a line of [`Self::holdings`] is about this person.
    pub fn is_of(line: &str, person: usize) -> bool {
        let names = [
            number(person).to_string(),
            uuid(person),
            administrator(person),
            slack_user(person),
        ];
        names.iter().any(|name| line.contains(name.as_str()))
    }

    fn add(&self, person: usize) {
        let email = email(person);
        let last = format!("Number{person}");
        self.demo.blackline.add_user(number(person), "Person", &last, &email);
        self.demo.blackline.grant(number(person), 5, "A");
        self.demo.blackline.grant(number(person), 9, "J");
        let uuid = uuid(person);
        self.demo.crowdstrike.add_user(crowdstrike::User {
            uuid: uuid.clone(),
            uid: email.clone(),
            cid: crowdstrike::DEMO_HOME_CID.to_owned(),
            first_name: Some(String::from("Person")),
            last_name: Some(last.clone()),
            status: Some(String::from("active")),
            ..crowdstrike::User::default()
        });
        for role in ["event_viewer", "help_desk"] {
            self.demo.crowdstrike.grant(&uuid, crowdstrike::DEMO_HOME_CID, role);
        }
        let id = number(person).to_string();
        self.demo.elastic.add_member(&id, &format!("Person {last}"), &email);
        self.demo
            .elastic
            .assign(&id, Assignment::new("organization", "billing-admin", None));
        self.demo
            .elastic
            .assign(&id, Assignment::new("deployment", "deployment-editor", Some("d1")));
        let administrator = administrator(person);
        self.demo.jumpcloud.add_user(SystemUser {
            id: format!("5f1000000000000000{person:06x}"),
            username: format!("person{person}"),
            first: String::from("Person"),
            last: last.clone(),
            email: email.clone(),
            administrator: Some(administrator.clone()),
        });
        self.demo.jumpcloud.add_administrator(Administrator {
            id: administrator,
            email: email.clone(),
            roles: ["Help Desk", "Read Only"].map(str::to_owned).to_vec(),
        });
        let user = slack_user(person);
        self.demo.slack.add_user(slack_enterprise::User {
            id: user.clone(),
            name: format!("person{person}"),
            first: String::from("Person"),
            last: last.clone(),
            email: email.clone(),
            teams: slack_enterprise::DEMO_TEAMS.map(str::to_owned).to_vec(),
            enterprise_user: None,
        });
        self.demo.slack.assign(&user, "Rl01", slack_enterprise::DEMO_TEAMS[1]);
        self.demo.slack.assign(&user, "Rl0A", "C0GENERAL");
        let user = format!("u{}", number(person));
        self.demo.teamviewer.add_user(&user, &format!("Person {last}"), &email);
        for (role, _) in [teamviewer::DEMO_ROLES[1], teamviewer::DEMO_ROLES[3]] {
            self.demo.teamviewer.assign(&user, role);
        }
    }
}

/// One account for each tenant, tagged by what it is for.
pub fn accounts() -> Vec<Account> {
    let bearer = |token: &str| json!({"type": "bearer_token", "token": {"secret": token}});
    let key = |key: &str| json!({"type": "api_key", "api_key": {"secret": key}});
    [
        (
            "acme-blackline",
            json!({
                "provider": "blackline",
                "base_url": format!("https://{}", blackline::DEMO_AUTHORITY),
                "credentials": {
                    "type": "password", "username": "demo-api", "password": {"secret": "key"},
                    "client_id": "demo-client", "client_secret": {"secret": "client"}, "scope": "bl.users instance_0f8c",
                },
            }),
            vec![("key", "demo-key"), ("client", "demo-secret")],
        ),
        (
            "acme-crowdstrike",
            json!({
                "provider": "crowdstrike",
                "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": {"secret": "crowdstrike"}},
                "settings": {"region": "us-1"},
            }),
            vec![("crowdstrike", "demo-secret")],
        ),
        (
            "acme-elastic",
            json!({"provider": "elastic_cloud", "credentials": key("elastic")}),
            vec![("elastic", elastic_cloud::DEMO_KEY)],
        ),
        (
            "acme-jumpcloud",
            json!({"provider": "jumpcloud", "credentials": key("jumpcloud")}),
            vec![("jumpcloud", jumpcloud::DEMO_KEY)],
        ),
        (
            "acme-slack",
            json!({"provider": "slack_enterprise", "credentials": bearer("slack")}),
            vec![("slack", slack_enterprise::DEMO_TOKEN)],
        ),
        (
            "acme-teamviewer",
            json!({"provider": "teamviewer", "credentials": bearer("teamviewer")}),
            vec![("teamviewer", teamviewer::DEMO_TOKEN)],
        ),
    ]
    .into_iter()
    .map(|(id, document, secrets)| account(id, document, &secrets))
    .collect()
}

fn account(id: &str, document: Value, secrets: &[(&str, &str)]) -> Account {
    Account {
        id: id.to_owned(),
        provider: document["provider"].as_str().unwrap().to_owned(),
        tags: vec![String::from("production")],
        approval_required: false,
        document: document.as_object().unwrap().clone(),
        secrets: secrets
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}
