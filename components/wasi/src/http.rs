//! WASI 0.2's HTTP types in this project's words.

use wasip2::http::types;

unassign_role::wasi_http!(OutgoingRequest);
