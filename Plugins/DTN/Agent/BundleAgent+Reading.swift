// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import BundleStore
import CMeshABI

/// What is in the store; one that is there and cannot be read is a line in the log, and waits for a person.
extension BundleAgent {
  func record(_ sequence: UInt64) -> BundleRecord? {
    do throws(StoreError) { return try store.record(sequence) } catch {
      complain(sequence, error)
      return nil
    }
  }

  func bytes(_ sequence: UInt64) -> [UInt8]? {
    do throws(StoreError) { return try store.withBundle(sequence) { Array($0) } } catch {
      complain(sequence, error)
      return nil
    }
  }

  func bundle(_ sequence: UInt64) -> Bundle? {
    guard let bytes = bytes(sequence) else { return nil }
    do throws(BundleError) { return try Bundle(bytes, limits: .lenient) } catch {
      complain(sequence, StoreError("\(error)"))
      return nil
    }
  }

  /// The store for routing.
  var catalog: StoreCatalog { StoreCatalog(store) { [unowned self] in isOwn($0) } }

  /// Whether this node has made the bundle; not what says so and came from elsewhere.
  func isOwn(_ record: BundleRecord) -> Bool {
    record.marks.contains(.own)
      || !record.marks.isDisjoint(with: [.custody, .delivered]) && isHere(record.id.source)
  }

  /// Writes down that others have copies, and how many are left to give.
  func keep(_ sequence: UInt64, _ marks: BundleRecord.Marks) {
    do throws(StoreError) { try store.mark(sequence, marks, copies: routing.copies(of: sequence)) } catch {
      host.log(MESH_LOG_WARNING, "bundle \(sequence) could not be marked as replicated: \(error)")
    }
  }

  /// Bundles of the store that cannot be read: those whose records the start set aside, and those that were found since.
  public var damagedCount: Int { store.damaged.count + complaints.count }

  /// What the start could not read, the first of them.
  public var damaged: [(sequence: UInt64, reason: String)] { store.damaged.first }

  /// The bytes of the bundle whose record is damaged, which may be whole.
  public func damagedBundle(_ sequence: UInt64) -> [UInt8]? { store.damagedBundle(sequence) }

  /// Lines for the log, not one for each of a thousand.
  func tellDamaged() {
    for one in store.damaged.first.prefix(8) {
      host.log(MESH_LOG_ERROR, "record \(one.sequence) of the store cannot be read and is set aside: \(one.reason)")
    }
    if store.damaged.count > 8 { host.log(MESH_LOG_ERROR, "\(store.damaged.count) records of the store are set aside") }
  }

  private func complain(_ sequence: UInt64, _ error: StoreError) {
    guard complaints.insert(sequence).inserted else { return }
    host.log(MESH_LOG_ERROR, "bundle \(sequence) of the store cannot be read and stays there: \(error)")
  }
}
