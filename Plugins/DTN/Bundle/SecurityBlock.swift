// SPDX-License-Identifier: Apache-2.0

/// The content of an integrity or confidentiality block: what it covers, how, and with what result (RFC 9172
/// section 3.6). A sequence of CBOR items, not an array.
public struct SecurityBlock: Equatable, Sendable {
  /// A parameter or result: its number and its value.
  public enum Value: Equatable, Sendable {
    case number(UInt64)
    case bytes([UInt8])
  }

  /// Numbers of the blocks that it covers, 0 for the primary one.
  public var targets: [UInt64]
  /// The security context: 1 BIB-HMAC-SHA2, 2 BCB-AES-GCM (RFC 9173).
  public var context: UInt64
  /// Who added it.
  public var source: EndpointID
  /// By rising number.
  public var parameters: [(id: UInt64, value: Value)]
  /// For each target, in their order.
  public var results: [[(id: UInt64, value: Value)]]

  /// Most targets, and most parameters or results of one target, that are read.
  public static let itemLimit = 64

  /// A security block; see the members.
  public init(
    targets: [UInt64], context: UInt64, source: EndpointID, parameters: [(id: UInt64, value: Value)],
    results: [[(id: UInt64, value: Value)]] = []
  ) {
    self.targets = targets
    self.context = context
    self.source = source
    self.parameters = parameters
    self.results = results
  }

  /// Equal when all members are.
  public static func == (one: SecurityBlock, other: SecurityBlock) -> Bool { one.encoded == other.encoded }

  /// The number that a parameter has, or nil.
  public func number(_ id: UInt64) -> UInt64? {
    if case .number(let value)? = parameters.first(where: { $0.id == id })?.value { return value }
    return nil
  }

  /// The bytes that a parameter has, or nil.
  public func bytes(_ id: UInt64) -> [UInt8]? {
    if case .bytes(let value)? = parameters.first(where: { $0.id == id })?.value { return value }
    return nil
  }

  /// The content as it stands in the block.
  public var encoded: [UInt8] {
    var writer = ItemWriter()
    writer.array(targets.count)
    for target in targets { writer.unsigned(target) }
    writer.unsigned(context)
    writer.unsigned(parameters.isEmpty ? 0 : 1)
    source.write(to: &writer)
    if !parameters.isEmpty { Self.write(parameters, to: &writer) }
    writer.array(results.count)
    for result in results { Self.write(result, to: &writer) }
    return writer.bytes
  }

  /// Reads the content of a block.
  public init(_ data: [UInt8], limits: BundleLimits = BundleLimits()) throws(BundleError) {
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(BundleError) -> SecurityBlock in
        var reader = ItemReader(bytes)
        let block = try SecurityBlock(from: &reader, limits: limits)
        guard reader.isAtEnd else { throw reader.malformed("bytes follow a security block") }
        return block
      }
    }
    self = try result.get()
  }

  private init(from reader: inout ItemReader, limits: BundleLimits) throws(BundleError) {
    targets = []
    for _ in 0..<(try Self.count(&reader, "the targets of a security block")) {
      let target = try reader.unsigned("a target")
      guard !targets.contains(target) else { throw reader.malformed("a target is named twice") }
      targets.append(target)
    }
    guard !targets.isEmpty else { throw reader.malformed("a security block without a target") }
    context = try reader.unsigned("a security context")
    let flags = try reader.unsigned("the flags of a security block")
    source = try EndpointID(from: &reader, limits: limits)
    parameters = flags & 1 == 1 ? try Self.read(&reader, "the parameters of a security block") : []
    results = []
    let count = try Self.count(&reader, "the results of a security block")
    guard count == targets.count else { throw reader.malformed("\(count) results for \(targets.count) targets") }
    for _ in 0..<count { results.append(try Self.read(&reader, "the results of a target")) }
  }

  private static func count(_ reader: inout ItemReader, _ what: StaticString) throws(BundleError) -> Int {
    let count = try reader.array(what)
    guard count <= itemLimit else { throw BundleError(.limit, "\(what): \(count) of them", at: reader.position) }
    return count
  }

  private static func read(
    _ reader: inout ItemReader, _ what: StaticString
  ) throws(BundleError) -> [(id: UInt64, value: Value)] {
    var values: [(id: UInt64, value: Value)] = []
    for _ in 0..<(try count(&reader, what)) {
      guard try reader.array("a parameter or result") == 2 else {
        throw reader.malformed("a parameter or result is not a pair")
      }
      let id = try reader.unsigned("the number of a parameter or result")
      let isNumber = try reader.peek() >> 5 == ItemReader.Major.unsigned.rawValue
      values.append((id, isNumber ? .number(try reader.unsigned(what)) : .bytes(Array(try reader.string(what)))))
    }
    return values
  }

  private static func write(_ values: [(id: UInt64, value: Value)], to writer: inout ItemWriter) {
    writer.array(values.count)
    for (id, value) in values {
      writer.array(2)
      writer.unsigned(id)
      switch value {
      case .number(let number): writer.unsigned(number)
      case .bytes(let bytes): writer.string(bytes)
      }
    }
  }
}
