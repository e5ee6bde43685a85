//! The plans of an offboarding, approved together: one signature for each.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;
use unassign_role::approval::Shown;

use super::{super::keys, Approve};
use crate::{commands::global::Global, exit::Exit, private_file, terminal::note};

/// Shows every plan that needs an approval, asks once, and writes the approvals beside the plans.
pub fn run(folder: &Path, approve: &Approve, global: &Global) -> Result<Exit> {
    let key = keys::private(&approve.key)?;
    let mut plans = plans(folder)?;
    let mut accounts: Vec<&str> = plans.iter().map(|(_, shown)| shown.account()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    global.check_accounts(&accounts)?;
    plans.retain(|(_, shown)| global.means(shown.account()));
    for (path, shown) in &plans {
        note(format_args!("{}\n{shown}", path.display()));
    }
    approve.ask(&format!("approve these {} plans?", plans.len()), false)?;
    for (path, shown) in &plans {
        let approval = approve.sign(shown, &key)?;
        write(&path.with_extension("jwt"), &approval)?;
    }
    note(format_args!(
        "{} plans approved. Next: unassign-role offboard --plans {}",
        plans.len(),
        folder.display()
    ));
    Ok(Exit::Done)
}

/// The plans whose accounts take only approved revokes, in the order of their names.
fn plans(folder: &Path) -> Result<Vec<(PathBuf, Shown)>> {
    let inside = folder.join("plans");
    let folder = if inside.is_dir() { inside.as_path() } else { folder };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .map(|file| Ok(file?.path()))
        .collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut plans = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        // Another account would refuse an approval that it did not ask for.
        if document.get("approval_required") != Some(&Value::Bool(true)) {
            continue;
        }
        let shown = Shown::of(&text).map_err(|why| Exit::Usage.because(format!("{}: {why}", path.display())))?;
        plans.push((path, shown));
    }
    if plans.is_empty() {
        let why = format!(
            "there is no plan in {} whose account takes only approved revokes",
            folder.display()
        );
        return Err(Exit::Usage.because(why));
    }
    Ok(plans)
}

fn write(path: &Path, approval: &str) -> Result<()> {
    private_file::create(path)
        .and_then(|mut file| writeln!(file, "{approval}"))
        .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use unassign_role::keys::PrivateKey;

    use super::*;

    const PLAN: &str = r#"{"account":"acme","account_sha256":"","allow":[],"entries":[],"everything":true,"probes":[],"provider":"TeamViewer","remote_data_sha256":"","remote_query_sha256":"","side_effects":[],"strict_scope":false,"targets":[{"kind":"role","role_id":"viewer"}],"unknown_role":"not_found","user":"u-1","v":"unassign-role/plan/1"}"#;

    #[test]
    fn each_plan_that_needs_one_gets_an_approval_of_its_own() {
        let folder = std::env::temp_dir().join(format!("unassign-role-batch-{}", std::process::id()));
        fs::create_dir_all(folder.join("plans")).unwrap();
        for (name, approval_required, user) in [("1", true, "u-1"), ("2", true, "u-2"), ("3", false, "u-3")] {
            let plan = PLAN.replace("u-1", user);
            let document = json!({"approval_required": approval_required, "plan": plan});
            fs::write(folder.join(format!("plans/{name}.json")), document.to_string()).unwrap();
        }
        fs::write(
            folder.join("key.jwk"),
            PrivateKey::of_seed(&[7; 32]).to_jwk().to_string(),
        )
        .unwrap();
        let approve = Approve {
            plan: None,
            batch: Some(folder.clone()),
            key: folder.join("key.jwk"),
            reference: String::from("CHG-1042"),
            lifetime: 3_600,
            yes: true,
        };
        assert_eq!(run(&folder, &approve, &Global::default()).unwrap(), Exit::Done);
        let approval = |name: &str| fs::read_to_string(folder.join(format!("plans/{name}.jwt")));
        assert_ne!(approval("1").unwrap(), approval("2").unwrap());
        assert!(approval("3").is_err());
        // Only the plans of the accounts that are named.
        fs::remove_file(folder.join("plans/2.jwt")).unwrap();
        let other = json!({"approval_required": true, "plan": PLAN.replace("acme", "globex")});
        fs::write(folder.join("plans/2.json"), other.to_string()).unwrap();
        let named = |account: &str| Global {
            account: vec![account.to_owned()],
            ..Global::default()
        };
        assert_eq!(run(&folder, &approve, &named("acme")).unwrap(), Exit::Done);
        assert!(approval("2").is_err());
        let error = run(&folder, &approve, &named("nowhere")).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Usage);
        // A plan that was changed is none, and nothing is signed.
        fs::remove_file(folder.join("plans/1.jwt")).unwrap();
        let changed = json!({"approval_required": true, "plan": format!("{PLAN} ")});
        fs::write(folder.join("plans/2.json"), changed.to_string()).unwrap();
        assert!(run(&folder, &approve, &Global::default()).is_err());
        assert!(approval("1").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
