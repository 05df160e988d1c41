import Synchronization

/// A structured log: an event name, keys and values, one line each. Any thread may write.
///
/// A disabled level costs one relaxed load: fields are an autoclosure that is not called.
public final class Log: Sendable {
  private struct State {
    var format: LogFormat
    var limit: LogRateLimit
    var level: LogLevel
    var taps: [LogTap] = []
    var lastTap: UInt64 = 0

    /// The least important level that anybody wants.
    var threshold: LogLevel { taps.reduce(level) { max($0, $1.level) } }
  }

  @usableFromInline let threshold: Atomic<UInt8>
  private let state: Mutex<State>
  private let sink: LogSink
  private let clock: @Sendable () -> Int64

  /// A log that writes lines of `level` and more important ones.
  ///
  /// - Parameters:
  ///   - burst: Lines that one event name may write in `interval`; 0 for no limit.
  ///   - interval: Milliseconds.
  ///   - clock: Wall clock in milliseconds since the epoch.
  public init(
    level: LogLevel = .info, format: LogFormat, sink: LogSink = .descriptor(2), burst: Int = 50,
    interval: Int64 = 1000, clock: @escaping @Sendable () -> Int64 = Timestamp.now
  ) {
    threshold = Atomic(level.rawValue)
    state = Mutex(State(format: format, limit: LogRateLimit(burst: burst, interval: interval), level: level))
    self.sink = sink
    self.clock = clock
  }

  /// A log that writes nothing.
  public static var silent: Log { Log(level: .error, format: .json, sink: LogSink { _ in }) }

  /// The least important level that is written; a reload may change it.
  public var level: LogLevel {
    get { state.withLock { $0.level } }
    set {
      state.withLock {
        $0.level = newValue
        threshold.store($0.threshold.rawValue, ordering: .relaxed)
      }
    }
  }

  /// Gives lines of `level` and more important ones to `body` too, on the thread that logs. It must not log itself.
  /// - Returns: a number for `removeTap`.
  public func addTap(_ level: LogLevel, _ body: @escaping LogTap.Body) -> UInt64 {
    state.withLock {
      $0.lastTap += 1
      $0.taps.append(LogTap(number: $0.lastTap, level: level, body: body))
      threshold.store($0.threshold.rawValue, ordering: .relaxed)
      return $0.lastTap
    }
  }

  /// Ends a tap; `body` is not called any more when this returns.
  public func removeTap(_ number: UInt64) {
    state.withLock {
      $0.taps.removeAll { $0.number == number }
      threshold.store($0.threshold.rawValue, ordering: .relaxed)
    }
  }

  /// How lines look; a reload may change it.
  public var format: LogFormat {
    get { state.withLock { $0.format } }
    set { state.withLock { $0.format = newValue } }
  }

  /// Whether lines of a level are written.
  @inlinable public func isEnabled(_ level: LogLevel) -> Bool {
    level.rawValue <= threshold.load(ordering: .relaxed)
  }

  /// Writes a line when its level is enabled and its event is not over its rate. Events of different sources, such as
  /// plugin instances, have rates of their own.
  @inlinable public func write(
    _ level: LogLevel, _ event: StaticString, source: UInt64 = 0, _ fields: @autoclosure () -> [LogField] = []
  ) {
    if isEnabled(level) { emit(level, event, source: source, fields) }
  }

  /// Something does not work.
  @inlinable public func error(_ event: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if isEnabled(.error) { emit(.error, event, fields) }
  }

  /// Something may soon not work.
  @inlinable public func warning(_ event: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if isEnabled(.warning) { emit(.warning, event, fields) }
  }

  /// What an operator wants to know.
  @inlinable public func info(_ event: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if isEnabled(.info) { emit(.info, event, fields) }
  }

  /// Everything.
  @inlinable public func debug(_ event: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
    if isEnabled(.debug) { emit(.debug, event, fields) }
  }

  /// Fields are made outside the lock, so that their code may log as well.
  @usableFromInline func emit(
    _ level: LogLevel, _ event: StaticString, source: UInt64 = 0, _ fields: () -> [LogField]
  ) {
    let now = clock()
    guard let suppressed = state.withLock({ $0.limit.admit(event, source: source, at: now) }) else { return }
    let line = LogFormat.line(
      format, level: level, event: event, suppressed: suppressed, milliseconds: now, fields: fields())
    state.withLock { state in
      if level <= state.level { line.withUnsafeBytes(sink.write) }
      for tap in state.taps where level <= tap.level { line.withUnsafeBytes { tap.body($0, level) } }
    }
  }
}
