#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| unassign_role_fuzz::inputs::configuration(data));
