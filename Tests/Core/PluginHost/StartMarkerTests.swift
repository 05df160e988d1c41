// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshEventLoop
import Testing

@testable import MeshPluginHost

@Suite("Start marker")
struct StartMarkerTests {
  @Test("Three starts that were the last thing heard of the node disable a plugin; removing the file enables it")
  func disabled() throws {
    let folder = HostilePlugin.temporaryFolder()
    let path = try HostilePlugin.path()
    for _ in 0..<3 {
      // A node that dies while the plugin starts: nothing takes the marker back.
      let node = try TestNode(stateDirectory: folder)
      _ = try node.run(node.host.load(path), mode: "start-silent")
    }
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

  @Test("A start that has been stable for five seconds, or an orderly stop, clears the marker")
  func cleared() throws {
    let folder = HostilePlugin.temporaryFolder()
    let marker = StartMarker(directory: folder, id: "hostile")
    let node = try TestNode(stateDirectory: folder)
    let plugin = try node.host.load(HostilePlugin.path())
    #expect(marker.count == 0, "loading alone leaves nothing")
    let id = try node.run(plugin)
    #expect(marker.count == 1)
    node.advance(seconds: 6)
    #expect(marker.count == 0)
    try node.host.stop(id, deadline: .max)
    node.settle()
    try node.host.start(id)
    node.settle()
    #expect(marker.count == 1)
    try node.host.stop(id, deadline: node.loop.now + 1_000_000_000)
    node.settle()
    #expect(marker.count == 0)
  }

  @Test("A node that is killed while its plugins run is not their fault; one that crashed is")
  func killed() throws {
    let folder = HostilePlugin.temporaryFolder()
    let path = try HostilePlugin.path()
    let marker = StartMarker(directory: folder, id: "hostile")
    for _ in 0..<10 {
      let node = try TestNode(stateDirectory: folder)
      _ = try node.run(node.host.load(path))
      #expect(marker.count == 1 && marker.hasStarted)
    }
    for round in 1...3 {
      close(open(PluginHost.crashFile(in: folder), O_WRONLY | O_CREAT, 0o600))
      let node = try TestNode(stateDirectory: folder)
      guard round < 3 else {
        #expect(throws: PluginError.self) { try node.host.load(path) }
        break
      }
      _ = try node.run(node.host.load(path))
      #expect(marker.count == round + 1)
      #expect(access(PluginHost.crashFile(in: folder), F_OK) != 0, "one crash counts once")
    }
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
    for _ in 0..<3 { try marker.arm(afterCrash: false) }
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
    try marker.arm(afterCrash: false)
    try marker.arm(afterCrash: false)
    marker.disarm()
    #expect(marker.count == 1)
    marker.disarm()
    #expect(marker.count == 0 && access(marker.path, F_OK) != 0)
    let descriptor = open(marker.path, O_WRONLY | O_CREAT, 0o600)
    close(descriptor)
    #expect(marker.count == StartMarker.limit)
    #expect(throws: PluginError.self) { try marker.arm(afterCrash: false) }
    #expect(throws: PluginError.self) { try StartMarker(directory: "/nonexistent", id: "x").arm(afterCrash: true) }
  }
}
