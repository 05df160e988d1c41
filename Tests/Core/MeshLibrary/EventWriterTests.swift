// SPDX-License-Identifier: Apache-2.0
import CApplication
import CMeshABI
import MeshApplication
import Testing

@testable import MeshLibrary

@Suite struct EventWriterTests {
  @Test func `An end finds its place in a full queue, an event that waits does not`() throws {
    let writer = try #require(EventWriter(limit: 4096))
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var event = application_event()
    event.kind = UInt32(MESH_ON_SETTLED)
    var written: UInt64 = 0
    while writer.append(event, meta: nothing, data: nothing) { written += 1 }
    #expect(written > 10)
    #expect(writer.events.pending == written * 64)
    for _ in 0..<100 { #expect(writer.appendEnd(event)) }
    #expect(writer.events.pending == (written + 100) * 64)
    #expect(!writer.append(event, meta: nothing, data: nothing))
  }
}
