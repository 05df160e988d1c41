// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshControl

/// `mesh_send_options`, checked.
struct SendOptions {
  var flags: UInt32 = 0
  var trafficClass = UInt32(MESH_TCLASS_NORMAL)
  var metadata: UnsafeRawPointer?
  var metadataCount = 0
  var key: UnsafeRawPointer?
  var lifetime: UInt64 = 0
  var token: UInt64 = 0

  /// The options of a call, or nil and the code. `allowed` are the flags that make sense for it.
  @inline(__always)
  static func of(
    _ options: UnsafePointer<mesh_send_options>?, allowed: UInt32, trafficClass: UInt32, metadata: Bool,
    code: inout Int32
  ) -> SendOptions? {
    guard let options else { return SendOptions(trafficClass: trafficClass) }
    let given = options.pointee
    guard given.size == MemoryLayout<mesh_send_options>.size else {
      guard OptionStruct.check(options, size: given.size, known: MemoryLayout<mesh_send_options>.size, code: &code)
      else { return nil }
      return of(given, allowed, trafficClass, metadata, &code)
    }
    return of(given, allowed, trafficClass, metadata, &code)
  }

  @inline(__always)
  private static func of(
    _ given: mesh_send_options, _ allowed: UInt32, _ trafficClass: UInt32, _ metadata: Bool, _ code: inout Int32
  ) -> SendOptions? {
    guard given.flags & ~allowed == 0 else {
      code = refuse(.flag, "a flag of the options is unknown, or of no use in this call")
      return nil
    }
    guard given.tclass <= MESH_TCLASS_BACKGROUND else {
      code = refuse(.invalid, "'tclass' is none of MESH_TCLASS_*")
      return nil
    }
    guard given.metadata_len == 0 || (metadata && given.metadata != nil) else {
      code = refuse(.invalid, "metadata goes with streams and requests only, and needs a pointer")
      return nil
    }
    guard given.metadata_len <= MESH_METADATA_MAX else {
      code = refuse(.limit, "metadata has at most 4096 bytes")
      return nil
    }
    return SendOptions(
      flags: given.flags, trafficClass: given.tclass == 0 ? trafficClass : given.tclass, metadata: given.metadata,
      metadataCount: Int(given.metadata_len), key: UnsafeRawPointer(given.key), lifetime: given.lifetime_ms,
      token: given.token)
  }
}

/// The rule for structs that grow: a newer one may come, if what this library does not know of it is 0.
enum OptionStruct {
  private static let limit = 4096

  /// Whether a struct with this `size` may be read up to `known`.
  static func check(_ options: UnsafeRawPointer, size: UInt32, known: Int, code: inout Int32) -> Bool {
    guard Int(size) >= known, Int(size) <= limit else {
      code = refuse(.invalid, "'size' of the options is not that of the struct: use its _default function")
      return false
    }
    for offset in known..<Int(size) where options.load(fromByteOffset: offset, as: UInt8.self) != 0 {
      code = refuse(.flag, "the options say something that this version of the library does not know")
      return false
    }
    return true
  }
}
