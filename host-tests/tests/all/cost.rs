//! What a verified removal costs, in counts: the guest's instructions (fuel) and its calls into WASI, for every provider with one,
//! ten and a hundred roles, and directories of a hundred and of ten thousand. `PINS=write` writes `pins.txt` anew; the pins hold for the toolchain that they were written with, with
//! another one the counts are printed.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use host::{
    measured::{self, Cost},
    tenants::{Tenant, tenants},
};

use crate::fixture::{options, request};

/// A count may differ from its pin by one in so many.
const MARGIN: u64 = 20;
/// Memory of an instance in bytes: before its first call, and after an ordinary one and one that read a long list.
const AT_REST: usize = 2 << 20;
const ORDINARY: usize = 8 << 20;
const LARGE: usize = 32 << 20;
/// Sizes of a directory.
const FEW: usize = 100;
const MANY: usize = 10_000;
/// Where a list has to be read to its end: nothing narrows Elastic Cloud's list of members, and a role that is named at JumpCloud is
/// the only one of that name only if all are known. TeamViewer's assignments have no names: its list of roles has them.
const READ_WHOLE: [&str; 3] = ["Elastic Cloud", "JumpCloud", "TeamViewer"];

fn pins() -> (String, BTreeMap<String, Cost>) {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let toolchain = text
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("# ")
        .to_owned();
    let pins = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, counts) = line.split_once(": ").unwrap();
        let (fuel, host_calls) = counts.split_once(' ').unwrap();
        let cost = Cost {
            fuel: fuel.parse().unwrap(),
            host_calls: host_calls.parse().unwrap(),
            memory: (0, 0),
        };
        (name.to_owned(), cost)
    });
    (toolchain, pins.collect())
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pins.txt")
}

/// The compiler and the profile that made the component: optimized as it is released, or quickly for a test.
fn toolchain() -> String {
    let size = fs::metadata(host::guests::Artifact::Wasi.path()).unwrap().len();
    let profile = if std::env::var_os("UNASSIGN_ROLE_COMPONENTS").is_some() {
        "from elsewhere"
    } else if size < 3_000_000 {
        "released"
    } else {
        "quick"
    };
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(rustc).arg("--version").output();
    let version = version.map_or_else(
        |_| String::from("unknown"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    format!("{version}, {profile}")
}

async fn cost(tenant: &Tenant) -> Cost {
    let wanted = request(&tenant.user, &tenant.roles);
    let (answer, cost) = measured::call(&tenant.network, tenant.clock, &tenant.account, &wanted, &options())
        .await
        .unwrap();
    assert!(answer.is_ok(), "{answer:?}");
    cost
}

/// Roles to be removed, and others in the directory.
fn sizes() -> Vec<(usize, usize)> {
    let mut sizes = vec![(1, FEW), (10, FEW), (100, FEW), (1, MANY)];
    if std::env::var("MATRIX").is_ok_and(|matrix| matrix == "full") {
        sizes.extend([(10, MANY), (100, MANY)]);
    }
    sizes
}

#[tokio::test(start_paused = true)]
async fn what_a_removal_costs_is_pinned_and_grows_no_faster_than_its_roles_and_slower_than_the_directory() {
    let (pinned_with, pins) = pins();
    let mut written = format!("# {}\n", toolchain());
    let mut off = Vec::new();
    for (provider, make) in tenants() {
        let mut costs = BTreeMap::new();
        for (roles, others) in sizes() {
            let cost = cost(&make(roles, others)).await;
            let name = format!("{provider}, {roles} of {others}");
            println!("{name}: fuel {}, calls into WASI {}", cost.fuel, cost.host_calls);
            writeln!(written, "{name}: {} {}", cost.fuel, cost.host_calls).unwrap();
            let most = if others == MANY { LARGE } else { ORDINARY };
            assert!(
                cost.memory.0 <= AT_REST && cost.memory.1 <= most,
                "{name}: {:?} bytes",
                cost.memory
            );
            println!("{name}: memory {:?} KiB", (cost.memory.0 >> 10, cost.memory.1 >> 10));
            let is_near = |count: u64, pin: u64| count.abs_diff(pin) <= pin / MARGIN;
            match pins.get(&name) {
                Some(pin) if is_near(cost.fuel, pin.fuel) && is_near(cost.host_calls, pin.host_calls) => {}
                pin => off.push(format!("{name}: {cost:?}, pinned: {pin:?}")),
            }
            costs.insert((roles, others), cost.fuel);
        }
        let is_read_whole = READ_WHOLE.contains(&provider);
        let most_by_directory = if is_read_whole { MANY / FEW } else { MANY / FEW / 10 };
        for (larger, smaller, most) in [((100, FEW), (10, FEW), 12), ((1, MANY), (1, FEW), most_by_directory)] {
            let (larger_fuel, smaller_fuel) = (costs[&larger], costs[&smaller]);
            assert!(
                larger_fuel <= most as u64 * smaller_fuel,
                "{provider}: {larger:?} cost {larger_fuel}, {smaller:?} {smaller_fuel}"
            );
        }
    }
    if std::env::var("PINS").is_ok_and(|pins| pins == "write") {
        fs::write(path(), written).unwrap();
    } else if pinned_with == toolchain() {
        assert!(off.is_empty(), "{off:#?}");
    }
}
