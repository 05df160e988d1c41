// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshControl
import Testing

@Suite struct ControlSocketTests {
  let folder = "/tmp/mesh-control-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  func mode(_ path: String) -> UInt32 {
    var info = stat()
    return lstat(path, &info) == 0 ? info.st_mode & 0o777 : 0
  }

  func remove() {
    unlink(folder + "/s")
    rmdir(folder)
  }

  @Test(arguments: [(0o600, 0o750), (0o660, 0o755)] as [(UInt32, UInt32)])
  func modesAreExactAndStaleSocketsAreReplaced(_ wanted: UInt32, _ above: UInt32) throws {
    defer { remove() }
    let first = try ControlSocket.listen(folder + "/s", mode: wanted)
    #expect(mode(folder + "/s") == wanted)
    #expect(mode(folder) == above)
    let busy = #expect(throws: ControlError.self) { try ControlSocket.listen(folder + "/s", mode: wanted) }
    #expect(busy?.code == ErrorCode.exists.rawValue)
    let client = try ControlSocket.connect(folder + "/s")
    close(client)
    close(first)
    // A process that another test is starting has every descriptor until its program runs.
    while let late = try? ControlSocket.connect(folder + "/s") {
      close(late)
      usleep(1000)
    }
    let second = try ControlSocket.listen(folder + "/s", mode: wanted)
    close(second)
  }

  @Test func aFileThatIsNoSocketStays() throws {
    defer { remove() }
    mkdir(folder, 0o700)
    close(open(folder + "/s", O_CREAT | O_WRONLY, 0o600))
    let error = #expect(throws: ControlError.self) { try ControlSocket.listen(folder + "/s", mode: 0o600) }
    #expect(error?.message.contains("not a socket") == true)
    #expect(access(folder + "/s", F_OK) == 0)
  }

  @Test func aMissingDaemonIsExplained() {
    let error = #expect(throws: ControlError.self) { try ControlClient(path: "/nonexistent/mesh.sock") }
    #expect(error?.hint.contains("Is meshd running?") == true)
    let long = #expect(throws: ControlError.self) { try ControlClient(path: String(repeating: "x", count: 200)) }
    #expect(long?.code == ErrorCode.invalid.rawValue)
  }

  @Test func onlyRootOneselfAndNamedUsersAreTrusted() {
    let other = ControlCredentials(user: 4242, group: 1, process: 1)
    #expect(!other.isTrusted(own: 1000))
    #expect(other.isTrusted(own: 4242))
    #expect(other.isTrusted(own: 1000, others: [4242]))
    #expect(ControlCredentials(user: 0, group: 0, process: 1).isTrusted(own: 1000))
  }
}
