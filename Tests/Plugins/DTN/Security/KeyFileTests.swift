// SPDX-License-Identifier: Apache-2.0
import BundleSecurity
import Glibc
import MeshCrypto
import Testing

@Suite struct KeyFileTests {
  private final class File {
    let path: String

    init(_ text: String, mode: mode_t = 0o600) {
      var template = Array("/tmp/mesh-key-XXXXXX".utf8CString)
      let file = mkstemp(&template)
      path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      _ = write(file, text, text.utf8.count)
      fchmod(file, mode)
      close(file)
    }

    deinit { unlink(path) }
  }

  private static let digits = "00112233445566778899aabbccddeeff"

  private func problem(_ path: String) -> String {
    do throws(SecurityKeyProblem) {
      _ = try SecurityKeyFile.load(path)
      return ""
    } catch { return error.text }
  }

  @Test func aKeyIsHexadecimalDigitsOnOneLine() throws {
    for end in ["", "\n"] {
      let file = File(Self.digits + end)
      let key = try SecurityKeyFile.load(file.path)
      #expect(key.withBytes { Array($0) } == (0..<16).map { UInt8($0 * 0x11) })
    }
    let longest = File(String(repeating: Self.digits, count: 4) + "\n")
    #expect(try SecurityKeyFile.load(longest.path).count == 64)
  }

  @Test(arguments: [
    "", "\n", "00", String(digits.dropLast()), digits + " ", digits + "\n\n", "x" + digits.dropFirst(),
    digits + digits + digits + digits + "00", digits + "\n" + digits,
  ]) func anythingElseIsNone(_ text: String) {
    let file = File(text)
    #expect(problem(file.path).hasPrefix("\(file.path) is not a key: 32 to 128 hexadecimal digits"))
  }

  @Test func onlyItsOwnerMayReadIt() {
    let open = File(Self.digits, mode: 0o640)
    #expect(problem(open.path).contains("chmod 600 \(open.path)"))
    #expect(problem("/tmp").contains("not a plain file"))
    #expect(problem("\(open.path)-none").contains("No such file"))
    let link = "\(open.path)-link"
    symlink(open.path, link)
    defer { unlink(link) }
    #expect(problem(link).contains("not a plain file"))
  }
}
