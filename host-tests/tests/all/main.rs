//! The contract, through the real components.

mod access;
mod account_places;
mod bad_binding;
mod bad_input;
mod blackline;
mod bounds;
mod by_account;
mod composition;
mod concurrency;
mod cost;
mod crowdstrike;
mod elastic_cloud;
mod errors;
mod fault_matrix;
mod faults;
mod fixture;
mod http_face;
mod jumpcloud;
mod log;
mod manifests;
mod mutation_matrix;
mod network;
mod operations_matrix;
mod overlap;
mod readme;
mod record;
mod rounds;
mod scenarios;
mod size;
mod slack_enterprise;
mod socket;
mod story;
mod streaming;
mod tally;
mod teamviewer;
mod typed_world;
mod vectors;
mod wire;
mod worlds;

/// The same test against both components.
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($artifact:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn test($artifact: host::guests::Artifact) $body

            $(#[$meta])*
            #[tokio::test(start_paused = true)]
            async fn wasi() {
                test(host::guests::Artifact::Wasi).await;
            }

            $(#[$meta])*
            #[tokio::test(start_paused = true)]
            async fn spin() {
                test(host::guests::Artifact::Spin).await;
            }
        }
    };
}
pub(crate) use on_both;
