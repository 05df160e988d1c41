// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import MeshConfig

@Suite struct ServiceUserTests {
  private let folder = "/tmp/mesh-service-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  private func file(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
    mkdir(folder, 0o700)
    let path = "\(folder)/\(name)"
    let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
    fchmod(descriptor, mode)
    close(descriptor)
    return path
  }

  private func remove() {
    for name in ["a", "b"] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  @Test func theNamedUserIsAcceptedByNameAndByNumber() {
    defer { remove() }
    let daemon = ServiceUser(files: [file("a", "service_user: daemon")], owner: geteuid())
    #expect(daemon.refusal(of: 1) == nil)
    #expect(daemon.refusal(of: 4242)?.hasPrefix("nor 'daemon', the service user of") == true)
    let number = ServiceUser(files: [file("a", "service_user: 4242")], owner: geteuid())
    #expect(number.refusal(of: 4242) == nil)
    #expect(number.refusal(of: 1) != nil)
  }

  @Test func theFirstFileThatExistsCountsAlone() {
    defer { remove() }
    let (first, second) = (file("a", "service_user: 4242"), file("b", "service_user: 4343"))
    let users = ServiceUser(files: ["\(folder)/none", first, second], owner: geteuid())
    #expect(users.refusal(of: 4242) == nil && users.refusal(of: 4343) != nil)
    _ = file("a", "service_user: 4242", mode: 0o666)
    #expect(users.refusal(of: 4343)?.contains("is not taken") == true, "a spoiled file does not open the next one")
  }

  @Test func whatNamesNobodyAcceptsNobodyAndSaysWhy() {
    defer { remove() }
    let path = file("a", "")
    #expect(ServiceUser(files: [path], owner: geteuid()).refusal(of: 1)?.contains("names no 'service_user'") == true)
    #expect(ServiceUser(files: ["/none"]).refusal(of: 1)?.contains("no file names a service user (/none)") == true)
    let ghost = ServiceUser(files: [file("a", "service_user: nobody-of-that-name")], owner: geteuid())
    #expect(ghost.refusal(of: 1)?.contains("does not exist") == true)
    let foreign = ServiceUser(files: [path], owner: geteuid() + 1)
    #expect(foreign.refusal(of: 1)?.contains("expected a file of root's") == true)
  }
}
