import Synchronization

@testable import MeshObserve

/// Collects lines, and a clock that a test moves.
final class Lines: Sendable {
  private let state = Mutex<[String]>([])
  private let time = Atomic<Int64>(0)

  var all: [String] { state.withLock { $0 } }

  var milliseconds: Int64 {
    get { time.load(ordering: .relaxed) }
    set { time.store(newValue, ordering: .relaxed) }
  }

  func log(_ format: LogFormat, level: LogLevel = .debug, burst: Int = 0) -> Log {
    Log(
      level: level, format: format,
      sink: LogSink { bytes in
        let line = String(decoding: bytes, as: UTF8.self)
        self.state.withLock { $0.append(line) }
      }, burst: burst, clock: { self.milliseconds })
  }
}
