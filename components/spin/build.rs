//! The linker keeps five bytes for each number that it fills in. It packs them where no debug information refers to their places.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_for_size = std::env::var("OPT_LEVEL").is_ok_and(|level| level == "z");
    if is_for_size {
        println!("cargo::rustc-link-arg-cdylib=--strip-debug");
        println!("cargo::rustc-link-arg-cdylib=--compress-relocations");
    }
}
