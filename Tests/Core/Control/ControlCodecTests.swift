// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import MeshControl
import MeshWire
import TestSupport
import Testing

@Suite struct ControlCodecTests {
  let messages: [ControlMessage] = [
    .request(id: 1, method: "status", params: .map([])), .result(id: 1, .fields([("a", .uint(7))])),
    .failure(id: 2, ControlError(.notFound, "no such peer", hint: "Look.")),
    .event(id: 3, .fields([("b", .text("x"))])),
    .data(id: 4, [1, 2, 3]), .data(id: 4, []), .end(id: 5), .credit(id: 6, bytes: .max), .cancel(id: .max),
  ]

  @Test func everyMessageSurvivesAnyCutOfTheStream() throws {
    var stream: [UInt8] = []
    for message in messages { stream += try ControlCodec.encode(message) }
    for size in [1, 2, 3, 5, 7, 64, stream.count] {
      var codec = ControlCodec()
      var seen: [ControlMessage] = []
      for start in Swift.stride(from: 0, to: stream.count, by: size) {
        stream[start..<min(start + size, stream.count)].withUnsafeBytes { codec.append($0) }
        while let message = try codec.next() { seen.append(message) }
      }
      #expect(seen == messages)
      #expect(codec.buffered == 0)
    }
  }

  @Test(
    arguments: [
      [0, 0, 0, 0], [0, 16, 0, 1], [255, 255, 255, 255], [0, 0, 0, 1, 0xA1], [0, 0, 0, 1, 0x00], [0, 0, 0, 1, 0xA0],
      [0, 0, 0, 2, 0xA0, 0xA0], [0, 0, 0, 5, 0xA1, 0x62, 0x69, 0x64, 0x01], [0, 0, 0, 3, 0x18, 0x01, 0x00],
    ] as [[UInt8]])
  func nonsenseIsAnErrorOfTheProtocol(_ bytes: [UInt8]) {
    var codec = ControlCodec()
    bytes.withUnsafeBytes { codec.append($0) }
    let error = #expect(throws: ControlError.self) { try codec.next() }
    #expect([ErrorCode.protocol.rawValue, ErrorCode.invalid.rawValue].contains(error?.code))
  }

  @Test func aMessageOverTheLimitIsNotSent() {
    #expect(throws: ControlError.self) { try ControlCodec.encode(.data(id: 1, Array(repeating: 0, count: 1 << 20))) }
  }

  @Test func randomBytesNeverTrap() throws {
    var generator = SeededGenerator(11)
    var stream: [UInt8] = []
    for message in messages { stream += try ControlCodec.encode(message) }
    for _ in 0..<3000 {
      var bytes = stream
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      var codec = ControlCodec()
      bytes.withUnsafeBytes { codec.append($0) }
      do throws(ControlError) {
        while try codec.next() != nil {}
      } catch {
        #expect(error.code < 0)
      }
    }
  }

  @Test func codesAreThoseOfTheHeader() {
    #expect(ErrorCode.allCases.count == 29)
    #expect(ErrorCode.invalid.rawValue == MESH_E_INVALID && ErrorCode.noMemory.rawValue == MESH_E_NOMEM)
    #expect(ErrorCode.again.rawValue == MESH_E_AGAIN && ErrorCode.timeout.rawValue == MESH_E_TIMEOUT)
    #expect(ErrorCode.notFound.rawValue == MESH_E_NOTFOUND && ErrorCode.internal.rawValue == MESH_E_INTERNAL)
    #expect(ErrorCode.permission.rawValue == MESH_E_PERMISSION && ErrorCode.version.rawValue == MESH_E_VERSION)
  }

  @Test func codesAreFoundByNameAndNumber() {
    for word in ["MESH_E_NOTFOUND", "notfound", "-19", "19"] { #expect(ErrorCode(named: word) == .notFound) }
    for word in ["", "nothing", "0", "-30", "-2147483648"] { #expect(ErrorCode(named: word) == nil) }
    for code in ErrorCode.allCases {
      #expect(ErrorCode(named: code.name) == code)
      #expect(code.meaning.hasSuffix(".") && code.advice.hasSuffix("."))
    }
  }
}
