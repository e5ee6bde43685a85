//! The component that this command runs: the one inside it, if it is a released command, or the one that `make guests` has built.

#[cfg(feature = "embedded")]
static EMBEDDED: &[u8] = include_bytes!(env!(
    "UNASSIGN_ROLE_COMPONENT",
    "the feature `embedded` needs the path of unassign_role_wasi.wasm in UNASSIGN_ROLE_COMPONENT"
));

/// Lets everything that runs a component in this process take the one inside the command, if there is one.
pub fn install() {
    #[cfg(feature = "embedded")]
    host::guests::embed(EMBEDDED);
}
