// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI

/// One command as it lies in the bytes that an application has sent; the memory is lent.
struct ApplicationCommand {
  let header: application_command
  /// Sixteen bytes, or empty.
  let key: UnsafeRawBufferPointer
  let metadata: UnsafeRawBufferPointer
  let data: UnsafeRawBufferPointer
  /// Of the whole record, a multiple of 8.
  let length: Int

  static let headerSize = 64
  private static let knownFlags =
    APP_FLAG_UNRELIABLE | APP_FLAG_UNORDERED | APP_FLAG_TELL_SENT | APP_FLAG_TELL_SETTLED | APP_FLAG_IDEMPOTENT
    | APP_FLAG_TELL_STORED | APP_FLAG_KEY | APP_FLAG_MORE | APP_FLAG_REPEATED | APP_FLAG_KEPT

  /// What it counts against credit.
  var cost: UInt64 { UInt64(Self.headerSize + key.count + metadata.count + data.count) }

  func has(_ flag: UInt32) -> Bool { header.flags & flag != 0 }

  /// The length of the record that starts with `bytes`; 0 when not even the header is there.
  static func length(of bytes: UnsafeRawBufferPointer) throws(ApplicationFault) -> Int {
    guard bytes.count >= headerSize else { return 0 }
    let header = bytes.loadUnaligned(as: application_command.self)
    guard header.len <= MESH_MESSAGE_MAX, header.meta_len <= MESH_METADATA_MAX else {
      throw ApplicationFault("a command that is longer than its limit")
    }
    let key = header.flags & APP_FLAG_KEY != 0 ? Int(MESH_KEY_SIZE) : 0
    return (headerSize + key + Int(header.meta_len) + Int(header.len) + 7) & ~7
  }

  /// The command that `bytes` start with, or nil while some of it is missing.
  init?(_ bytes: UnsafeRawBufferPointer) throws(ApplicationFault) {
    let length = try Self.length(of: bytes)
    guard length > 0 else { return nil }
    let header = bytes.loadUnaligned(as: application_command.self)
    guard header.flags & ~Self.knownFlags == 0, header.reserved0 == 0, header.reserved1 == 0 else {
      throw ApplicationFault("a command of kind \(header.kind) with flags or members that nobody knows")
    }
    guard length <= bytes.count else { return nil }
    self.header = header
    self.length = length
    let metadataAt = Self.headerSize + (header.flags & APP_FLAG_KEY != 0 ? Int(MESH_KEY_SIZE) : 0)
    let dataAt = metadataAt + Int(header.meta_len)
    key = UnsafeRawBufferPointer(rebasing: bytes[Self.headerSize..<metadataAt])
    metadata = UnsafeRawBufferPointer(rebasing: bytes[metadataAt..<dataAt])
    data = UnsafeRawBufferPointer(rebasing: bytes[dataAt..<(dataAt + Int(header.len))])
  }
}
