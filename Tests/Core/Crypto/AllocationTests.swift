// SPDX-License-Identifier: Apache-2.0
import AllocationCount
import MeshCrypto
import Testing

@Suite(.enabled(if: allocation_count_is_available() != 0)) struct AllocationTests {
  @Test("Allocations are counted, so that the tests below can fail")
  func counter() {
    let before = allocation_count()
    UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8).deallocate()
    #expect(allocation_count() == before + 1)
  }

  @Test("Sealing, opening and refusing a packet allocate nothing", arguments: AEADAlgorithm.allCases)
  func packets(algorithm: AEADAlgorithm) throws {
    let key = try AEADKey(algorithm, key: SecretBytes([UInt8](repeating: 1, count: 32)))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1300, alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    let start = try #require(memory.baseAddress)
    let associated = UnsafeRawBufferPointer(start: start + 1216, count: 13)
    let (text, sealed) = (
      UnsafeRawBufferPointer(start: start, count: 1200), UnsafeRawBufferPointer(start: start, count: 1216)
    )
    // The first call may make what the runtime keeps for ever.
    key.seal(lane: 1, number: 100, associated: associated, plaintext: text, into: start)
    _ = key.open(lane: 1, number: 100, associated: associated, ciphertext: sealed, into: start)
    var accepted = 0
    let before = allocation_count()
    // A loop over a range allocates by itself where nothing is optimized.
    var number: UInt64 = 0
    while number < 100 {
      key.seal(lane: 1, number: number, associated: associated, plaintext: text, into: start)
      if key.open(lane: 1, number: number, associated: associated, ciphertext: sealed, into: start) { accepted += 1 }
      if key.open(lane: 2, number: number, associated: associated, ciphertext: sealed, into: start) { accepted += 1 }
      number += 1
    }
    let allocations = allocation_count() - before
    #expect(allocations == 0)
    #expect(accepted == 100)
  }
}
