// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// What people ask of an agent: bundles to any endpoint, from any endpoint of this node, and a look into the store.
extension BundleAgent {
  /// One line of a listing.
  public struct Line: Sendable {
    /// Its number in the store.
    public var sequence: UInt64
    /// What is known of it.
    public var record: BundleRecord
    /// Bytes of it.
    public var size: Int
  }

  /// Whether an endpoint is one of this node.
  func isHere(_ endpoint: EndpointID) -> Bool {
    guard let name = endpoint.routingNode else { return false }
    return name == node.routingNode || name == settings.otherName?.routingNode
  }

  /// Bundles in the store from a number on, at most `limit`.
  public func list(from first: UInt64, limit: Int) throws(StoreError) -> [Line] {
    try store.list(from: first, limit: limit).map { Line(sequence: $0.sequence, record: $0.record, size: $0.size) }
  }

  /// A bundle of the store, or nil.
  public func show(_ sequence: UInt64) -> (bundle: Bundle, record: BundleRecord)? {
    guard let record = record(sequence), let bundle = bundle(sequence) else { return nil }
    return (bundle, record)
  }

  /// Takes a bundle out of the store that somebody has read.
  public func consumed(_ sequence: UInt64) { remove(sequence, reporting: .reportDelivery, isRead: true) }

  /// Takes a bundle out of the store; false when there is none. An envelope's sender is told.
  public func discard(_ sequence: UInt64) -> Bool {
    if store.removeDamaged(sequence) { return true }
    guard let record = record(sequence) else { return false }
    if record.marks.contains(.own), own[record.id.timestamp.sequence] == sequence {
      _ = cancel(record.id.timestamp.sequence)
    } else {
      remove(sequence, reporting: .reportDeletion, reason: .cancelled, isRead: true)
    }
    return true
  }

  /// What became of a bundle that `make` has numbered: `MESH_OK` once it is on disk, `MESH_E_AGAIN` until then. Any other
  /// answer is given once.
  public func outcome(of sequence: UInt64) -> Int32 {
    guard made[sequence] != MESH_E_AGAIN else { return MESH_E_AGAIN }
    return made.removeValue(forKey: sequence) ?? MESH_OK
  }

  /// Makes a bundle of this node and keeps it: `MESH_OK`, or why not. Nothing reports what becomes of it.
  /// - Parameters:
  ///   - service: the endpoint of this node that it comes from.
  ///   - lifetime: milliseconds.
  public func send(_ payload: [UInt8], to destination: EndpointID, service: String, lifetime: UInt64) -> Int32 {
    switch make(payload, to: destination, service: service, lifetime: lifetime) {
    case .success(let sequence):
      made[sequence] = nil
      return MESH_OK
    case .failure(let refusal): return refusal.code
    }
  }

  /// Why a bundle was not made.
  public struct Refusal: Error {
    /// `MESH_E_MTU`, `MESH_E_LIMIT`, …
    public var code: Int32
  }

  /// The same, with the number of the bundle, for `outcome`.
  /// - Parameter reports: what other nodes are asked to tell this one, with its time.
  public func make(
    _ payload: [UInt8], to destination: EndpointID, service: String, lifetime: UInt64, reports: BundleFlags = []
  ) -> Result<UInt64, Refusal> {
    // Nobody would ever have it.
    guard !destination.isNull else { return .failure(Refusal(code: MESH_E_INVALID)) }
    guard payload.count + 1024 <= settings.largestBundle else { return .failure(Refusal(code: MESH_E_MTU)) }
    let now = host.bundleTime
    let wishes = reports.intersection(.reports)
    var bundle = Bundle(
      primary: PrimaryBlock(
        destination: destination, source: endpoint(service), reportTo: wishes.isEmpty ? .none : name,
        timestamp: CreationTimestamp(time: now, sequence: nextNumber(now)), lifetime: lifetime,
        flags: wishes.isEmpty ? [] : wishes.union(.statusTime)), payload: payload)
    bundle.hopCount = HopCount(limit: settings.hopLimit, count: 0)
    if now == 0 { bundle.age = 0 }
    guard protect(&bundle) else { return .failure(Refusal(code: MESH_E_STATE)) }
    let record = BundleRecord(
      id: bundle.id, destination: destination, deadline: Self.deadline(of: bundle, now: now), marks: .custody)
    switch store.admit(bundle.encoded, record, now: now) {
    case .admitted(let sequence, let evicted):
      evict(evicted)
      made[sequence] = MESH_E_AGAIN
      return .success(sequence)
    case .duplicate: return .failure(Refusal(code: MESH_E_EXISTS))
    case .expired: return .failure(Refusal(code: MESH_E_EXPIRED))
    case .full: return .failure(Refusal(code: MESH_E_LIMIT))
    case .failed: return .failure(Refusal(code: MESH_E_IO))
    }
  }

  /// The endpoint of a service under the name that others know; a node of numbers has all that are words at number 1.
  func endpoint(_ service: String) -> EndpointID {
    switch settings.otherName ?? node {
    case .dtn(let part): return .dtn("//\(part.dropFirst(2).prefix { $0 != "/" })/\(service)")
    case .ipn(let allocator, let number, _, let isShort):
      return .ipn(allocator: allocator, node: number, service: UInt64(service) ?? 1, isShort: isShort)
    case let other: return other
    }
  }

  /// Bundles on disk for an endpoint of this node, at most `limit`; whoever takes one says so with `discard`.
  public func waiting(for service: String, limit: Int) -> [UInt64] {
    var found = store.waiting(for: endpoint(service), limit: limit + fragments.count)
    if settings.otherName != nil, case .dtn(let part) = node {
      found += store.waiting(for: .dtn(part + service), limit: limit + fragments.count)
    }
    return found.filter { unanswered[$0] == nil && !fragments.contains($0) }
  }
}
