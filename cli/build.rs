//! Puts the component into the command, if `UNASSIGN_ROLE_COMPONENT` names its file: a program that is installed somewhere finds no
//! workspace. Without it, the component is read from the workspace's target folder at run time.

use std::{env, fs, path::Path};

const VARIABLE: &str = "UNASSIGN_ROLE_COMPONENT";

fn main() {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    let component = match env::var(VARIABLE) {
        Ok(path) if !path.is_empty() => {
            let path = fs::canonicalize(&path).unwrap_or_else(|error| panic!("{VARIABLE}: {path}: {error}"));
            println!("cargo:rerun-if-changed={}", path.display());
            // As a literal of the language.
            format!("Some(include_bytes!({:?}))", path.display().to_string())
        }
        _ => String::from("None"),
    };
    let text =
        format!("/// The component that this program carries.\npub const COMPONENT: Option<&[u8]> = {component};\n");
    let out = env::var("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out).join("component.rs"), text).expect("cargo's folder can be written");
}
