// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import CQUIC
import HTXQUIC
import Testing

/// The C side on its own, without memory.
@Suite struct AllocationFailureTests {
  /// Whichever allocation fails, there is a connection or there is none, and nothing is freed twice.
  @Test(arguments: [false, true]) func aConnectionForWhichThereIsNoMemoryIsNone(isServer: Bool) throws {
    guard allocation_count_is_available() == 1 else { return }
    var error: Int32 = 0
    let credentials = try #require(cquic_credentials_self_made("server", &error))
    defer { cquic_credentials_free(credentials) }
    #expect(cquic_credentials_set_protocols(credentials, [2, 0x68, 0x33], 3) == 0)
    var callbacks = cquic_callbacks()
    callbacks.id_added = { _, _ in }
    callbacks.id_removed = { _, _ in }
    var (local, remote) = (
      NetworkAddress(v4: (192, 0, 2, 1), port: 1).raw, NetworkAddress(v4: (192, 0, 2, 2), port: 2).raw
    )
    var initial = cquic_initial()
    (initial.version, initial.destination_length, initial.source_length) = (1, 8, 8)
    let secret = [UInt8](repeating: 7, count: Int(CQUIC_SECRET_LENGTH))
    secret.withUnsafeBufferPointer { secret in
      var options = cquic_options()
      options.secret = secret.baseAddress
      options.payload_size = 1452
      options.stream_window = 65_536
      options.connection_window = 65_536
      func make(failing place: Int64) -> (made: OpaquePointer?, hasFailed: Bool) {
        allocation_fail_after(place)
        let made =
          isServer
          ? cquic_accept(credentials, &options, nil, &callbacks, nil, &local, &remote, &initial, 1)
          : cquic_connect(credentials, &options, nil, &callbacks, nil, &local, &remote, 1)
        return (made, allocation_fail_after(-1) == 1)
      }
      var (place, refused): (Int64, Int) = (0, 0)
      while true {
        let (made, hasFailed) = make(failing: place)
        cquic_free(made)
        if made == nil { refused += 1 }
        guard hasFailed else {
          #expect(made != nil)
          break
        }
        place += 1
      }
      #expect(place > 10 && refused > 10, "\(place) allocations, \(refused) refusals")
    }
  }
}
