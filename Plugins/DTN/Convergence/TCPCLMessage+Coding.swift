// SPDX-License-Identifier: Apache-2.0

extension TCPCLMessage {
  /// The message at the front of `bytes` and its size in bytes; nil when it has not arrived as a whole. A whole message
  /// has at most some 5 KiB, the data of a segment apart.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(ProtocolFault) -> (message: TCPCLMessage, size: Int)? {
    var reader = OctetReader(bytes)
    guard let first = reader.number(UInt8.self) else { return nil }
    guard let code = Code(rawValue: first) else { throw .unknownMessage(first) }
    guard let message = try read(code, &reader) else { return nil }
    return (message, reader.position)
  }

  private static func read(_ code: Code, _ reader: inout OctetReader) throws(ProtocolFault) -> TCPCLMessage? {
    switch code {
    case .segment: return try segment(&reader)
    case .sessionInit: return try sessionInit(&reader)
    case .keepAlive: return .keepAlive
    case .acknowledgment:
      guard let flags = reader.number(UInt8.self), let transfer = reader.number(UInt64.self),
        let length = reader.number(UInt64.self)
      else { return nil }
      return .acknowledgment(.init(flags: TransferFlags(rawValue: flags), transfer: transfer, length: length))
    case .refusal:
      guard let reason = reader.number(UInt8.self), let transfer = reader.number(UInt64.self) else { return nil }
      return .refusal(RefusalReason(rawValue: reason), transfer: transfer)
    case .termination:
      guard let flags = reader.number(UInt8.self), let reason = reader.number(UInt8.self) else { return nil }
      return .termination(TerminationReason(rawValue: reason), isReply: flags & 1 == 1)
    case .rejection:
      guard let reason = reader.number(UInt8.self), let type = reader.number(UInt8.self) else { return nil }
      return .rejection(reason: reason, type: type)
    }
  }

  private static func segment(_ reader: inout OctetReader) throws(ProtocolFault) -> TCPCLMessage? {
    guard let bits = reader.number(UInt8.self), let transfer = reader.number(UInt64.self) else { return nil }
    let flags = TransferFlags(rawValue: bits)
    var extensions: [ExtensionItem] = []
    if flags.contains(.start) {
      guard let items = try ExtensionItem.read(&reader) else { return nil }
      extensions = items
    }
    guard let length = reader.number(UInt64.self) else { return nil }
    return .segment(.init(flags: flags, transfer: transfer, extensions: extensions, length: length))
  }

  private static func sessionInit(_ reader: inout OctetReader) throws(ProtocolFault) -> TCPCLMessage? {
    guard let keepAlive = reader.number(UInt16.self), let segmentLimit = reader.number(UInt64.self),
      let transferLimit = reader.number(UInt64.self), let length = reader.number(UInt16.self)
    else { return nil }
    guard length <= nodeLimit else { throw .excessive("a node's name of \(length) bytes, more than \(nodeLimit)") }
    guard let name = reader.take(Int(length)) else { return nil }
    guard let node = String(validating: name, as: UTF8.self) else { throw .malformed("a node's name is not UTF-8") }
    guard let extensions = try ExtensionItem.read(&reader) else { return nil }
    return .sessionInit(
      .init(
        keepAlive: keepAlive, segmentLimit: segmentLimit, transferLimit: transferLimit, node: node,
        extensions: extensions))
  }

  /// Writes the message; the data of a segment is the caller's to append.
  func write(to output: inout OctetQueue) {
    output.append(code.rawValue)
    switch self {
    case .keepAlive: break
    case .segment(let segment):
      output.append(segment.flags.rawValue)
      output.append(bigEndian: segment.transfer)
      if segment.flags.contains(.start) { ExtensionItem.write(segment.extensions, to: &output) }
      output.append(bigEndian: segment.length)
    case .acknowledgment(let acknowledgment):
      output.append(acknowledgment.flags.rawValue)
      output.append(bigEndian: acknowledgment.transfer)
      output.append(bigEndian: acknowledgment.length)
    case .refusal(let reason, let transfer):
      output.append(reason.rawValue)
      output.append(bigEndian: transfer)
    case .termination(let reason, let isReply):
      output.append(isReply ? 1 : 0)
      output.append(reason.rawValue)
    case .rejection(let reason, let type):
      output.append(reason)
      output.append(type)
    case .sessionInit(let parameters):
      output.append(bigEndian: parameters.keepAlive)
      output.append(bigEndian: parameters.segmentLimit)
      output.append(bigEndian: parameters.transferLimit)
      output.append(bigEndian: UInt16(parameters.node.utf8.count))
      for byte in parameters.node.utf8 { output.append(byte) }
      ExtensionItem.write(parameters.extensions, to: &output)
    }
  }
}
