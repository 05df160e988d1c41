// SPDX-License-Identifier: Apache-2.0
//! The crate against the header: a C program prints what the compiler sees, and that is what must stand here.

use std::env;
use std::fs;
use std::mem::{size_of, MaybeUninit};
use std::path::PathBuf;
use std::process::Command;

use mesh_sys::*;

fn include_folder() -> PathBuf {
    env::var_os("MESH_INCLUDE_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../include"))
}

fn header() -> String {
    fs::read_to_string(include_folder().join("mesh/mesh.h")).expect("mesh/mesh.h can be read")
}

/// What the C compiler says of each expression, in order.
fn ask_the_compiler(name: &str, expressions: &[String]) -> Vec<i128> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{}-{}", name, std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (source, program) = (folder.join("ask.c"), folder.join("ask"));
    let mut text = String::from("#include <mesh/mesh.h>\n#include <stdio.h>\nint main(void) {\n");
    for expression in expressions {
        text += &format!("  printf(\"%lld\\n\", (long long)({}));\n", expression);
    }
    fs::write(&source, text + "  return 0;\n}\n").unwrap();
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(compiler)
        .arg("-std=c11")
        .arg("-I")
        .arg(include_folder())
        .arg("-o")
        .arg(&program)
        .arg(&source)
        .status()
        .expect("there is a C compiler");
    assert!(status.success(), "the C program compiles");
    let output = Command::new(&program).output().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

fn compare(name: &str, table: Vec<(String, i128)>) {
    let expressions: Vec<String> = table.iter().map(|(expression, _)| expression.clone()).collect();
    let answers = ask_the_compiler(name, &expressions);
    assert_eq!(answers.len(), table.len());
    for ((expression, here), there) in table.iter().zip(answers) {
        assert_eq!(*here, there, "{}", expression);
    }
}

fn size_behind<T>(_: *const T) -> usize {
    size_of::<T>()
}

macro_rules! layout {
    ($table:ident, $type:ident: $($field:ident),*) => {{
        $table.push((format!("sizeof({})", stringify!($type)), size_of::<$type>() as i128));
        let value = MaybeUninit::<$type>::uninit();
        let base = value.as_ptr();
        $(
            // SAFETY: only the address is taken.
            let field = unsafe { std::ptr::addr_of!((*base).$field) };
            $table.push((
                format!("sizeof((({} *)0)->{})", stringify!($type), stringify!($field)),
                size_behind(field) as i128,
            ));
            $table.push((
                format!("offsetof({}, {})", stringify!($type), stringify!($field)),
                (field as usize - base as usize) as i128,
            ));
        )*
    }};
}

#[test]
fn sizes_and_offsets_are_those_of_the_header() {
    let mut table = Vec::new();
    layout!(table, mesh_slice: data, len);
    layout!(table, mesh_open_options: size, flags, home, log_level, config_file, config_text, folder, socket,
        application, event_bytes, call_timeout_ms, reserved);
    layout!(table, mesh_event: kind, code, id, token, peer, data, meta, value, len, meta_len, flags);
    layout!(table, mesh_peer_info: size, connected, id, name, alias, transport, rtt_us, links, bytes_sent,
        bytes_received);
    layout!(table, mesh_serve_options: size, flags, token, window);
    layout!(table, mesh_send_options: size, flags, tclass, metadata_len, metadata, key, lifetime_ms, token);
    layout!(table, mesh_buffer: id, data, capacity, reserved);
    layout!(table, mesh_api_1: size, version, version_text, open_options_default, open, close, error_name,
        error_text, error_flags, last_error, fd, events, wait, wake, dispatch, keep, release, id, name_encode,
        name_decode, identity_generate, identity_load, sign, verify, invite, peer_find, peer_add, peer_remove,
        peer_info_get, peers, connect, why, serve_options_default, serve, unserve, send_options_default, send,
        buffer_get, buffer_release, send_buffer, cancel, broadcast, stream_open, stream_write, stream_finish,
        stream_reset, request, reply, refuse, hint, metrics, status);
    compare("layout", table);
}

#[test]
fn every_constant_of_the_header_is_here_with_its_value() {
    let source = include_str!("../src/constants.rs");
    let mut table = Vec::new();
    for line in header().lines().filter_map(|line| line.strip_prefix("#define MESH_")) {
        let name = format!("MESH_{}", line.split_whitespace().next().unwrap());
        if name == "MESH_PUBLIC" || name == "MESH_CHECK_RESULT" || name == "MESH_H" {
            continue;
        }
        let declared = source
            .lines()
            .find_map(|line| line.strip_prefix(&format!("pub const {}: ", name)))
            .unwrap_or_else(|| panic!("{} is missing in constants.rs", name));
        let value = declared.split("= ").nth(1).unwrap().trim_end_matches(';').replace('_', "");
        let value = match value.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16),
            None => value.parse(),
        };
        table.push((name, value.unwrap()));
    }
    assert!(table.len() > 80);
    compare("constants", table);
}

/// `const char *name` as Rust says it, and the type alone for a result.
fn translate(declaration: &str) -> String {
    let constant = declaration.trim().strip_prefix("const ");
    let text = constant.unwrap_or_else(|| declaration.trim());
    let text = text.replace('*', " * ");
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let array = words.last().map_or(false, |word| word.ends_with(']'));
    let name = if words.iter().filter(|word| **word != "*").count() > 1 { words.pop() } else { None };
    let stars = words.iter().filter(|word| **word == "*").count() + usize::from(array);
    let kind = match words[0] {
        "int32_t" => "i32",
        "uint32_t" => "u32",
        "uint64_t" => "u64",
        "uint8_t" => "u8",
        "size_t" => "usize",
        "int" => "c_int",
        "char" => "c_char",
        "void" => "c_void",
        other => other,
    };
    let pointer = match (stars, constant.is_some()) {
        (0, _) => "",
        (1, true) => "*const ",
        (1, false) => "*mut ",
        _ => "*mut *mut ",
    };
    match name {
        Some(name) => format!("{}: {}{}", name.split('[').next().unwrap(), pointer, kind),
        None => format!("{}{}", pointer, kind),
    }
}

#[test]
fn every_function_of_the_header_is_here_with_its_signature() {
    let normal = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace(",)", ")");
    let here = normal(include_str!("../src/functions.rs")).replace("( ", "(").replace(", )", ")");
    let header = header();
    let mut count = 0;
    for rest in header.split("\nMESH_PUBLIC ").skip(1) {
        let prototype = normal(rest.split(';').next().unwrap()).replace("MESH_CHECK_RESULT ", "");
        let (start, arguments) = prototype.trim_end_matches(')').split_once('(').unwrap();
        let name_at = start.rfind([' ', '*']).unwrap() + 1;
        let (result, name) = start.split_at(name_at);
        let arguments: Vec<String> = arguments.split(',').filter(|a| *a != "void").map(translate).collect();
        let result = match result.trim() {
            "void" => String::new(),
            other => format!(" -> {}", translate(other)),
        };
        let expected = format!("pub fn {}({}){};", name, arguments.join(", "), result);
        assert!(here.contains(&expected), "missing in functions.rs: {}", expected);
        count += 1;
    }
    assert_eq!(count, here.matches("pub fn ").count());
    assert!(count > 50);
}

#[test]
fn an_event_is_64_bytes_for_ever() {
    assert_eq!(size_of::<mesh_event>(), 64);
}
