//! What a verified removal costs, in counts: the guest's instructions (fuel) and its calls into WASI, for every provider with one,
//! ten and a hundred roles. `PINS=write` writes `pins.txt` anew; the pins hold for the toolchain that they were written with, with
//! another one the counts are printed.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use host::measured::{self, Cost};

use crate::{
    fixture::{options, request},
    rounds::{Tenant, tenants},
};

/// A count may differ from its pin by one in so many.
const MARGIN: u64 = 20;

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
    let profile = if size < 2_500_000 { "released" } else { "quick" };
    format!("rustc {} {profile}", env!("CARGO_PKG_RUST_VERSION"))
}

async fn cost(tenant: &Tenant) -> Cost {
    let wanted = request(&tenant.user, &tenant.roles);
    let (answer, cost) = measured::call(&tenant.network, tenant.clock, &tenant.account, &wanted, &options())
        .await
        .unwrap();
    assert!(answer.is_ok(), "{answer:?}");
    cost
}

#[tokio::test(start_paused = true)]
async fn what_a_removal_costs_is_pinned_and_grows_no_faster_than_its_roles() {
    let (pinned_with, pins) = pins();
    let mut written = format!("# {}\n", toolchain());
    let mut off = Vec::new();
    for (provider, make) in tenants() {
        let mut costs = Vec::new();
        for count in [1, 10, 100] {
            let cost = cost(&make(count)).await;
            let name = format!("{provider} {count}");
            println!("{name}: fuel {}, calls into WASI {}", cost.fuel, cost.host_calls);
            writeln!(written, "{name}: {} {}", cost.fuel, cost.host_calls).unwrap();
            let is_near = |count: u64, pin: u64| count.abs_diff(pin) <= pin / MARGIN;
            match pins.get(&name) {
                Some(pin) if is_near(cost.fuel, pin.fuel) && is_near(cost.host_calls, pin.host_calls) => {}
                pin => off.push(format!("{name}: {cost:?}, pinned: {pin:?}")),
            }
            costs.push(cost);
        }
        let [_, ten, hundred] = costs.as_slice() else {
            unreachable!()
        };
        assert!(
            hundred.fuel <= 12 * ten.fuel,
            "{provider}: a hundred roles cost {} and ten {}",
            hundred.fuel,
            ten.fuel
        );
    }
    if std::env::var("PINS").is_ok_and(|pins| pins == "write") {
        fs::write(path(), written).unwrap();
    } else if pinned_with == toolchain() {
        assert!(off.is_empty(), "{off:#?}");
    }
}
