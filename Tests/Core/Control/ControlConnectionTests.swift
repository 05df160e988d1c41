// SPDX-License-Identifier: Apache-2.0
import MeshControl
import MeshWire
import Testing

@Suite struct ControlConnectionTests {
  let server = ControlServer()
  let second: UInt64 = 1_000_000_000

  func connect(_ access: ControlAccess = .client) -> ControlConnection {
    server.open(access: access, credentials: ControlCredentials(user: 1, group: 1, process: 1), now: 0)
  }

  func send(_ messages: ControlMessage..., to connection: ControlConnection, now: UInt64 = 0) throws {
    for message in messages { connection.receive(try ControlCodec.encode(message), now: now) }
  }

  func take(_ connection: ControlConnection, now: UInt64 = 0) throws -> [ControlMessage] {
    var codec = ControlCodec()
    connection.output.withUnsafeBytes { codec.append($0) }
    connection.consumeOutput(connection.output.count, now: now)
    var messages: [ControlMessage] = []
    while let message = try codec.next() { messages.append(message) }
    return messages
  }

  func code(_ message: ControlMessage?) -> ErrorCode? {
    if case .failure(_, let error)? = message { ErrorCode(rawValue: error.code) } else { nil }
  }

  @Test func aCallIsAnsweredNowOrLater() throws {
    var kept: ControlCall?
    server.register("later", access: .client) { kept = $0 }
    server.answer(LogLevelMethod.self) { $0 }
    let connection = connect(.admin)
    try send(
      .request(id: 5, method: "later", params: .map([])),
      .request(id: 6, method: "log.level", params: LogLevel(level: "debug").cbor), to: connection)
    #expect(try take(connection) == [.result(id: 6, LogLevel(level: "debug").cbor)])
    #expect(kept?.event(LogLevel(level: "x")) == true)
    kept?.reply(Nothing())
    kept?.reply(Nothing())
    #expect(try take(connection) == [.event(id: 5, LogLevel(level: "x").cbor), .result(id: 5, .map([]))])
    #expect(connection.callCount == 0)
  }

  @Test func callsOfTwoConnectionsAreToldApart() throws {
    var seen: [[UInt64]] = []
    server.register("wait", access: .client) { seen.append([$0.connectionNumber, $0.id]) }
    for connection in [connect(), connect()] {
      try send(.request(id: 1, method: "wait", params: .map([])), to: connection)
    }
    #expect(seen == [[1, 1], [2, 1]])
  }

  @Test func unknownMethodsAndWrongTypesAreAnsweredAndTheConnectionLives() throws {
    server.answer(LogLevelMethod.self) { $0 }
    let connection = connect(.admin)
    try send(
      .request(id: 1, method: "no\u{1B}such", params: .map([])),
      .request(id: 2, method: "log.level", params: .fields([("level", .uint(1))])),
      .request(id: 3, method: "log.level", params: .text("x")), to: connection)
    let answers = try take(connection)
    #expect(answers.map { code($0) } == [.unsupported, .invalid, .invalid])
    #expect(!connection.isClosed)
  }

  @Test func theClientSocketDoesNotAdminister() throws {
    var called = false
    server.register("shutdown", access: .admin) { _ in called = true }
    let connection = connect(.client)
    try send(.request(id: 1, method: "shutdown", params: .map([])), to: connection)
    #expect(code(try take(connection).first) == .permission)
    #expect(!called)
  }

  @Test func nonsenseClosesWithAReason() throws {
    let connection = connect()
    connection.receive([0, 0, 0, 3, 1, 2, 3], now: 0)
    #expect(connection.isClosed)
    #expect(code(try take(connection).first) == .protocol)
    try send(.request(id: 1, method: "x", params: .map([])), to: connection)
    #expect(connection.output.isEmpty)
  }

  @Test func messagesThatOnlyADaemonSendsCloseTheConnection() throws {
    let connection = connect()
    try send(.result(id: 1, .map([])), to: connection)
    #expect(connection.fault?.code == ErrorCode.protocol.rawValue)
  }

  @Test func callsHaveALimitAndNumbersOnlyOneUse() throws {
    server.register("wait", access: .client) { _ in }
    let connection = connect()
    for id in 1...65 as ClosedRange<UInt64> {
      try send(.request(id: id, method: "wait", params: .map([])), to: connection)
    }
    #expect(connection.callCount == 64)
    #expect(code(try take(connection).first) == .limit)
    try send(.request(id: 1, method: "wait", params: .map([])), to: connection)
    #expect(connection.isClosed)
  }

  @Test func aClientThatDoesNotReadStopsOnlyItself() throws {
    server.register("flood", access: .client) { call in
      while call.event(LogLevel(level: String(repeating: "x", count: 10_000))) {}
      call.reply(Nothing())
    }
    let connection = connect()
    for id in 1...50 as ClosedRange<UInt64> {
      try send(.request(id: id, method: "flood", params: .map([])), to: connection)
    }
    #expect(connection.output.count < (1 << 20) + 11_000)
    #expect(!connection.wantsInput)
    var answered = 0
    for _ in 0..<50 where !connection.output.isEmpty {
      answered += try take(connection).count { if case .result = $0 { true } else { false } }
    }
    #expect(answered == 50)
    #expect(connection.deadline == 300 * second)
  }

