import Synchronization

/// All figures of a node by name. Registering takes a lock; counting does not.
public final class MetricsRegistry: Sendable {
  private enum Cell: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
  }

  private struct Family {
    var help: String
    var kind: MetricFamily.Kind
    var labelNames: [String]
    var order: [[String]] = []
    var cells: [[String]: Cell] = [:]
  }

  private struct State {
    var order: [String] = []
    var families: [String: Family] = [:]
  }

  /// Most series of one name.
  public let seriesLimit: Int
  private let state = Mutex(State())

  /// An empty registry.
  public init(seriesLimit: Int = 1000) {
    self.seriesLimit = seriesLimit
  }

  /// The counter of a name and labels; the same one each time. Names of counters end in `_total` by convention.
  public func counter(
    _ name: String, help: String, labels: [MetricLabel] = []
  ) throws(MetricsError) -> Counter {
    guard case .counter(let counter) = try cell(name, help, .counter, labels, { .counter(Counter()) }) else {
      throw .mismatch(name)
    }
    return counter
  }

  /// The gauge of a name and labels; the same one each time.
  public func gauge(
    _ name: String, help: String, labels: [MetricLabel] = []
  ) throws(MetricsError) -> Gauge {
    guard case .gauge(let gauge) = try cell(name, help, .gauge, labels, { .gauge(Gauge()) }) else {
      throw .mismatch(name)
    }
    return gauge
  }

  /// The histogram of a name and labels; the same one each time. Durations are recorded in nanoseconds and shown in
  /// seconds, so that their names end in `_seconds`.
  public func histogram(
    _ name: String, help: String, unit: Histogram.Unit, labels: [MetricLabel] = []
  ) throws(MetricsError) -> Histogram {
    let made = try cell(name, help, .histogram(unit), labels) { .histogram(Histogram(unit: unit)) }
    guard case .histogram(let histogram) = made else { throw .mismatch(name) }
    return histogram
  }

  /// Forgets one series, such as that of a peer that is gone. Whoever still holds it counts for nobody.
  public func remove(_ name: String, labels: [MetricLabel]) {
    let values = labels.map(\.value)
    state.withLock { state in
      guard state.families[name]?.cells.removeValue(forKey: values) != nil else { return }
      state.families[name]?.order.removeAll { $0 == values }
    }
  }

  /// All figures now, in the order of registration.
  public func snapshot() -> [MetricFamily] {
    state.withLock { state in
      state.order.compactMap { name in
        state.families[name].map { family in
          MetricFamily(
            name: name, help: family.help, kind: family.kind,
            series: family.order.compactMap { Self.series(family, $0) })
        }
      }
    }
  }

  private static func series(_ family: Family, _ values: [String]) -> MetricFamily.Series? {
    guard let cell = family.cells[values] else { return nil }
    let labels = zip(family.labelNames, values).map { MetricLabel($0, $1) }
    switch cell {
    case .counter(let counter): return .init(labels: labels, value: .counter(counter.value))
    case .gauge(let gauge): return .init(labels: labels, value: .gauge(gauge.value))
    case .histogram(let histogram): return .init(labels: labels, value: .histogram(histogram.snapshot()))
    }
  }

  private func cell(
    _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [MetricLabel], _ make: () -> Cell
  ) throws(MetricsError) -> Cell {
    guard MetricFamily.isName(name, colons: true) else { throw .invalidName(name) }
    let names = labels.map(\.name)
    for (index, label) in names.enumerated() {
      let isReserved = label == "le" || label.hasPrefix("__")
      if isReserved || !MetricFamily.isName(label, colons: false) || names[..<index].contains(label) {
        throw .invalidLabel(label)
      }
    }
    let values = labels.map(\.value)
    let outcome = state.withLock { state -> Result<Cell, MetricsError> in
      var family = state.families[name] ?? Family(help: help, kind: kind, labelNames: names)
      guard family.kind == kind, family.labelNames == names else { return .failure(.mismatch(name)) }
      if let cell = family.cells[values] { return .success(cell) }
      guard family.order.count < seriesLimit else { return .failure(.tooManySeries(name)) }
      let cell = make()
      family.cells[values] = cell
      family.order.append(values)
      if state.families.updateValue(family, forKey: name) == nil { state.order.append(name) }
      return .success(cell)
    }
    return try outcome.get()
  }
}
