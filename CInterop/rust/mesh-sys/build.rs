// SPDX-License-Identifier: Apache-2.0
//! Finds libmesh: in the folder that `MESH_LIB_DIR` names, else where pkg-config says.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=MESH_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rustc-link-lib=dylib=mesh");
    if let Some(folder) = env::var_os("MESH_LIB_DIR") {
        println!("cargo:rustc-link-search=native={}", folder.to_string_lossy());
        return;
    }
    let program = env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    match Command::new(&program).args(["--libs-only-L", "mesh"]).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            for folder in text.split_whitespace().filter_map(|word| word.strip_prefix("-L")) {
                println!("cargo:rustc-link-search=native={}", folder);
            }
        }
        // The linker searches its own folders, and says so when it finds nothing there.
        Ok(output) => println!(
            "cargo:warning=pkg-config does not know mesh ({}); set MESH_LIB_DIR if linking fails",
            String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")
        ),
        Err(error) => println!(
            "cargo:warning={} cannot be run ({}); set MESH_LIB_DIR if linking fails",
            program.to_string_lossy(),
            error
        ),
    }
}
