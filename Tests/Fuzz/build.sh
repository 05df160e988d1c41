#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds fuzz targets with libFuzzer and the address sanitizer.
#
# usage: Tests/Fuzz/build.sh NAME...        such as Wire/CBOR; without a name: all
# result: .build/fuzz/NAME, to be run with -max_total_time=SECONDS and a folder for the corpus; Tests/Fuzz/run does so
#
# A target is Tests/Fuzz/NAME.swift with a `@c(LLVMFuzzerTestOneInput)` function. Its line
#   // Modules: MeshWire=Core/Wire MeshCrypto=Core/Crypto
# names the Swift modules it needs, each after those it depends on. The C targets are there for all of them. A line
#   // Sources: Plugins/HTX/Driver/HTXAddress.swift
# names files of a module that is too large for it; they become part of the target. A line
#   // Seeds: build/plugins/mesh_unix.so
# names files that Tests/Fuzz/run starts from, where they exist, and a line
#   // Options: -detect_leaks=0
# more of its options. A module is compiled again when it, or one before it in the line, changed.
set -eu
cd "$(dirname "$0")/../.."
output=.build/fuzz
mkdir -p "$output/c"

flags="-g -O -swift-version 6 -parse-as-library -sanitize=fuzzer,address -package-name mesh -I $output"
flags="$flags -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility"
for folder in CInterop/*/; do
  if [ -e "$folder/module.modulemap" ]; then flags="$flags -I $folder"; fi
done

printf 'module CLinux { umbrella header "%s/CInterop/CLinux/include/CLinux.h" export * }\n' "$PWD" \
  > "$output/c/CLinux.modulemap"
printf 'module CChecksum { umbrella header "%s/CInterop/CChecksum/include/CChecksum.h" export * }\n' "$PWD" \
  > "$output/c/CChecksum.modulemap"
printf 'module CNettle { umbrella header "%s/CInterop/CNettle/include/CNettle.h" link "nettle" link "hogweed" link "gmp" export * }\n' "$PWD" \
  > "$output/c/CNettle.modulemap"
printf 'module CAESGCM { umbrella header "%s/CInterop/CAESGCM/include/CAESGCM.h" link "gnutls" export * }\n' "$PWD" \
  > "$output/c/CAESGCM.modulemap"
printf 'module CApplication { header "%s/CInterop/CApplication/include/application_record.h" export * }\n' "$PWD" \
  > "$output/c/CApplication.modulemap"
printf 'module CLibrary { umbrella header "%s/CInterop/CLibrary/include/library.h" export * }\n' "$PWD" \
  > "$output/c/CLibrary.modulemap"
printf 'module CQUIC { umbrella header "%s/CInterop/CQUIC/include/CQUIC.h" link "ngtcp2" link "ngtcp2_crypto_gnutls" link "gnutls" export * }\n' \
  "$PWD" > "$output/c/CQUIC.modulemap"
printf 'module CHTTP2 { umbrella header "%s/CInterop/CHTTP2/include/CHTTP2.h" link "nghttp2" export * }\n' "$PWD" \
  > "$output/c/CHTTP2.modulemap"
printf 'module CHTTP3 { umbrella header "%s/CInterop/CHTTP3/include/CHTTP3.h" link "nghttp3" export * }\n' "$PWD" \
  > "$output/c/CHTTP3.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CQUIC.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CHTTP2.modulemap -Xcc -fmodule-map-file=$output/c/CHTTP3.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CApplication.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CLibrary.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CLinux.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CAESGCM.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CNettle.modulemap"
flags="$flags -Xcc -fmodule-map-file=$output/c/CChecksum.modulemap"
flags="$flags -I include"

objects_of_c() {
  for source in "$@"; do
    object="$output/c/$(basename "$(dirname "$source")")-$(basename "$source" .c).o"
    # shellcheck disable=SC2086
    clang -g -O1 -fsanitize=address,fuzzer-no-link ${c_flags:-} -I include \
      -I CInterop/CLinux/include -I CInterop/CChecksum/include -I CInterop/CLibrary/include -c "$source" -o "$object"
    echo "$object"
  done
}

# Whether the object $1 is newer than the folders and files that follow it.
is_current() {
  object=$1
  shift
  [ -e "$object" ] && [ -z "$(find "$@" CInterop include Tests/Fuzz/build.sh -newer "$object" | head -n 1)" ]
}

build() {
  source="Tests/Fuzz/$1.swift"
  objects=
  for module in $(sed -n 's,^// Modules: ,,p' "$source"); do
    name=${module%%=*}
    # shellcheck disable=SC2086
    if ! is_current "$output/$name.o" "${module#*=}" $objects; then
      # shellcheck disable=SC2046,SC2086
      swiftc $flags -wmo -module-name "$name" -emit-module -emit-module-path "$output/$name.swiftmodule" \
        -c $(find "${module#*=}" -name '*.swift') -o "$output/$name.o"
    fi
    objects="$objects $output/$name.o"
    if [ "$name" = BundleSecurity ] || [ "$name" = TransportTLS ]; then objects="$objects $nettle_objects"; fi
    if [ "$name" = HTXQUIC ]; then objects="$objects $quic_objects"; fi
    if [ "$name" = HTXHTTP3 ]; then objects="$objects $http3_objects"; fi
    if [ "$name" = HTXTCP ]; then objects="$objects $http2_objects"; fi
    if [ "$name" = MeshLibrary ]; then objects="$objects $library_objects"; fi
  done
  # The cipher belongs to the core's cryptography and to QUIC, whichever comes.
  case "$objects" in
    *"$output/MeshCrypto.o"* | *"$quic_objects"*) objects="$objects $aesgcm_objects" ;;
  esac
  case "$objects" in
    *"$http3_objects"*) ;;
    *) if grep -q '^import CHTTP3' "$source"; then objects="$objects $http3_objects"; fi ;;
  esac
  mkdir -p "$output/$(dirname "$1")"
  sources="$source $(sed -n 's,^// Sources: ,,p' "$source")"
  # shellcheck disable=SC2086
  if ! is_current "$output/$1" $sources $objects; then
    swiftc $flags -module-name FuzzTarget $sources $objects $c_objects -o "$output/$1" 2> "$output/link.log" ||
      { cat "$output/link.log" >&2; return 1; }
  fi
  echo "$output/$1"
}

if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046
  set -- $(cd Tests/Fuzz && find . -mindepth 2 -name '*.swift' | sed 's,^\./,,; s,\.swift$,,' | sort)
fi
c_objects=$(objects_of_c CInterop/CLinux/*.c CInterop/CChecksum/*.c CInterop/CMeshABI/*.c)
nettle_objects=$(c_flags="-I CInterop/CNettle/include" objects_of_c CInterop/CNettle/*.c)
aesgcm_objects=$(c_flags="-D_GNU_SOURCE -I CInterop/CAESGCM/include" objects_of_c CInterop/CAESGCM/*.c)
# The table of handles calls functions of MeshLibrary.
library_objects=$(objects_of_c CInterop/CLibrary/*.c)
quic_objects=$(c_flags="-D_GNU_SOURCE -I CInterop/CQUIC/include -I CInterop/CAESGCM/include" objects_of_c CInterop/CQUIC/*.c)
http2_objects=$(c_flags="-I CInterop/CHTTP2/include" objects_of_c CInterop/CHTTP2/*.c)
http3_objects=$(c_flags="-I CInterop/CHTTP3/include" objects_of_c CInterop/CHTTP3/*.c)
for target in "$@"; do build "$target"; done
