// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import Glibc
import MeshControl

/// The names of protocols that the application has used, with their numbers.
struct ProtocolTable: ~Copyable {
  private var numbers: [[UInt8]: UInt32] = [:]
  /// The name used last, with its NUL: most calls name it again.
  private let last: UnsafeMutablePointer<CChar>
  private var lastNumber: UInt32 = .max

  init() {
    last = .allocate(capacity: Int(MESH_PROTOCOL_MAX) + 1)
    last.initialize(repeating: 0, count: Int(MESH_PROTOCOL_MAX) + 1)
  }

  deinit { last.deallocate() }

  /// The number of the name used last, if it is this one.
  @inline(__always)
  func cached(_ name: UnsafePointer<CChar>) -> UInt32? {
    lastNumber != .max && strcmp(name, last) == 0 ? lastNumber : nil
  }

  /// Looks a name up, or gives it a number: `isNew` says which.
  mutating func number(_ name: UnsafePointer<CChar>, isNew: inout Bool) throws(LibraryError) -> UInt32 {
    let length = strnlen(name, Int(MESH_PROTOCOL_MAX) + 1)
    guard length > 1, length <= Int(MESH_PROTOCOL_MAX), name[0] == CChar(bitPattern: UInt8(ascii: "/")) else {
      throw LibraryError(.invalid, "the name of a protocol has 2 to \(MESH_PROTOCOL_MAX) bytes and begins with '/'")
    }
    let bytes = Array(UnsafeRawBufferPointer(start: name, count: length))
    guard String(validating: bytes, as: UTF8.self) != nil, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw LibraryError(.invalid, "the name of a protocol is UTF-8 without control characters")
    }
    let number: UInt32
    if let known = numbers[bytes] {
      number = known
    } else {
      guard numbers.count < Int(APP_PROTOCOLS) - 1 else {
        throw LibraryError(.limit, "a handle uses at most \(APP_PROTOCOLS - 1) protocols")
      }
      number = UInt32(numbers.count) + 1
      numbers[bytes] = number
      isNew = true
    }
    memcpy(last, name, length)
    last[length] = 0
    lastNumber = number
    return number
  }

  /// The node has not heard of the newest name.
  mutating func forget(_ name: UnsafePointer<CChar>) {
    numbers[Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))] = nil
    lastNumber = .max
  }
}

extension Application {
  /// The number of a protocol; the node learns of a new one.
  @inline(__always)
  func protocolNumber(_ name: UnsafePointer<CChar>?) throws(LibraryError) -> UInt32 {
    guard let name else { throw LibraryError(.invalid, "'protocol' is NULL") }
    if let number = protocols.cached(name) { return number }
    return try declare(name)
  }

  @inline(never)
  private func declare(_ name: UnsafePointer<CChar>) throws(LibraryError) -> UInt32 {
    var isNew = false
    let number = try protocols.number(name, isNew: &isNew)
    if isNew {
      var command = application_command()
      command.kind = APP_PROTOCOL
      command.protocol = number
      guard write(command, text: Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))) else {
        protocols.forget(name)
        throw .noMemory
      }
    }
    return number
  }
}
