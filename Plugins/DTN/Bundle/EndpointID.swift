// SPDX-License-Identifier: Apache-2.0

/// Who a bundle is for or from (RFC 9171 section 4.2.5, RFC 9758 for `ipn`).
///
/// What was read is written again in the same bytes, so that a checksum or signature over it still fits.
public enum EndpointID: Hashable, Sendable {
  /// `dtn:none`, nobody.
  case none
  /// `dtn:` and this part, such as `//node/service`.
  case dtn(String)
  /// `ipn:allocator.node.service`; `isShort` when it travels as two numbers, the allocator in the upper half of the
  /// first.
  case ipn(allocator: UInt32, node: UInt32, service: UInt64, isShort: Bool)
  /// A scheme that is not known here, with the encoding of its part.
  case other(scheme: UInt64, part: [UInt8])

  /// Nobody: `dtn:none`, or an `ipn` node 0 of the default allocator.
  public var isNull: Bool {
    switch self {
    case .none: true
    case .ipn(allocator: 0, node: 0, service: _, isShort: _): true
    default: false
    }
  }

  /// The node that the endpoint is on: `dtn://node/`, `ipn:node.0`; nil for nobody and unknown schemes.
  public var node: EndpointID? {
    switch self {
    case .none, .other: return nil
    case .ipn(let allocator, let node, _, let isShort):
      return isNull ? nil : .ipn(allocator: allocator, node: node, service: 0, isShort: isShort)
    case .dtn(let part):
      guard part.hasPrefix("//") else { return nil }
      let name = part.dropFirst(2).prefix { $0 != "/" }
      return name.isEmpty ? nil : .dtn("//\(name)/")
    }
  }

  /// An endpoint from its text, such as `dtn://node/service` or `ipn:4.7`.
  public init(_ text: String) throws(BundleError) {
    let refusal = BundleError(.invalid, "'\(text)' is not an endpoint; expected dtn://node/service or ipn:node.service")
    if text == "dtn:none" {
      self = .none
    } else if text.hasPrefix("dtn:") {
      self = .dtn(String(text.dropFirst(4)))
      guard isGrammatical else { throw refusal }
    } else if text.hasPrefix("ipn:") {
      let numbers = text.dropFirst(4).split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
      guard numbers.count == 2 || numbers.count == 3, numbers.allSatisfy({ $0 != nil }),
        let first = numbers[0], let service = numbers.last ?? nil
      else { throw refusal }
      if numbers.count == 2 {
        self = .ipn(
          allocator: UInt32(first >> 32), node: UInt32(truncatingIfNeeded: first), service: service, isShort: true)
      } else {
        guard let node = numbers[1].flatMap({ UInt32(exactly: $0) }), let allocator = UInt32(exactly: first) else {
          throw refusal
        }
        self = .ipn(allocator: allocator, node: node, service: service, isShort: false)
      }
    } else {
      throw refusal
    }
  }

  /// Whether a `dtn` name has the form of RFC 9171 section 4.2.5.1.1: `//`, a node name, `/`, anything visible.
  var isGrammatical: Bool {
    guard case .dtn(let part) = self else { return true }
    let bytes = Array(part.utf8)
    guard bytes.starts(with: [0x2f, 0x2f]), let slash = bytes.dropFirst(2).firstIndex(of: 0x2f), slash > 2 else {
      return false
    }
    return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }
}

extension EndpointID {
  /// Bytes that it has in memory beyond those of every endpoint.
  package var nameSize: Int {
    switch self {
    case .dtn(let part): part.utf8.count
    case .other(_, let part): part.count
    case .none, .ipn: 0
    }
  }
}

extension EndpointID: CustomStringConvertible {
  /// The endpoint as a URI.
  public var description: String {
    switch self {
    case .none: "dtn:none"
    case .dtn(let part): "dtn:\(part)"
    case .ipn(let allocator, let node, let service, _):
      allocator == 0 ? "ipn:\(node).\(service)" : "ipn:\(allocator).\(node).\(service)"
    case .other(let scheme, let part): "scheme \(scheme), \(part.count) bytes"
    }
  }
}

extension EndpointID {
  package init(from reader: inout ItemReader, limits: BundleLimits) throws(BundleError) {
    let start = reader.position
    guard try reader.array("an endpoint") == 2 else {
      throw BundleError(.malformed, "an endpoint is not a pair", at: start)
    }
    switch try reader.unsigned("the scheme of an endpoint") {
    case 1:
      if try reader.peek() >> 5 == ItemReader.Major.unsigned.rawValue {
        guard try reader.unsigned("an endpoint") == 0 else {
          throw BundleError(.invalid, "a dtn endpoint is a number other than 0", at: start)
        }
        self = .none
        return
      }
      let text = try reader.text("the name of an endpoint")
      guard text.utf8.count <= limits.endpoint else {
        throw BundleError(.limit, "the name of an endpoint is too long", at: start)
      }
      self = .dtn(text)
      guard isGrammatical || limits.isLenient else {
        throw BundleError(.invalid, "'dtn:\(text)' is not a name of RFC 9171", at: start)
      }
    case 2: self = try .ipn(from: &reader, start: start)
    case let scheme:
      let part = try reader.skip(depth: limits.depth)
      guard part.count <= limits.endpoint else { throw BundleError(.limit, "an endpoint is too long", at: start) }
      self = .other(scheme: scheme, part: Array(part))
    }
  }

  private static func ipn(from reader: inout ItemReader, start: Int) throws(BundleError) -> EndpointID {
    let count = try reader.array("an ipn endpoint")
    guard count == 2 || count == 3 else {
      throw BundleError(.malformed, "an ipn endpoint has neither two nor three numbers", at: start)
    }
    let first = try reader.unsigned("an ipn number")
    let second = try reader.unsigned("an ipn number")
    if count == 2 {
      return .ipn(
        allocator: UInt32(first >> 32), node: UInt32(truncatingIfNeeded: first), service: second, isShort: true)
    }
    guard let allocator = UInt32(exactly: first), let node = UInt32(exactly: second) else {
      throw BundleError(.invalid, "an ipn number has more than 32 bits", at: start)
    }
    return .ipn(allocator: allocator, node: node, service: try reader.unsigned("an ipn number"), isShort: false)
  }

  package func write(to writer: inout ItemWriter) {
    writer.array(2)
    switch self {
    case .none:
      writer.unsigned(1)
      writer.unsigned(0)
    case .dtn(let part):
      writer.unsigned(1)
      writer.text(part)
    case .ipn(let allocator, let node, let service, let isShort):
      writer.unsigned(2)
      writer.array(isShort ? 2 : 3)
      if isShort {
        writer.unsigned(UInt64(allocator) << 32 | UInt64(node))
      } else {
        writer.unsigned(UInt64(allocator))
        writer.unsigned(UInt64(node))
      }
      writer.unsigned(service)
    case .other(let scheme, let part):
      writer.unsigned(scheme)
      writer.raw(part)
    }
  }
}
