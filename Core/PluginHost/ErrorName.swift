// SPDX-License-Identifier: Apache-2.0
import CMeshABI

private let names: [StaticString] = [
  "OK", "INVALID", "FLAG", "STATE", "NOMEM", "STALE", "AGAIN", "UNSUPPORTED", "ADDRESS", "REFUSED", "TIMEOUT",
  "UNREACHABLE", "CLOSED", "RESET", "AUTH", "PROTOCOL", "CONFIG", "RESTART", "EXISTS", "NOTFOUND", "LIMIT", "MTU",
  "EXPIRED", "IO", "CANCELLED", "VERSION", "BUSY", "PERMISSION", "INTERNAL",
]

/// The name of a `MESH_E_*` code without its prefix, or the number for one that this version does not know.
public func errorName(_ code: Int32) -> String {
  guard code <= 0, code > -Int32(names.count) else { return "\(code)" }
  return "\(names[Int(-code)])"
}
