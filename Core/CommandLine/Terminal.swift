// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What is known about the terminal at a descriptor.
public enum Terminal {
  /// Whether the descriptor is a terminal.
  public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Its columns: `COLUMNS` if set, else what the terminal says, else 80. Always within 40 to 400.
  public static func width(_ descriptor: Int32) -> Int {
    if let text = environment("COLUMNS"), let columns = Int(text) { return min(max(columns, 40), 400) }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return min(max(Int(size.ws_col), 40), 400)
  }

  /// Whether colours are wanted there: a terminal, `NO_COLOR` empty or unset (no-color.org), `TERM` not `dumb`.
  public static func allowsColour(_ descriptor: Int32) -> Bool {
    allowsColour(
      isTerminal: isTerminal(descriptor), noColour: environment("NO_COLOR"), terminal: environment("TERM"))
  }

  /// The rule behind `allowsColour(_:)`.
  static func allowsColour(isTerminal: Bool, noColour: String?, terminal: String?) -> Bool {
    isTerminal && (noColour ?? "").isEmpty && terminal != "dumb"
  }

  /// A variable of the environment.
  public static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Writes all bytes; gives up on an error.
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
          var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&entry, 1, -1)
          continue
        }
        if count <= 0 { return }
        offset += count
      }
    }
  }
}
