// SPDX-License-Identifier: Apache-2.0
import MeshCrypto
import MeshEventLoop

/// Packets of 1,200 bytes sealed and opened again, by the cipher alone and by two sessions with all that they keep.
enum SealOpen {
  private static let batch = 2000

  static func run(seconds: Double) {
    for algorithm in [AEADAlgorithm.preferred[0]] {
      guard let cipher = try? AEADKey(algorithm, key: SecretBytes.random(32)) else { Main.fail("no cipher") }
      let ordered = EndpointPair(isOrdered: true)
      let loose = EndpointPair(isOrdered: false)
      var (bare, onOrdered, onLoose): ([Double], [Double], [Double]) = ([], [], [])
      let end = MonotonicClock.read() + UInt64(seconds * 1e9)
      var number: UInt64 = 0
      // Turn by turn, so that a busy machine slows all of them.
      while MonotonicClock.read() < end || bare.count < 5 {
        bare.append(rate { alone(cipher, &number) })
        onOrdered.append(rate { ordered.send(batch) })
        onLoose.append(rate { loose.send(batch) })
      }
      Main.report("cipher", "seal-open-1200", median(bare), "packets/s")
      Main.report("libmesh-ordered", "seal-open-1200", median(onOrdered), "packets/s")
      Main.report("libmesh-datagrams", "seal-open-1200", median(onLoose), "packets/s")
    }
  }

  private static func rate(_ body: () -> Int) -> Double {
    let start = MonotonicClock.read()
    let count = body()
    return Double(count) * 1e9 / Double(MonotonicClock.read() - start)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// As a session lays a packet out: 13 bytes in the clear, 1,171 sealed, a tag of 16.
  private static func alone(_ cipher: AEADKey, _ number: inout UInt64) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 1200, alignment: 64) { packet in
      let head = UnsafeRawBufferPointer(rebasing: packet[..<13])
      let body = packet.baseAddress.unsafelyUnwrapped + 13
      for _ in 0..<batch {
        number += 1
        cipher.seal(
          lane: 0, number: number, associated: head, plaintext: UnsafeRawBufferPointer(start: body, count: 1171),
          into: body)
        let isOpen = cipher.open(
          lane: 0, number: number, associated: head, ciphertext: UnsafeRawBufferPointer(start: body, count: 1187),
          into: body)
        guard isOpen else { Main.fail("the cipher does not open what it sealed") }
      }
      return batch
    }
  }
}
