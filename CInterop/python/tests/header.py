#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The module against the header: sizes, offsets, constants, signatures. A C program prints what the compiler sees."""
import ctypes
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import mesh  # noqa: E402
from mesh import _abi  # noqa: E402

include = Path(os.environ.get("MESH_INCLUDE_DIR", here / "../../../include"))
header = (include / "mesh/mesh.h").read_text()
structs = {"mesh_slice": _abi.Slice, "mesh_open_options": _abi.OpenOptions, "mesh_event": _abi.RawEvent,
           "mesh_peer_info": _abi.RawPeerInfo, "mesh_serve_options": _abi.ServeOptions,
           "mesh_send_options": _abi.SendOptions, "mesh_buffer": _abi.Buffer}
numbers = {"int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64, "int": ctypes.c_int,
           "size_t": ctypes.c_size_t, "void": None}


def ask_the_compiler(expressions):
    lines = "".join(f'printf("%lld\\n", (long long)({expression}));\n' for expression in expressions)
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "ask.c"), Path(folder, "ask")
        source.write_text("#include <mesh/mesh.h>\n#include <stdio.h>\nint main(void) {\n" + lines + "return 0; }\n")
        subprocess.run([os.environ.get("CC", "cc"), "-I", include, "-o", program, source], check=True)
        output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [int(line) for line in output.split()]


def translate(declaration):
    """What ctypes calls an argument or result, by its C declaration."""
    text = re.sub(r"\bconst\b", "", declaration)
    stars = text.count("*") + text.count("[")
    base = re.sub(r"\[.*\]|\*", " ", text).split()[0]
    if stars == 0:
        return _abi.Callback if base == "mesh_callback" else numbers[base]
    if base == "char":
        return ctypes.c_char_p
    if base == "mesh_handle" and stars == 2:
        return ctypes.POINTER(ctypes.c_void_p)
    if base in ("void", "uint8_t", "mesh_handle", "mesh_api_1"):
        return ctypes.c_void_p
    return ctypes.POINTER(structs.get(base) or numbers[base])


class Header(unittest.TestCase):
    def compare(self, table):
        for (expression, here_it_is), there in zip(table, ask_the_compiler(name for name, _ in table)):
            self.assertEqual(here_it_is, there, expression)

    def test_sizes_and_offsets_are_those_of_the_header(self):
        table = []
        for name, struct in structs.items():
            table.append((f"sizeof({name})", ctypes.sizeof(struct)))
            for field, _ in struct._fields_:
                table.append((f"offsetof({name}, {field})", getattr(struct, field).offset))
                table.append((f"sizeof((({name} *)0)->{field})", getattr(struct, field).size))
        self.compare(table)

    def test_constants_are_those_of_the_header(self):
        groups = {"MESH_E_": mesh.ErrorCode, "MESH_ON_": mesh.Kind, "MESH_LINK_": mesh.LinkState,
                  "MESH_TCLASS_": mesh.Class, "MESH_SEND_": mesh.Send, "MESH_SERVE_": mesh.Serve}
        table = []
        for prefix, group in groups.items():
            names = re.findall(rf"#define {prefix}(\w+)", header)
            self.assertTrue(names)
            table += [(prefix + name, int(group[name])) for name in names]
        self.compare(table)

    def test_signatures_are_those_of_the_header(self):
        seen = set()
        for prototype in re.findall(r"\nMESH_PUBLIC (?:MESH_CHECK_RESULT )?([^;]*);", header):
            result, name, arguments = re.fullmatch(r"(.*?)(\w+)\((.*)\)", " ".join(prototype.split())).groups()
            wanted = [] if arguments == "void" else [translate(argument) for argument in arguments.split(",")]
            self.assertEqual(_abi.FUNCTIONS[name], (translate(result), wanted), name)
            seen.add(name)
        self.assertEqual(seen, set(_abi.FUNCTIONS))
        self.assertGreater(len(seen), 50)


if __name__ == "__main__":
    unittest.main()
