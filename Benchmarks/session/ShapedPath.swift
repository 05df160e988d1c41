// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A path that is slow and narrow: the relay of the tests, in front of a server's UDP port. 100 Mbit/s and 5 ms each way;
/// MESH_BENCH_PATH="bandwidth 25000000, delay 10ms" is another (bytes a second).
enum ShapedPath {
  private static let settings = "bandwidth 12500000, delay 5ms"

  /// Starts the relay, which ends with this process, and returns the address with the relay's port in place of the
  /// server's.
  static func begin(to address: String, plugins: String) -> String {
    let rest = address.split(separator: ":", omittingEmptySubsequences: false)
    guard rest.count >= 3, address.hasPrefix("htx://127.0.0.1:") else { Main.fail("\(address): not behind a relay") }
    let digits = rest[2].prefix { $0.isNumber }
    let port = start("\(plugins)/../tests/mesh-relay", "udp:127.0.0.1:\(digits)")
    return address.replacingFirst(":\(digits)", with: ":\(port)")
  }

  private static func start(_ program: String, _ target: String) -> String {
    var commands: [Int32] = [0, 0]
    var answers: [Int32] = [0, 0]
    guard pipe(&commands) == 0, pipe(&answers) == 0 else { Main.fail("pipe: \(errno)") }
    for end in [commands[1], answers[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let words = ["mesh-relay", "udp:127.0.0.1:0", target]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, commands[0], 0)
    posix_spawn_file_actions_adddup2(&actions, answers[1], 1)
    var pid: pid_t = 0
    guard posix_spawn(&pid, program, &actions, nil, arguments, environ) == 0 else {
      Main.fail("\(program): it is made by make build/tests/mesh-relay")
    }
    for end in [commands[0], answers[1]] { close(end) }
    let wanted = getenv("MESH_BENCH_PATH").map { String(cString: $0) } ?? settings
    for setting in wanted.split(separator: ",") {
      let line = setting.drop { $0 == " " } + "\n"
      let written = write(commands[1], String(line), line.utf8.count)
      guard written == line.utf8.count else { Main.fail("the relay has ended") }
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(answers[0], &bytes, bytes.count)
    let line = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self)
    guard let port = line.split(separator: ":").last, port.allSatisfy(\.isNumber), !port.isEmpty else {
      Main.fail("the relay said nothing of use: \(line)")
    }
    return String(port)
  }
}

extension String {
  /// The text with another in place of the first `part`.
  fileprivate func replacingFirst(_ part: String, with other: String) -> String {
    let (text, wanted) = (Array(utf8), Array(part.utf8))
    guard let start = text.indices.first(where: { text[$0...].starts(with: wanted) }) else { return self }
    return String(decoding: text[..<start] + Array(other.utf8) + text[(start + wanted.count)...], as: UTF8.self)
  }
}
