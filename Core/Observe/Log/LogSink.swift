import Glibc

/// Where lines go.
public struct LogSink: Sendable {
  /// Takes one whole line with its newline. Called under the log's lock, from any thread.
  public var write: @Sendable (UnsafeRawBufferPointer) -> Void

  /// A sink of one's own, for tests or an embedding application.
  public init(_ write: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
    self.write = write
  }

  /// One write(2) a line. What a full or closed descriptor does not take is lost: logging never waits for a second try.
  public static func descriptor(_ descriptor: Int32) -> LogSink {
    LogSink { line in
      while Glibc.write(descriptor, line.baseAddress, line.count) < 0, errno == EINTR {}
    }
  }
}

extension LogFormat {
  /// Text on a terminal, in colours unless NO_COLOR is set and not empty or TERM is `dumb`; JSON otherwise.
  public static func automatic(descriptor: Int32, noColour: String?, terminal: String?) -> LogFormat {
    guard isatty(descriptor) == 1 else { return .json }
    return .text(colours: coloured(descriptor: descriptor, noColour: noColour, terminal: terminal))
  }

  /// Whether lines to a descriptor may have colours.
  public static func coloured(descriptor: Int32, noColour: String?, terminal: String?) -> Bool {
    isatty(descriptor) == 1 && (noColour ?? "").isEmpty && terminal != "dumb"
  }
}
