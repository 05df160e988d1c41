// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import Synchronization
import Testing

@testable import MeshPluginHost

@Suite("Start marker")
struct StartMarkerTests {
  @Test("Three deaths inside the plugin's first calls disable it; removing the file enables it")
  func disabled() throws {
    let folder = HostilePlugin.temporaryFolder()
    let path = try HostilePlugin.path()
    // What a node leaves that dies while the plugin is loaded, created or started.
    for _ in 0..<3 { try StartMarker(directory: folder, id: "hostile").arm() }
    let node = try TestNode(stateDirectory: folder)
    do throws(PluginError) {
      _ = try node.host.load(path)
      Issue.record("a disabled plugin was loaded")
    } catch {
      #expect(error.kind == .disabled)
      #expect(error.text.contains("to enable it again, remove \(folder)/hostile.starting"))
    }
    unlink("\(folder)/hostile.starting")
    let id = try node.run(node.host.load(path))
    #expect(node.host.state(of: id) == .running)
  }

  @Test(
    "A node that dies when the plugin has been started counts nothing, answered or not",
    arguments: ["good", "start-silent"])
  func innocent(mode: String) throws {
    let folder = HostilePlugin.temporaryFolder()
    for _ in 0..<4 {
      let node = try TestNode(stateDirectory: folder)
      _ = try node.run(node.host.load(HostilePlugin.path()), mode: mode)
      #expect(StartMarker(directory: folder, id: "hostile").count == 0)
    }
  }

  @Test("A start forgets earlier deaths; loading and a refused start do not")
  func cleared() throws {
    let folder = HostilePlugin.temporaryFolder()
    let marker = StartMarker(directory: folder, id: "hostile")
    for _ in 0..<2 { try marker.arm() }
    let node = try TestNode(stateDirectory: folder)
    let plugin = try node.host.load(HostilePlugin.path())
    #expect(marker.count == 2)
    _ = try node.run(plugin, mode: "start-error")
    #expect(marker.count == 2)
    let other = try TestNode(stateDirectory: folder)
    _ = try other.run(other.host.load(HostilePlugin.path()))
    #expect(marker.count == 0)
  }

  @Test("The mark is there while the plugin's start runs")
  func marked() throws {
    let folder = HostilePlugin.temporaryFolder()
    let marker = StartMarker(directory: folder, id: "hostile")
    let inside = Atomic<Int>(0)
    let node = try TestNode(stateDirectory: folder) { text in
      if text.hasPrefix("starting") { inside.store(marker.count, ordering: .relaxed) }
    }
    _ = try node.run(node.host.load(HostilePlugin.path()), mode: "start-says")
    #expect(inside.load(ordering: .relaxed) == 1)
    #expect(marker.count == 0)
  }

  @Test("Failures that the node survives do not count")
  func survived() throws {
    let folder = HostilePlugin.temporaryFolder()
    let node = try TestNode(stateDirectory: folder)
    let id = try node.run(node.host.load(HostilePlugin.path()), mode: "start-fault")
    for _ in 0..<5 { node.advance(seconds: 61) }
    #expect(node.host.state(of: id) == .failed)
    #expect(StartMarker(directory: folder, id: "hostile").count == 0)
  }

  @Test("A plugin that is disabled between two starts says so in its state")
  func disabledLater() throws {
    let folder = HostilePlugin.temporaryFolder()
    let node = try TestNode(stateDirectory: folder)
    let plugin = try node.host.load(HostilePlugin.path())
    let id = try node.create(plugin)
    let marker = StartMarker(directory: folder, id: "hostile")
    for _ in 0..<3 { try marker.arm() }
    #expect(throws: PluginError.self) { try node.host.start(id) }
    #expect(node.host.state(of: id) == .disabled)
    marker.clear()
    try node.host.start(id)
    node.settle()
    #expect(node.host.state(of: id) == .running)
  }

  @Test("A marker counts up to its limit, back down, and reads nonsense as the limit")
  func counting() throws {
    let folder = HostilePlugin.temporaryFolder()
    let marker = StartMarker(directory: folder, id: "x")
    #expect(marker.count == 0)
    try marker.arm()
    try marker.arm()
    marker.disarm()
    #expect(marker.count == 1)
    marker.disarm()
    #expect(marker.count == 0 && access(marker.path, F_OK) != 0)
    let descriptor = open(marker.path, O_WRONLY | O_CREAT, 0o600)
    #expect(marker.count == 0, "killed between the two system calls of the host, not inside the plugin")
    write(descriptor, "x", 1)
    close(descriptor)
    #expect(marker.count == StartMarker.limit)
    #expect(throws: PluginError.self) { try marker.arm() }
    #expect(throws: PluginError.self) { try StartMarker(directory: "/nonexistent", id: "x").arm() }
  }
}
