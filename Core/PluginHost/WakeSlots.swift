// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The tokens that `post` has left for the loop: 64 slots without a lock, safe in signal handlers.
///
/// A poster binds a free slot to its token, or finds the slot of an equal one, then raises the slot's flag and checks
/// that the binding still stood; the consumer unbinds before it takes the flags a second time. So a post either joins
/// the delivery that is being made or leaves a flag for the next one, and is never lost.
final class WakeSlots: Sendable {
  static let capacity = 64

  private let claimed = Atomic<UInt64>(0)
  private let bound = Atomic<UInt64>(0)
  private let raised = Atomic<UInt64>(0)
  private nonisolated(unsafe) let tokens: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    tokens = .allocate(capacity: WakeSlots.capacity)
    for index in 0..<WakeSlots.capacity { (tokens + index).initialize(to: Atomic(0)) }
  }

  deinit {
    tokens.deinitialize(count: WakeSlots.capacity)
    tokens.deallocate()
  }

  var isEmpty: Bool { raised.load(ordering: .relaxed) == 0 }

  /// False when 64 other tokens wait.
  func post(_ token: UInt64) -> Bool {
    while true {
      guard let slot = find(token) ?? bind(token) else { return false }
      let bit = UInt64(1) << UInt64(slot)
      raised.bitwiseOr(bit, ordering: .sequentiallyConsistent)
      if bound.load(ordering: .sequentiallyConsistent) & bit != 0,
        tokens[slot].load(ordering: .sequentiallyConsistent) == token
      {
        return true
      }
    }
  }

  /// Takes what was posted, each token once, into `out` (room for `capacity`). Returns how many. Loop thread only.
  func take(_ out: UnsafeMutablePointer<UInt64>) -> Int {
    var flags = raised.exchange(0, ordering: .sequentiallyConsistent)
    var count = 0
    while flags != 0 {
      let slot = flags.trailingZeroBitCount
      let bit = UInt64(1) << UInt64(slot)
      flags &= ~bit
      guard bound.load(ordering: .sequentiallyConsistent) & bit != 0 else { continue }
      let token = tokens[slot].load(ordering: .sequentiallyConsistent)
      bound.bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
      raised.bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
      claimed.bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
      var known = 0
      while known < count, out[known] != token { known += 1 }
      if known == count {
        out[count] = token
        count += 1
      }
    }
    return count
  }

  private func find(_ token: UInt64) -> Int? {
    var candidates = bound.load(ordering: .sequentiallyConsistent)
    while candidates != 0 {
      let slot = candidates.trailingZeroBitCount
      if tokens[slot].load(ordering: .sequentiallyConsistent) == token { return slot }
      candidates &= candidates - 1
    }
    return nil
  }

  private func bind(_ token: UInt64) -> Int? {
    while true {
      let taken = claimed.load(ordering: .sequentiallyConsistent)
      guard taken != UInt64.max else { return nil }
      let slot = (~taken).trailingZeroBitCount
      let bit = UInt64(1) << UInt64(slot)
      let result = claimed.compareExchange(expected: taken, desired: taken | bit, ordering: .sequentiallyConsistent)
      guard result.exchanged else { continue }
      tokens[slot].store(token, ordering: .sequentiallyConsistent)
      bound.bitwiseOr(bit, ordering: .sequentiallyConsistent)
      return slot
    }
  }
}
