#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# noise-echo, websocket-echo, http3-site, bundle-echo and meshd against implementations of others, from PyPI, and the
# site of HTX against nginx. Called by `make proof`.
# The packages stay in build/interop; remove that folder to have them fetched again.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/install-packages interop
venv=build/interop/venv
requirements=Tests/Interop/requirements.txt

if [ ! -x "$venv/bin/python" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" || { echo "interop: no virtual environment; install python3-venv (make packages)"; exit 1; }
fi
if ! cmp -s "$requirements" "$venv/installed.txt"; then
  if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 -r "$requirements"; then
    echo "interop: PyPI is out of reach, or lacks what $requirements names, so nothing was compared with the" \
      "implementations of others; run this where 'pip install' works"
    exit 1
  fi
  cp "$requirements" "$venv/installed.txt"
fi

failed=0
for pair in noise websocket bundle; do
  swift build -c release -j "${JOBS:-2}" --product "$pair-echo" || { failed=1; continue; }
  echo "$pair"
  timeout -k 10 300 "$venv/bin/python" -P "Tests/Interop/$pair.py" ".build/release/$pair-echo" || failed=1
done
echo http3
if swift build -c release -j "${JOBS:-2}" --product http3-site; then
  timeout -k 10 300 "$venv/bin/python" -P Tests/Interop/http3.py .build/release/http3-site || failed=1
else
  failed=1
fi

echo "mtcp"
timeout -k 10 300 "$venv/bin/python" -P Tests/Interop/mtcp.py build/bin/meshd build/bin/meshctl build/plugins || failed=1
echo visit
timeout -k 10 300 "$venv/bin/python" -P Tests/Interop/visit.py build/bin/meshd "$PWD/build/plugins" || failed=1

echo calibrate
timeout -k 10 300 "$venv/bin/python" -P Tests/Interop/calibrate.py build/bin/meshd build/bin/meshctl "$PWD/build/plugins" ||
  failed=1

echo "dissect"
# Only unpacked, with the libraries that are not there.
tshark=$(command -v tshark || true)
if [ -z "$tshark" ]; then
  folder=$PWD/build/interop/wireshark
  tshark=$folder/tshark
  if [ ! -x "$tshark" ]; then
    mkdir -p "$folder"
    (cd "$folder" &&
      apt-get download $(apt-get install -s --no-install-recommends tshark | awk '/^Inst/ { print $2 }') &&
      for package in *.deb; do dpkg -x "$package" . || exit 1; done && rm -f ./*.deb) >/dev/null ||
      { echo "interop: tshark cannot be downloaded, so Wireshark has not read what is said over TCPCLv4"; exit 1; }
    libraries=$(dirname "$(find "$folder/usr/lib" -name 'libwireshark.so.*' | sed -n 1p)")
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$folder/usr/bin/tshark" >"$tshark"
    chmod 755 "$tshark"
  fi
fi
timeout -k 10 300 "$venv/bin/python" -P Tests/Interop/dissect.py build/bin/meshd build/bin/meshctl build/plugins \
  "$tshark" || failed=1

echo "site"
nginx=$(command -v nginx || echo "$PWD/build/packages/nginx/usr/sbin/nginx")
timeout -k 10 400 "$venv/bin/python" -P Tests/Interop/site.py build/bin/meshd "$PWD/build/plugins" "$nginx" || failed=1
exit "$failed"
