// SPDX-License-Identifier: Apache-2.0
import Glibc
import MeshCrypto
import MeshWire
import Testing

@Suite final class IdentityFileTests {
  private let folder: String
  private var path: String { folder + "/identity.key" }
  private let identity = Identity.generate(from: .seeded(5))

  init() throws {
    var template = Array("/tmp/mesh-identity-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
    folder = String(cString: try #require(made))
  }

  deinit {
    for name in ["identity.key", "link", "pipe"] { unlink(folder + "/" + name) }
    rmdir(folder)
  }

  private func write(_ text: String, mode: mode_t = 0o600) {
    unlink(path)
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    fchmod(file, mode)
    close(file)
  }

  private func contents() -> String {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 1000)
    let count = read(file, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
  }

  private func names() -> Int {
    var count = 0
    guard let stream = opendir(folder) else { return -1 }
    while readdir(stream) != nil { count += 1 }
    closedir(stream)
    return count - 2
  }

  @Test("What is saved is loaded again, with mode 0600, one line, and nothing left beside it")
  func roundTrip() throws {
    try identity.save(path)
    #expect(try Identity.load(path).id == identity.id)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    #expect(contents().hasSuffix(identity.id.name + "\n") && contents().hasPrefix("mesh-identity 1 "))
    #expect(names() == 1)
  }

  @Test("The mode is 0600 whatever the mask of the process")
  func mask() async {
    // In a process of its own, for the mask is that of all tests.
    await #expect(processExitsWith: .success) {
      umask(0)
      try IdentityFileTests().roundTrip()
    }
  }

  @Test("A file that is there is replaced only when asked to")
  func existing() throws {
    try identity.save(path)
    let other = Identity.generate(from: .seeded(6))
    #expect(throws: IdentityFileError.exists(path: path)) { try other.save(path) }
    #expect(try Identity.load(path).id == identity.id)
    try other.save(path, replace: true)
    #expect(try Identity.load(path).id == other.id)
    #expect(names() == 1)
  }

  @Test(
    "A file that others may use is refused with the command that mends it",
    arguments: [
      0o640, 0o604, 0o620, 0o602, 0o610, 0o666,
    ])
  func permissions(mode: Int) throws {
    try identity.save(path)
    chmod(path, mode_t(mode))
    let expected = IdentityFileError.permissions(path: path, mode: UInt32(mode))
    #expect(throws: expected) { try Identity.load(path) }
    #expect(expected.description.hasSuffix("run: chmod 600 \(path)"))
  }

  @Test("A file of another user is refused with the command that mends it", .enabled(if: geteuid() == 0))
  func owner() throws {
    try identity.save(path)
    chown(path, 65_534, 65_534)
    let expected = IdentityFileError.owner(path: path, owner: 65_534, expected: 0)
    #expect(throws: expected) { try Identity.load(path) }
    #expect(expected.description.hasSuffix("run as root: chown 0 \(path)"))
  }

  @Test("A path with spaces is quoted for the shell")
  func quoting() {
    let error = IdentityFileError.permissions(path: "/a b/it's", mode: 0o644)
    #expect(error.description.hasSuffix("chmod 600 '/a b/it'\\''s'"))
  }

  @Test("Links, folders and pipes are refused, without waiting")
  func kinds() throws {
    try identity.save(path)
    symlink(path, folder + "/link")
    mkfifo(folder + "/pipe", 0o600)
    #expect(throws: IdentityFileError.notAFile(path: folder + "/link")) { try Identity.load(folder + "/link") }
    #expect(throws: IdentityFileError.notAFile(path: folder + "/pipe")) { try Identity.load(folder + "/pipe") }
    #expect(throws: IdentityFileError.notAFile(path: folder)) { try Identity.load(folder) }
    #expect(throws: IdentityFileError.system(path: "/none/x", call: "open", code: ENOENT)) {
      try Identity.load("/none/x")
    }
    #expect(throws: IdentityFileError.self) { try identity.save("/none/x") }
  }

  @Test("Every single changed character and every cut of the file is noticed")
  func damage() throws {
    try identity.save(path)
    let good = Array(contents().utf8)
    for place in 0..<(good.count - 1) {
      var changed = good
      changed[place] = changed[place] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
      write(String(decoding: changed, as: UTF8.self))
      #expect(throws: IdentityFileError.self) { try Identity.load(path) }
    }
    for count in 0..<(good.count - 1) {
      write(String(decoding: good.prefix(count), as: UTF8.self))
      #expect(throws: IdentityFileError.self) { try Identity.load(path) }
    }
    write(String(repeating: "x", count: 5000))
    #expect(throws: IdentityFileError.format(path: path, reason: "it is too long")) { try Identity.load(path) }
  }
}
