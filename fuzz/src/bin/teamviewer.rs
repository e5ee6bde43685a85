#![no_main]

use unassign_role_fuzz::{documents, subjects};

libfuzzer_sys::fuzz_target!(|data: &[u8]| documents::run(subjects::teamviewer, data));
