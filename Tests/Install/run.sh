#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is built below a folder of its own: meshd finds the installed plugins and accepts the example, the
# manual pages are clean, and uninstall leaves nothing. Called by `make test`.
set -uo pipefail
cd "$(dirname "$0")/../.."
export SWIFT_BACKTRACE=enable=no
destination=$PWD/build/tests/install
work=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0

check() {
  local name=$1
  shift
  if "$@" >"$work/output" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    sed 's/^/  | /' "$work/output"
  fi
}
# The build is there already; what it made is all that is asked for.
install_target() { make --no-print-directory -o build "$1" PREFIX=/usr DESTDIR="$destination"; }
has() { local path; for path in "$@"; do [ -s "$destination/usr/$path" ] || { echo "no $path"; return 1; }; done; }
stripped() { ! readelf -SW "$1" | grep -E '\.(symtab|debug_info)'; }
clean_page() { [ -z "$(groff -man -ww -z -Tutf8 "$1" 2>&1 | tee /dev/stderr)" ]; }
accepts() { "$destination/usr/bin/meshd" --check --config "$1"; }

loads_plugins() {
  "$destination/usr/bin/meshd" --config "$work/mesh.yaml" >"$work/log" 2>&1 &
  daemon=$!
  local listed=
  for _ in $(seq 600); do
    listed=$("$destination/usr/bin/meshctl" --socket "$work/admin.sock" plugins list --json 2>&1) && break
    sleep 0.1
  done
  kill -TERM "$daemon"
  wait "$daemon"
  local code=$?
  daemon=
  echo "$listed"
  cat "$work/log"
  [ "$code" -eq 0 ] || return 1
  for id in unix websocket; do
    grep -qF "$destination/usr/lib/mesh/plugins/mesh_$id.so" <<<"${listed//\\//}" || return 1
  done
}
# A C program against what is installed, found with pkg-config alone.
library_links() {
  local lib=$destination/usr/lib name
  [ "$(readlink "$lib/libmesh.so")" = libmesh.so.1 ] && [ -L "$lib/libmesh.so.1" ] || return 1
  name=$(readlink "$lib/libmesh.so.1")
  [ "$name" = "libmesh.so.$(scripts/version)" ] && [ -f "$lib/$name" ] && [ ! -L "$lib/$name" ] || return 1
  readelf -dW "$lib/$name" | grep -q 'SONAME.*\[libmesh.so.1\]'
}
write_program() {
  cat >"$work/program.c" <<'C'
#include <mesh/mesh.h>
#include <stdio.h>
int main(int count, char **words) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_PROCESS;
    options.config_file = count > 1 ? words[1] : NULL;
    mesh_handle *handle;
    static char text[65536];
    if (mesh_open(&options, &handle) != MESH_OK || mesh_status(handle, text, sizeof text, NULL) != MESH_OK) {
        puts(mesh_last_error());
        return 1;
    }
    puts(text);
    return mesh_close(handle, 0) != MESH_OK;
}
C
}
opens_a_node() { # program
  "$1" "$work/mesh.yaml" >"$work/status" || { cat "$work/status"; return 1; }
  grep -q websocket "$work/status" && grep -qF "$(scripts/version)" "$work/status"
}
program_runs() {
  local flags
  flags=$(PKG_CONFIG_PATH=$destination/usr/lib/pkgconfig pkg-config --cflags --libs mesh) || return 1
  write_program
  # shellcheck disable=SC2086
  cc -Wall -Wextra -Werror -o "$work/program" "$work/program.c" $flags || return 1
  LD_LIBRARY_PATH=$destination/usr/lib opens_a_node "$work/program"
}
# The same program in C and as C++, configured and built by CMake, which finds the library by its configuration alone.
cmake_builds() {
  local project=$work/project
  mkdir -p "$project"
  write_program
  cp "$work/program.c" "$project/program.c"
  sed 's/options.config_file = count > 1 ? words\[1\] : NULL/options.config_file = count > 1 ? words[1] : nullptr/' \
    "$work/program.c" >"$project/program.cpp"
  cat >"$project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(program C CXX)
find_package(mesh 1.0 REQUIRED)
foreach(language c cpp)
  add_executable(program_${language} program.${language})
  target_link_libraries(program_${language} PRIVATE mesh::mesh)
  target_compile_options(program_${language} PRIVATE -Wall -Wextra -Werror)
endforeach()
CMAKE
  cmake -S "$project" -B "$project/build" -DCMAKE_PREFIX_PATH="$destination/usr" && cmake --build "$project/build" || return 1
  # No path in the environment: CMake has written into the program where the library is.
  opens_a_node "$project/build/program_c" && opens_a_node "$project/build/program_cpp" || return 1
  sed -i 's/mesh 1.0 REQUIRED/mesh 2.0 REQUIRED/' "$project/CMakeLists.txt"
  ! cmake -S "$project" -B "$project/refused" -DCMAKE_PREFIX_PATH="$destination/usr"
}
cmake_files() {
  local folder=$destination/usr/lib/cmake/mesh
  ! grep -rn '@[A-Z]' "$folder" "$destination/usr/lib/pkgconfig" || return 1
  grep -qF "PACKAGE_VERSION \"$(scripts/version)\"" "$folder/mesh-config-version.cmake"
}
# Without DESTDIR the loader is told, if the folder is one of its own; the ldconfig here only writes down that it ran.
loader() { # folder of the loader, wanted: yes or no
  mkdir -p "$work/bin"
  rm -f "$work/renewed"
  cat >"$work/bin/ldconfig" <<SH
#!/bin/sh
if [ "\$*" = "-N -v" ]; then echo "$1: (from here)"; else : >"$work/renewed"; fi
SH
  chmod 755 "$work/bin/ldconfig"
  PATH=$work/bin:$PATH PREFIX=$work/prefix DESTDIR='' scripts/install >"$work/said" || return 1
  cat "$work/said"
  if [ "$2" = yes ]; then [ -e "$work/renewed" ]; else [ ! -e "$work/renewed" ] && grep -q LD_LIBRARY_PATH "$work/said"; fi
}
leaves_nothing() { local left; left=$(find "$destination" ! -type d) && echo "$left" && [ -z "$left" ]; }

