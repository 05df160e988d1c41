// SPDX-License-Identifier: Apache-2.0
//! How a plugin is linked: it stays mapped for ever, and everything it needs is found when it is loaded. What it exports
//! is decided by rustc's own version script: the functions marked `#[no_mangle]`, and there is one.

fn main() {
    for flag in ["nodelete", "now", "relro", "noexecstack", "defs"] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,{flag}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
