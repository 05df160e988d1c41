// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Work under way on the host's pool, by the number that the host hands back in a token of the kind `resolver`. What it
/// writes there is read on the loop once the host has reported it.
package final class OffloadedWork {
  /// What the pool's thread is given. It is counted until the report: who leaves earlier does not take it away.
  private final class Place {
    let work: AnyObject
    let run: () -> Void
    let owner: UInt64

    init(_ work: AnyObject, _ run: @escaping () -> Void, _ owner: UInt64) {
      self.work = work
      self.run = run
      self.owner = owner
    }
  }

  private var places: [UInt32: Unmanaged<Place>] = [:]
  private var last: UInt32 = 0

  package init() {}

  package var isEmpty: Bool { places.isEmpty }

  /// Has `run` called once on a thread of the pool, for `owner`; `finish` gives both back. False when the host takes no
  /// more.
  package func begin(_ work: AnyObject, _ run: @escaping () -> Void, for owner: UInt64, on host: Host) -> Bool {
    last &+= 1
    let number = last
    let place = Unmanaged.passRetained(Place(work, run, owner))
    places[number] = place
    let status = host.offload(
      { argument in
        guard let argument else { return MESH_E_INVALID }
        Unmanaged<Place>.fromOpaque(argument)._withUnsafeGuaranteedRef { $0.run() }
        return MESH_OK
      }, place.toOpaque(), token: Token(.resolver, slot: number).raw)
    guard status != MESH_OK else { return true }
    places.removeValue(forKey: number)?.release()
    return false
  }

  /// The host has reported work: what it was, and for whom. Nil for a number that is not under way.
  package func finish(_ number: UInt32) -> (work: AnyObject, owner: UInt64)? {
    guard let place = places.removeValue(forKey: number)?.takeRetainedValue() else { return nil }
    return (place.work, place.owner)
  }
}