  @Test func inputThatIsNotWantedIsBounded() throws {
    server.register("flood", access: .client) { call in
      while call.event(LogLevel(level: String(repeating: "x", count: 10_000))) {}
    }
    let connection = connect()
    let request = try ControlCodec.encode(.request(id: 1, method: "flood", params: .map([])))
    connection.receive(request, now: 0)
    for _ in 0..<40 where !connection.isClosed { connection.receive(Array(repeating: 7, count: 64 << 10), now: 0) }
    #expect(connection.fault?.code == ErrorCode.limit.rawValue)
  }

  @Test func dataFlowsWithCreditAndNotWithout() throws {
    var bytes: [UInt8] = []
    var ended = false
    var kept: ControlCall?
    server.register("stream", access: .client) { call in
      kept = call
      call.onData = { bytes += $0 }
      call.onEnd = { ended = true }
      call.grant(10)
    }
    let connection = connect()
    try send(.request(id: 1, method: "stream", params: .map([])), to: connection)
    #expect(try take(connection) == [.credit(id: 1, bytes: 10)])
    #expect(kept?.send([1, 2, 3]) == 0)
    try send(.credit(id: 1, bytes: 2), to: connection)
    #expect(kept?.send([1, 2, 3]) == 2)
    #expect(try take(connection) == [.data(id: 1, [1, 2])])
    try send(.data(id: 1, [1, 2, 3, 4, 5, 6]), .data(id: 1, [7, 8, 9, 10]), .end(id: 1), to: connection)
    #expect(bytes == Array(1...10) && ended)
    try send(.data(id: 1, [11]), to: connection)
    #expect(connection.fault?.code == ErrorCode.protocol.rawValue)
    #expect(bytes.count == 10)
  }

  @Test func dataBeyondTheGrantClosesTheConnection() throws {
    var count = 0
    server.register("stream", access: .client) { call in
      call.onData = { count += $0.count }
      call.grant(10)
    }
    let connection = connect()
    try send(
      .request(id: 1, method: "stream", params: .map([])), .data(id: 1, [1, 2, 3, 4, 5, 6]),
      .data(id: 1, [7, 8, 9, 10, 11]), to: connection)
    #expect(count == 6)
    #expect(connection.fault?.code == ErrorCode.protocol.rawValue)
  }

  @Test func cancelAndDisappearanceReachTheHandler() throws {
    var cancelled: [UInt64] = []
    server.register("wait", access: .client) { call in call.onCancel = { cancelled.append(call.id) } }
    let connection = connect()
    try send(
      .request(id: 1, method: "wait", params: .map([])), .request(id: 2, method: "wait", params: .map([])),
      .cancel(id: 1), .cancel(id: 9), to: connection)
    #expect(cancelled == [1])
    connection.inputEnded()
    #expect(cancelled == [1, 2])
    #expect(connection.isClosed && connection.deadline == nil)
  }

  @Test func halfAMessageRunsOutOfTime() throws {
    let connection = connect()
    connection.receive([0, 0, 0, 9, 1], now: second)
    #expect(connection.deadline == 11 * second)
    connection.advance(now: 10 * second)
    #expect(!connection.isClosed)
    connection.advance(now: 11 * second)
    #expect(connection.fault?.code == ErrorCode.timeout.rawValue)
  }

  @Test func aTrickleOfBytesDoesNotKeepAConnection() {
    let connection = connect()
    connection.receive([0, 0, 255, 255], now: 0)
    for step in 1...9 as ClosedRange<UInt64> { connection.receive([1], now: step * second) }
    connection.advance(now: 10 * second)
    #expect(connection.fault?.code == ErrorCode.timeout.rawValue)
  }

  @Test func outputThatNobodyTakesRunsOutOfTime() throws {
    let connection = connect()
    try send(.request(id: 1, method: "nothing", params: .map([])), to: connection, now: second)
    connection.advance(now: 11 * second)
    #expect(connection.isClosed && connection.output.isEmpty)
  }

  @Test func anIdleConnectionEndsButOneWithACallDoesNot() throws {
    server.register("wait", access: .client) { _ in }
    let idle = connect()
    idle.advance(now: 300 * second)
    #expect(idle.isClosed)
    let busy = connect()
    try send(.request(id: 1, method: "wait", params: .map([])), to: busy)
    #expect(busy.deadline == nil)
  }

  @Test func anAnswerThatIsTooLargeBecomesAnError() throws {
    server.register("large", access: .client) { $0.reply(CBOR.bytes(Array(repeating: 0, count: 2 << 20))) }
    let connection = connect()
    try send(.request(id: 1, method: "large", params: .map([])), to: connection)
    #expect(code(try take(connection).first) == .limit)
  }
}
