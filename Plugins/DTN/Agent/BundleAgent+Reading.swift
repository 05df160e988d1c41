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

  /// Writes down that others have copies, and how many are left to give.
  func keep(_ sequence: UInt64, _ marks: BundleRecord.Marks) {
    do throws(StoreError) { try store.mark(sequence, marks, copies: routing.copies(of: sequence)) } catch {
      host.log(MESH_LOG_WARNING, "bundle \(sequence) could not be marked as replicated: \(error)")
    }
  }

  private func complain(_ sequence: UInt64, _ error: StoreError) {
    guard complaints.insert(sequence).inserted else { return }
    host.log(MESH_LOG_ERROR, "bundle \(sequence) of the store cannot be read and stays there: \(error)")
  }
}
