// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshConfig
import Testing

@testable import MeshNode

@Suite struct TrustTests {
  private let folder = TemporaryFolder.make()

  private func refusal(_ path: String, owner: UInt32 = geteuid()) -> String? {
    do throws(NodeStartError) {
      try Node.checkTrust(path, .packaged, owner: owner)
      return nil
    } catch { return error.description }
  }

  private func file(_ name: String, _ mode: mode_t) -> String {
    let path = "\(folder)/\(name)"
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    chmod(path, mode)
    return path
  }

  @Test func `A file that only its owner writes is taken`() {
    #expect(refusal(file("mesh_a.so", 0o755)) == nil)
  }

  @Test(arguments: [0o775, 0o757, 0o777] as [mode_t])
  func `A file that others may write is refused with the way to mend it`(mode: mode_t) {
    #expect(refusal(file("mesh_a.so", mode))?.contains("mesh_a.so: can be written by its group or by everyone") == true)
  }

  @Test func `A folder that others may write is refused, a sticky one is not`() {
    let path = file("mesh_a.so", 0o755)
    chmod(folder, 0o777)
    #expect(refusal(path)?.contains("\(folder): can be written") == true)
    chmod(folder, 0o1777)
    #expect(refusal(path) == nil)
  }

  @Test func `What a link leads to is judged, not the link`() {
    let path = file("mesh_a.so", 0o777)
    let link = "\(folder)/mesh_b.so"
    symlink(path, link)
    #expect(refusal(link)?.contains("mesh_a.so: can be written") == true)
    #expect(refusal("\(folder)/missing.so")?.contains("No such file") == true)
  }

  @Test func `Another owner is refused, and the setting that allows it named`() {
    let path = file("mesh_a.so", 0o755)
    // Root's files are trusted by everybody.
    if geteuid() == 0 { chown(path, 4242, gid_t.max) }
    #expect(refusal(path, owner: 4243)?.contains("set it to 'any'") == true)
    #expect(throws: Never.self) { try Node.checkTrust(path, .any) }
  }
}
