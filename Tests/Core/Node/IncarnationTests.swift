// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshObserve
import MeshSession
import Testing

@testable import MeshNode

@Suite struct IncarnationTests {
  private func write(_ text: String, to folder: String) {
    let descriptor = open("\(folder)/incarnation", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  @Test func `The number grows from life to life, whatever the clock says`() throws {
    let folder = TemporaryFolder.make()
    var last: UInt64 = 0
    for time: UInt64 in [1000, 1000, 5000, 4000, 0, 1_800_000_000_000, 3, .max, 1 << 43, 1_900_000_000_000] {
      let number = try IncarnationFile.next(in: folder, time: time, log: .silent)
      #expect(number > last)
      #expect(number >= time || time > 1_900_000_000_000 || time < last)
      #expect(number < IncarnationFile.limit)
      last = number
    }
    var status = stat()
    #expect(stat("\(folder)/incarnation", &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func `A file that is lost or cannot be understood leaves the clock`() throws {
    let folder = TemporaryFolder.make()
    for text in ["", "x", "-4\n", "12 \n", "99999999999999999999999\n", "\u{0}\u{0}\u{0}", "0\n\n"] {
      write(text, to: folder)
      #expect(try IncarnationFile.next(in: folder, time: 777, log: .silent) == 777)
      #expect(try IncarnationFile.next(in: folder, time: 5, log: .silent) == 778)
    }
    unlink("\(folder)/incarnation")
    #expect(try IncarnationFile.next(in: folder, time: 9, log: .silent) == 9)
  }

  @Test func `A number that cannot grow, or a folder that is not there, is an error and no life`() throws {
    let folder = TemporaryFolder.make()
    write("\(IncarnationFile.limit)\n", to: folder)
    #expect(throws: NodeStartError.self) { try IncarnationFile.next(in: folder, time: 5, log: .silent) }
    #expect(throws: NodeStartError.self) { try IncarnationFile.next(in: folder + "/none", time: 5, log: .silent) }
    #expect(mkdir("\(folder)/sub", 0o700) == 0 && symlink("/etc/hostname", "\(folder)/sub/incarnation") == 0)
    #expect(throws: NodeStartError.self) { try IncarnationFile.next(in: folder + "/sub", time: 5, log: .silent) }
  }

  @Test func `A node that starts again tells its peers a larger number`() throws {
    let town = try Town()
    let (a, b) = (try town.start("a"), try town.start("b"))
    try town.introduce(a, b)
    let first = try #require(b.core.peers[a.identity.id]?.session?.peerConversation)
    try town.stop(a)
    let again = try town.start("a")
    try town.wait("it is back") { again.connectedPeers == 1 && b.connectedPeers == 1 }
    let second = try #require(b.core.peers[a.identity.id]?.session?.peerConversation)
    #expect(first > 0 && second > first)
  }
}
