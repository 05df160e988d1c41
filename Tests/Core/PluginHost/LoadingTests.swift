// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshPluginHost
import Synchronization
import Testing

@Suite("Loading a plugin")
struct LoadingTests {
  private func refusal(_ node: TestNode, _ path: String) -> PluginError? {
    do throws(PluginError) {
      _ = try node.host.load(path)
      return nil
    } catch {
      return error
    }
  }

  @Test("A good file is listed from its note and then loaded with what it describes")
  func good() throws {
    let node = try TestNode()
    let path = try HostilePlugin.path()
    let folder = String(path.dropLast("/mesh_hostile.so".count))
    let listings = node.host.discover([folder, "/nonexistent"])
    #expect(listings.count == 1)
    #expect(listings[0].problem == nil && listings[0].id == "hostile")
    #expect(listings[0].note?.schemes == ["hostile", "evil"] && listings[0].note?.version == "1.2.3")
    let plugin = try node.host.load(path)
    #expect(plugin.info.id == "hostile" && plugin.info.schemes == ["hostile", "evil"])
    #expect(plugin.info.capabilities.mtu == 1500 && plugin.info.secrets == ["cookies"])
    #expect(plugin.extensionTable("test.hostile/1") != nil && plugin.extensionTable("test.other/1") == nil)
    let status = try #require(node.host.statuses.first)
    #expect(status.id == "hostile" && status.loadNumber == 1 && status.abiMajor == 1 && status.instances.isEmpty)
  }

  @Test(
    "A plugin that breaks a rule while it is loaded is refused with the reason",
    arguments: [
      (["NO_ENTRY"], PluginError.Kind.link, "does not export mesh_plugin_entry_v1"),
      (["UNDEFINED"], .link, "nobody_has_this_function"),
      (["ENTRY_RESULT=MESH_E_VERSION"], .version, "VERSION"),
      (["ENTRY_RESULT=987654"], .contract, "987654"),
      (["TABLE_SIZE=8"], .contract, "impossible size (8"),
      (["TABLE_SIZE=0xffffffff"], .contract, "impossible size"),
      (["WRITE_BEYOND"], .contract, "writes beyond the table"),
      (["MISSING=describe"], .contract, "describe"),
      (["MISSING=create"], .contract, "create"),
      (["MISSING=destroy"], .contract, "destroy"),
      (["MISSING=on_ready"], .contract, "on_ready"),
      (["MISSING=transmit"], .contract, "transmit"),
      (["MISSING=unlisten"], .contract, "only one of"),
      (["DESCRIBE_RESULT=MESH_E_INTERNAL"], .contract, "INTERNAL"),
      (["DESCRIBE_BEYOND"], .contract, "writes beyond the structure"),
      (["INFO_SIZE=4"], .contract, "impossible size"),
      (["NULL_ID"], .contract, "no id"),
      (["OTHER_ID"], .contract, "“other”"),
      (["MANY_SCHEMES"], .contract, "schemes"),
      (["MTU=10"], .contract, "MTU of 10"),
      (["HEADROOM=0xffffffffu"], .contract, "head- and tail-room"),
      (["NO_NOTE"], .note, "no note"),
      (["NOTE_ID=\"else\""], .note, "the note says “else”"),
      (["NOTE_ABI=\"2.0\""], .version, "built for ABI 2.0"),
      (["NOTE_ABI=\"one\""], .note, "no usable abi"),
    ])
  func refused(macros: [String], kind: PluginError.Kind, text: String) throws {
    let node = try TestNode()
    let error = try #require(refusal(node, HostilePlugin.path(macros)))
    #expect(error.kind == kind)
    #expect(error.text.contains(text), "\(error.text)")
    #expect(node.host.plugins.isEmpty)
  }

  @Test("Optional functions may be missing")
  func optional() throws {
    for macros in [["MISSING=stats"], ["MISSING=extension"], ["MISSING=configure"], ["OLDER"]] {
      let node = try TestNode()
      let id = try node.run(macros: macros)
      #expect(node.host.state(of: id) == .running)
      if macros == ["OLDER"] {
        #expect(node.host.figures(of: id).isEmpty)
        #expect(node.host.plugins[0].tableSize == 104)
        #expect(node.host.plugins[0].extensionTable("test.hostile/1") == nil)
      }
    }
  }

