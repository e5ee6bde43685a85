//! WASI 0.3's HTTP types in this project's words.

use spin_sdk::wasip3::http::types;

unassign_role::wasi_http!(Request);
