// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop
import MeshPluginHost
import Testing

/// A node whose process has no descriptors left, each in a process of its own.
@Suite struct LackTests {
  /// Takes all descriptors that there are.
  private final class Hoard {
    private var held: [Int32] = []
    init() {
      var limit = rlimit(rlim_cur: 128, rlim_max: 0)
      var now = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &now)
      limit.rlim_max = now.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      while case let file = open("/dev/null", O_RDONLY), file >= 0 { held.append(file) }
    }
    /// Gives them back.
    func end() {
      for file in held { close(file) }
      held = []
    }
  }

  /// A node with a site of one file.
  private final class Place {
    let node: LinkNode
    let address: String
    private let path: String

    init() throws {
      var name = Array("/tmp/mesh-site.XXXXXX\0".utf8CString.dropLast())
      path = try #require(mkdtemp(&name).map { String(cString: $0) })
      let file = open("\(path)/file", O_CREAT | O_WRONLY, 0o600)
      #expect(write(file, "content", 7) == 7)
      close(file)
      node = try LinkNode(hasStreams: true)
      let id = try node.start([PluginParameter(name: "site", value: .text(path), type: MESH_TYPE_PATH)])
      _ = try node.host.listen(id, on: "htx+tcp://127.0.0.1:0")
      let node = node
      try #require(node.run { node.listening.count == 1 })
      address = node.listening[0]
    }

    deinit {
      unlink("\(path)/file")
      rmdir(path)
    }
  }

  private static func status(_ path: String, _ visitor: PlainVisitor, _ node: LinkNode) throws -> Substring {
    try visitor.ask(path)
    try #require(run(node, visitor) { visitor.answer.hasPrefix("HTTP/1.1 ") })
    return visitor.answer.dropFirst(9).prefix(3)
  }

  private static func run(_ node: LinkNode, _ visitor: PlainVisitor, until done: () -> Bool) -> Bool {
    node.run {
      do { try visitor.step() } catch { return false }
      return done()
    }
  }

  @Test func aFileThatCannotBeOpenedForLackOfDescriptorsIsAnsweredWith500AndTold() async {
    await #expect(processExitsWith: .success) { try LackTests.ask() }
  }

  private static func ask() throws {
    let place = try Place()
    let node = place.node
    let visitor = try PlainVisitor(to: place.address)
    try #require(run(node, visitor) { visitor.isReady })
    #expect(try status("/file", visitor, node) == "200")
    let told = { node.lines.filter { $0.contains("files of the site cannot be opened") } }
    #expect(told().isEmpty)
    let hoard = Hoard()
    for _ in 0..<3 { #expect(try status("/file", visitor, node) == "500") }
    #expect(told().count == 1 && told().first?.contains("Too many open files") == true)
    hoard.end()
    #expect(try status("/file", visitor, node) == "200")
    #expect(try status("/none", visitor, node) == "404")
    #expect(told().count == 1 && node.violations.isEmpty)
  }

  @Test func connectionsWaitForDescriptorsAndAreAcceptedThen() async {
    await #expect(processExitsWith: .success) { try LackTests.accept() }
  }

  private static func accept() throws {
    let place = try Place()
    let node = place.node
    let first = try PlainVisitor(to: place.address)
    try #require(run(node, first) { first.isReady })
    let second = try PlainVisitor(to: place.address)
    let hoard = Hoard()
    let start = node.loop.now
    var turns = 0
    #expect(
      run(node, second) {
        turns += 1
        return node.loop.now > start + 500_000_000
      })
    // A socket that is announced and not accepted from would be announced at once again.
    #expect(!second.isReady && turns < 2000)
    #expect(node.lines.count { $0.contains("connections wait to be accepted") } == 1)
    // Who is in is served, but for files.
    #expect(try status("/file", first, node) == "500")
    hoard.end()
    try #require(run(node, second) { second.isReady })
    #expect(try status("/file", second, node) == "200")
    #expect(node.violations.isEmpty)
  }
}
