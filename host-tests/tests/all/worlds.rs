//! The worlds of the components are pinned: a stray import would keep a component from running somewhere.

use host::{guests::Artifact, worlds::World};

#[test]
fn wasi_exports_the_typed_call_and_the_http_face_and_imports_wasi_0_2_alone() {
    let world = World::of(Artifact::Wasi).unwrap();
    let [by_account, typed, handler] = world.exports.as_slice() else {
        panic!("{:?}", world.exports)
    };
    assert_eq!(by_account, "unified:user-directory/accounts@0.2.0");
    assert_eq!(typed, "unified:user-directory/users@0.2.0");
    assert!(handler.starts_with("wasi:http/incoming-handler@0.2."), "{handler}");
    assert!(!world.imports.is_empty());
    for import in &world.imports {
        assert!(import.starts_with("wasi:") && import.contains("@0.2."), "{import}");
    }
}

#[test]
fn spin_exports_the_http_face_of_wasi_0_3_and_imports_wasi_and_spin_alone() {
    let world = World::of(Artifact::Spin).unwrap();
    assert_eq!(world.exports, ["wasi:http/handler@0.3.0"]);
    let spin: Vec<&String> = world
        .imports
        .iter()
        .filter(|import| !import.starts_with("wasi:"))
        .collect();
    assert_eq!(
        spin,
        ["spin:key-value/key-value@3.0.0", "spin:variables/variables@3.0.0"]
    );
    assert!(
        world.imports.iter().any(|import| import == "wasi:http/client@0.3.0"),
        "{:?}",
        world.imports
    );
}
