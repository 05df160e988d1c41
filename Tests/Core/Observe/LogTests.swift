import Glibc
import Synchronization
import Testing

@testable import MeshObserve

@Suite struct LogTests {
  @Test func aLineForPeopleHasTimeLevelEventAndFields() {
    let lines = Lines()
    lines.milliseconds = 1_700_000_000_123
    lines.log(.text(colours: false)).info(
      "session up",
      [
        .session(0xab), .peer("alice"), .number("links", 2), .flag("resumed", false),
        .duration("took", nanoseconds: 1_234_567), .text("reason", "two words"), .number("low", -3),
      ])
    #expect(
      lines.all == [
        "2023-11-14T22:13:20.123Z info    \"session up\" session=00000000000000ab peer=alice links=2 resumed=false "
          + "took_ms=1.234 reason=\"two words\" low=-3\n"
      ])
  }

  @Test func aLineForMachinesIsOneObject() {
    let lines = Lines()
    lines.log(.json).error("up", [.session(1), .number("n", UInt64.max), .duration("d", nanoseconds: -5_000_500)])
    #expect(
      lines.all == [
        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"event\":\"up\",\"session\":\"0000000000000001\","
          + "\"n\":18446744073709551615,\"d_ms\":-5.000}\n"
      ])
  }

  @Test func whatAnAddressHasBehindItsHashIsNotWritten() {
    let lines = Lines()
    lines.log(.json).info("x", [.address("a", "htx://host:1#ticket=secret&pin=x"), .address("b", "ws://host:1/m")])
    #expect(lines.all[0].contains("\"a\":\"htx://host:1#"))
    #expect(!lines.all[0].contains("secret"))
    #expect(lines.all[0].contains("\"b\":\"ws://host:1/m\""))
  }

  @Test(arguments: [
    ("cannot dial htx://a:1#ticket=secret&pin=x: no route", "cannot dial htx://a:1#… no route"),
    ("'htx://a:1#ticket=secret' htx:#secret\n#2", "'htx://a:1#… htx:#…\n#2"), ("#3: stream#4", "#3: stream#4"),
  ])
  func addressesWithinASentenceAreCutToo(text: String, written: String) {
    let lines = Lines()
    lines.log(.text(colours: false)).info("x", [.text("reason", text)])
    lines.log(.text(colours: false)).info("x", [.init("reason", .text(written))])
    #expect(lines.all[0] == lines.all[1] && !lines.all[0].contains("secret"))
  }

  @Test func coloursAreOnlyInColouredText() {
    let lines = Lines()
    lines.log(.text(colours: true)).warning("x")
    lines.log(.text(colours: false)).warning("x")
    #expect(lines.all[0].contains("\u{1b}[33mwarning\u{1b}[0m"))
    #expect(!lines.all[1].contains("\u{1b}"))
  }

  @Test func aDisabledLevelDoesNotMakeItsFields() {
    let lines = Lines()
    let log = lines.log(.json, level: .warning)
    func fields() -> [LogField] {
      Issue.record("fields were made")
      return []
    }
    log.info("a", fields())
    log.write(.debug, "a", fields())
    #expect(lines.all.isEmpty && !log.isEnabled(.info) && log.isEnabled(.error))
    log.level = .info
    log.info("a")
    #expect(lines.all.count == 1)
  }

  static let hostile = [
    "\n2023-01-01T00:00:00.000Z error   forged", "\r\u{1b}[2J", "\"} {\"level\":\"error", "\\", "\u{2028}\u{2029}",
    "\u{202e}txt.exe", "\u{0}\u{7f}\u{9b}31m", "é 日本 🙂", "\u{e0001}", "a=b c=d", "", "\u{feff}",
  ]

  @Test(arguments: hostile) func noValueCanLookLikeAnotherLineOrField(_ value: String) throws {
    let lines = Lines()
    lines.log(.text(colours: false)).info("e", [.text("k", value), .text("end", "x")])
    lines.log(.json).info("e", [.text("k", value), .text("end", "x")])
    for line in lines.all {
      #expect(line.utf8.filter { $0 < 0x20 }.count == 1 && line.hasSuffix("\n"))
      #expect(
        !line.unicodeScalars.contains { [0x7f, 0x9b, 0x202e, 0x2028, 0x2029, 0xfeff, 0xe0001].contains($0.value) })
    }
    #expect(lines.all[0].hasSuffix(" end=x\n"))
    let strings = try #require(JSONChecker.strings(lines.all[1].utf8.dropLast()))
    #expect(strings.suffix(4).map { Array($0.utf8) } == ["k", value, "end", "x"].map { Array($0.utf8) })
  }

  @Test func longLinesAreCutAndStayValid() throws {
    let lines = Lines()
    let fields = (0..<20).map { _ in LogField.text("k", String(repeating: "é\n", count: 2000)) }
    lines.log(.json).info("e", fields)
    lines.log(.text(colours: false)).info("e", fields)
    for line in lines.all { #expect(line.utf8.count <= 4096) }
    #expect(lines.all[0].hasSuffix(",\"cut\":true}\n") && lines.all[1].hasSuffix(" cut=true\n"))
    #expect(JSONChecker.strings(lines.all[0].utf8.dropLast()) != nil)
  }

  @Test func aFloodOfOneEventIsCutAndCounted() {
    let lines = Lines()
    let log = lines.log(.text(colours: false), burst: 2)
    for _ in 0..<10 { log.info("flood") }
    log.info("other")
    #expect(lines.all.count == 3)
    lines.milliseconds = 1000
    log.info("flood")
    log.info("flood")
    #expect(lines.all.count == 5)
    #expect(lines.all[3].contains("flood suppressed=8") && !lines.all[4].contains("suppressed"))
  }

  @Test func sourcesHaveRatesOfTheirOwn() {
    let lines = Lines()
    let log = lines.log(.json, burst: 1)
    for source in 0..<3 as Range<UInt64> {
      log.write(.info, "plugin", source: source)
      log.write(.info, "plugin", source: source)
    }
    #expect(lines.all.count == 3)
    for source in 0..<10_000 as Range<UInt64> { log.write(.info, "plugin", source: source + 10) }
    #expect(lines.all.count == 10_003)
  }

  @Test func linesOfManyThreadsAreWhole() async {
    let lines = Lines()
    let log = lines.log(.json)
    await withTaskGroup(of: Void.self) { group in
      for id in 0..<8 {
        group.addTask { for number in 0..<100 { log.info("x", [.number("id", id), .number("n", number)]) } }
      }
    }
    #expect(lines.all.count == 800)
    #expect(lines.all.allSatisfy { JSONChecker.strings($0.utf8.dropLast()) != nil })
  }

  @Test func aDescriptorGetsTheLineInOnePiece() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    Log(format: .json, sink: .descriptor(ends[1]), clock: { 0 }).info("x")
    var buffer = [UInt8](repeating: 0, count: 200)
    let count = read(ends[0], &buffer, 200)
    #expect(
      String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        == "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"event\":\"x\"}\n")
    #expect(LogFormat.automatic(descriptor: ends[1], noColour: nil, terminal: "xterm") == .json)
    #expect(!LogFormat.coloured(descriptor: ends[1], noColour: nil, terminal: "xterm"))
  }

  @Test func coloursFollowTheTerminalAndNoColour() throws {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(master >= 0)
    defer { close(master) }
    #expect(LogFormat.automatic(descriptor: master, noColour: nil, terminal: "xterm") == .text(colours: true))
    #expect(LogFormat.automatic(descriptor: master, noColour: "", terminal: nil) == .text(colours: true))
    #expect(LogFormat.automatic(descriptor: master, noColour: "1", terminal: "xterm") == .text(colours: false))
    #expect(LogFormat.automatic(descriptor: master, noColour: nil, terminal: "dumb") == .text(colours: false))
  }
}