# The folder of a checkout need not belong to root.
cat >"$work/mesh.yaml" <<YAML
node: { state: $work/state }
plugins: { trust: any }
transports:
  unix: { listen: ["unix://$work/link.sock"] }
  websocket: { listen: ["ws://127.0.0.1:0/mesh"] }
control: { socket: $work/client.sock, admin_socket: $work/admin.sock }
YAML
sed 's/trust: packaged/trust: any/' packaging/mesh.yaml >"$work/example.yaml"

rm -rf "$destination"
check "make install" install_target install
check "everything is in its place" has bin/meshd bin/meshctl lib/mesh/plugins/mesh_{unix,websocket}.so \
  share/mesh/client.yaml lib/sysusers.d/mesh.conf lib/libmesh.so{,.1} lib/pkgconfig/mesh.pc \
  lib/cmake/mesh/mesh-config{,-version}.cmake include/mesh/mesh.h include/mesh/mesh_plugin.{h,version} share/man/man8/meshd.8 share/man/man1/meshctl-ping.1 \
  share/bash-completion/completions/meshctl share/zsh/site-functions/_meshctl \
  share/fish/vendor_completions.d/meshctl.fish share/doc/mesh/examples/mesh.yaml lib/systemd/system/meshd.service
check "the unit starts what is installed" \
  grep -q '^ExecStart=/usr/bin/meshd ' "$destination/usr/lib/systemd/system/meshd.service"
for file in "$destination"/usr/bin/* "$destination"/usr/lib/mesh/plugins/*; do
  check "${file##*/} is stripped" stripped "$file"
done
check "bash reads its completions" bash -n "$destination/usr/share/bash-completion/completions/meshctl"
for page in "$destination"/usr/share/man/man?/*; do
  check "${page##*/} renders without a warning" clean_page "$page"
done
check "meshd accepts the example" accepts "$work/example.yaml"
check "meshd runs with the installed plugins" loads_plugins
check "the library has its links and its name" library_links
check "a C program is built with pkg-config and opens a node with the installed plugins" program_runs
check "the CMake files are filled in" cmake_files
check "CMake finds the library, and what it builds opens a node" cmake_builds
check "the service user is the one of sysusers" \
  grep -q "^u $(sed -n 's/^service_user: //p' "$destination/usr/share/mesh/client.yaml") " "$destination/usr/lib/sysusers.d/mesh.conf"
check "the loader learns of the library" loader "$work/prefix/lib" yes
check "who installs elsewhere is told what the loader does not know" loader /usr/local/lib no
check "make uninstall" install_target uninstall
check "nothing is left" leaves_nothing
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
