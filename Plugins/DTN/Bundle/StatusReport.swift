// SPDX-License-Identifier: Apache-2.0

/// Why a status report was sent (RFC 9171 section 9.5, RFC 9172 section 7.1).
public struct StatusReason: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt64
  /// A reason from its number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// No further information.
  public static let none = StatusReason(rawValue: 0)
  /// Its lifetime has passed.
  public static let lifetimeExpired = StatusReason(rawValue: 1)
  /// It was forwarded over a one-way link.
  public static let unidirectional = StatusReason(rawValue: 2)
  /// Its transmission was cancelled.
  public static let cancelled = StatusReason(rawValue: 3)
  /// There is no room for it.
  public static let depletedStorage = StatusReason(rawValue: 4)
  /// The destination cannot be read or used.
  public static let destinationUnintelligible = StatusReason(rawValue: 5)
  /// No route leads to the destination.
  public static let noRoute = StatusReason(rawValue: 6)
  /// No contact comes in time.
  public static let noTimelyContact = StatusReason(rawValue: 7)
  /// A block cannot be read.
  public static let blockUnintelligible = StatusReason(rawValue: 8)
  /// It was forwarded too often.
  public static let hopLimitExceeded = StatusReason(rawValue: 9)
  /// It was dropped to save traffic.
  public static let trafficPared = StatusReason(rawValue: 10)
  /// The node has no use for a block that had to be processed.
  public static let blockUnsupported = StatusReason(rawValue: 11)
  /// A security operation that policy asks for is missing.
  public static let missingSecurity = StatusReason(rawValue: 12)
  /// A security operation is not known.
  public static let unknownSecurity = StatusReason(rawValue: 13)
  /// A security operation was not to be expected.
  public static let unexpectedSecurity = StatusReason(rawValue: 14)
  /// A security operation failed.
  public static let failedSecurity = StatusReason(rawValue: 15)
  /// Security operations contradict each other.
  public static let conflictingSecurity = StatusReason(rawValue: 16)
}

/// What became of a bundle at a node (RFC 9171 section 6.1.1): the payload of an administrative bundle.
public struct StatusReport: Hashable, Sendable {
  /// One thing that may have happened.
  public struct Assertion: Hashable, Sendable {
    /// It happened.
    public var isTrue: Bool
    /// When, in milliseconds since 2000; only if the bundle asked for times.
    public var time: UInt64?

    /// A statement.
    public init(_ isTrue: Bool = false, time: UInt64? = nil) {
      self.isTrue = isTrue
      self.time = isTrue ? time : nil
    }
  }

  /// The node has received it.
  public var received = Assertion()
  /// The node has forwarded it.
  public var forwarded = Assertion()
  /// The node has delivered it to an application.
  public var delivered = Assertion()
  /// The node has deleted it.
  public var deleted = Assertion()
  /// Why.
  public var reason: StatusReason
  /// The bundle that this is about.
  public var subject: BundleID

  /// A report that says nothing yet.
  public init(about subject: BundleID, reason: StatusReason = .none) {
    self.subject = subject
    self.reason = reason
  }

  /// The administrative record.
  public var encoded: [UInt8] {
    var writer = ItemWriter()
    writer.array(2)
    writer.unsigned(1)
    writer.array(subject.fragment == nil ? 4 : 6)
    writer.array(4)
    for assertion in [received, forwarded, delivered, deleted] {
      writer.array(assertion.time == nil ? 1 : 2)
      writer.bool(assertion.isTrue)
      if let time = assertion.time { writer.unsigned(time) }
    }
    writer.unsigned(reason.rawValue)
    subject.source.write(to: &writer)
    subject.timestamp.write(to: &writer)
    if let fragment = subject.fragment {
      writer.unsigned(fragment.offset)
      writer.unsigned(fragment.length)
    }
    return writer.bytes
  }

  /// Reads an administrative record; nil for one of another type.
  public static func read(_ payload: [UInt8], limits: BundleLimits = BundleLimits()) throws(BundleError)
    -> StatusReport?
  {
    let result = payload.withUnsafeBytes { bytes in
      Result { () throws(BundleError) -> StatusReport? in
        var reader = ItemReader(bytes)
        guard try reader.array("an administrative record") == 2 else {
          throw reader.malformed("an administrative record is not a pair")
        }
        guard try reader.unsigned("a record's type") == 1 else { return nil }
        let report = try StatusReport(from: &reader, limits: limits)
        guard reader.isAtEnd else { throw reader.malformed("bytes follow a status report") }
        return report
      }
    }
    return try result.get()
  }

  private init(from reader: inout ItemReader, limits: BundleLimits) throws(BundleError) {
    let count = try reader.array("a status report")
    guard count == 4 || count == 6 else { throw reader.malformed("a status report has \(count) items") }
    guard try reader.array("the statements of a report") == 4 else {
      throw reader.malformed("a status report does not have four statements")
    }
    received = try Assertion(from: &reader)
    forwarded = try Assertion(from: &reader)
    delivered = try Assertion(from: &reader)
    deleted = try Assertion(from: &reader)
    reason = StatusReason(rawValue: try reader.unsigned("a reason"))
    let source = try EndpointID(from: &reader, limits: limits)
    let timestamp = try CreationTimestamp(from: &reader)
    subject = BundleID(source: source, timestamp: timestamp)
    if count == 6 {
      let offset = try reader.unsigned("a fragment's offset")
      subject.fragment = .init(offset: offset, length: try reader.unsigned("a fragment's length"))
    }
  }

  /// The bundle that carries the report, or nil when none may be sent: nobody asked, or it would be a report about an
  /// administrative record or an anonymous bundle (RFC 9171 section 5.1).
  public func bundle(
    about bundle: Bundle, from node: EndpointID, timestamp: CreationTimestamp, lifetime: UInt64
  ) -> Bundle? {
    let destination = bundle.primary.reportTo
    guard !destination.isNull, !bundle.primary.flags.contains(.administrative), !bundle.primary.source.isNull else {
      return nil
    }
    let primary = PrimaryBlock(
      destination: destination, source: node, timestamp: timestamp, lifetime: lifetime, flags: .administrative)
    return Bundle(primary: primary, payload: encoded)
  }
}

extension StatusReport.Assertion {
  fileprivate init(from reader: inout ItemReader) throws(BundleError) {
    let count = try reader.array("a statement of a report")
    guard count == 1 || count == 2 else { throw reader.malformed("a statement of a report has \(count) items") }
    let isTrue = try reader.bool("a statement of a report")
    guard isTrue || count == 1 else { throw reader.malformed("the time of something that did not happen") }
    self.init(isTrue, time: count == 2 ? try reader.unsigned("the time of a report") : nil)
  }
}