  @Test("Files and folders that others could change are refused, and links are not followed")
  func permissions() throws {
    let node = try TestNode()
    let folder = HostilePlugin.temporaryFolder()
    let path = "\(folder)/mesh_hostile.so"
    try HostilePlugin.copy(HostilePlugin.path(), to: path)
    #expect(refusal(node, path) == nil)
    for mode: mode_t in [0o775, 0o757] {
      chmod(path, mode)
      #expect(refusal(node, path)?.kind == .permission)
      #expect(node.host.discover([folder]).first?.problem?.kind == .permission)
    }
    chmod(path, 0o755)
    chmod(folder, 0o777)
    #expect(refusal(node, path)?.kind == .permission)
    chmod(folder, 0o1777)
    #expect(refusal(node, path)?.kind == (geteuid() == 0 ? nil : .permission))
    chmod(folder, 0o755)
    #expect(symlink(path, "\(folder)/mesh_linked.so") == 0)
    #expect(refusal(node, "\(folder)/mesh_linked.so")?.kind == .permission)
    #expect(mkdir("\(folder)/mesh_folder.so", 0o755) == 0)
    #expect(refusal(node, "\(folder)/mesh_folder.so")?.kind == .permission)
    #expect(mkfifo("\(folder)/mesh_fifo.so", 0o644) == 0)
    #expect(refusal(node, "\(folder)/mesh_fifo.so")?.kind == .permission)
    #expect(refusal(node, "\(folder)/mesh_none.so")?.kind == .unreadable)
    #expect(refusal(node, "\(folder)/plugin.so")?.kind == .argument)
    #expect(refusal(node, "\(folder)/mesh_UPPER.so")?.kind == .argument)
    if geteuid() == 0 {
      chown(path, 65534, 65534)
      #expect(refusal(node, path)?.kind == .permission)
    }
  }

  @Test("The same file loaded twice is two plugins with state of their own")
  func sideBySide() throws {
    let node = try TestNode()
    let first = try node.host.load(HostilePlugin.path())
    let second = try node.host.load(HostilePlugin.path())
    #expect(first.loadNumber == 1 && second.loadNumber == 2)
    let one = try node.run(first, name: "one")
    let two = try node.run(second, name: "two")
    _ = try node.connect(one, "up")
    _ = try node.connect(two, "up")
    #expect(node.links.count == 2)
    #expect(node.host.statuses.map(\.loadNumber) == [1, 2])
    #expect(node.host.statuses.map { $0.instances.map(\.name) } == [["one"], ["two"]])
  }

  @Test("Changing the file after loading changes nothing that runs")
  func sealed() throws {
    let folder = HostilePlugin.temporaryFolder()
    let path = "\(folder)/mesh_hostile.so"
    try HostilePlugin.copy(HostilePlugin.path(), to: path)
    let node = try TestNode()
    let id = try node.run(node.host.load(path))
    let descriptor = open(path, O_WRONLY | O_TRUNC)
    close(descriptor)
    _ = try node.connect(id, "up")
    #expect(node.links.count == 1)
    #expect(refusal(node, path)?.kind == .note)
  }

  @Test("Of two files with one id the first folder's is listed as usable")
  func precedence() throws {
    let node = try TestNode()
    let folders = [HostilePlugin.temporaryFolder(), HostilePlugin.temporaryFolder()]
    for folder in folders { try HostilePlugin.copy(HostilePlugin.path(), to: "\(folder)/mesh_hostile.so") }
    let listings = node.host.discover(folders)
    #expect(listings.map { $0.problem == nil } == [true, false])
    #expect(listings[1].problem?.text.contains("comes first") == true)
  }

  @Test("Hosts that load the same bytes at the same time get the same library", arguments: 1...8)
  func sameTime(round: Int) throws {
    // Bytes that nobody has loaded before.
    let tables = ManyLoads(of: try HostilePlugin.path(["MTU=\(1300 + round)"]), threads: 4).tables
    #expect(tables.count == 4 && !tables.contains(nil))
    #expect(Set(tables).count == 1)
  }
}

/// Hosts on threads of their own that load one file at once.
private final class ManyLoads: Sendable {
  private let path: String
  private let waiting: Atomic<Int>
  private let found = Mutex<[UInt?]>([])

  /// Where each host has the table of the plugin's extension; nil for one that could not load it.
  var tables: [UInt?] { found.withLock { $0 } }

  init(of path: String, threads: Int) {
    self.path = path
    waiting = Atomic(threads)
    var started: [pthread_t] = []
    for _ in 0..<threads {
      var thread = pthread_t()
      let context = Unmanaged.passRetained(self).toOpaque()
      let status = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<ManyLoads>.fromOpaque(context).takeRetainedValue().load()
          return nil
        }, context)
      if status == 0 { started.append(thread) } else { waiting.subtract(1, ordering: .relaxed) }
    }
    for thread in started { pthread_join(thread, nil) }
  }

  private func load() {
    let node = try? TestNode()
    waiting.subtract(1, ordering: .acquiringAndReleasing)
    while waiting.load(ordering: .acquiring) > 0 { sched_yield() }
    let table = (try? node?.host.load(path))?.extensionTable("test.hostile/1")
    found.withLock { $0.append(table.map { UInt(bitPattern: $0) }) }
  }
}
