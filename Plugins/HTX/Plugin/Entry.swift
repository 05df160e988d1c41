// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXDriver

/// What the shared object exports.
@c
public func mesh_plugin_entry_v1(
  _ host: UnsafePointer<mesh_host_api>?, _ out: UnsafeMutablePointer<mesh_plugin_api>?
) -> Int32 {
  htxPluginEntry(host, out)
}
