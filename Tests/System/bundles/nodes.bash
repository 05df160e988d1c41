# SPDX-License-Identifier: Apache-2.0
# Sourced by the run.sh scripts here after Tests/System/library.bash: nodes that have no link but dtn.
node() { # name [keys of the plugin]
  mkdir -p -m 700 "$work/$1"
  cat >"$work/$1/mesh.yaml" <<YAML
transport_priority: [dtn]
node: { state: $work/$1/state, stop_timeout: 3s }
plugins: { directories: [${plugin_folder:-$plugins}], trust: any }
transports:
  dtn: { store: $work/$1/bundles, routing: ${routing:-direct}${2:+, $2} }
control: { socket: $work/$1/client.sock, admin_socket: $work/$1/admin.sock }
log: { level: info, format: text }
YAML
}
stopped() { # name
  ctl "$1" shutdown >/dev/null
  wait "${pid_of[$1]}" || fail "$1 did not end well"
}
figure() { ctl "$1" bundle stats | awk -v name="$2" '$1 == name { print $2 }'; } # name figure
is_figure() { [[ $(figure "$1" "$2") == "$3" ]]; }
at_least() { (($(figure "$1" "$2") >= $3)); }
does_not_start() { # name pattern: its configuration is refused with a line in the log
  "$meshd" --config "$work/$1/mesh.yaml" >"$work/$1/log" 2>&1 &
  pids+=($!)
  pid_of[$1]=$!
  until_true 10 grep -qE "$2" "$work/$1/log"
  murder "$1"
}
