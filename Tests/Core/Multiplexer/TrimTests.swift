// SPDX-License-Identifier: Apache-2.0
import MeshMultiplexer
import Testing

@Suite("Memory of streams")
struct TrimTests {
  @Test("A large buffer stays for the next burst, and goes after a second without one")
  func trims() throws {
    let pipe = Pipe()
    let stream = try pipe.a.open(.messages)
    try pipe.a.send([UInt8](repeating: 1, count: 600_000), to: stream, now: pipe.now)
    pipe.run(rounds: 80)
    #expect(pipe.a.unconfirmed(stream) == 0)
    #expect(pipe.a.bufferedBytes >= 600_000)
    pipe.run()
    #expect(pipe.a.bufferedBytes == 0)
    #expect(pipe.b.bufferedBytes == 0)
    try pipe.a.send([UInt8](repeating: 2, count: 600_000), to: stream, now: pipe.now)
    pipe.run()
    #expect(pipe.a.unconfirmed(stream) == 0)
  }
}
