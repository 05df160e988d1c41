import Testing

@testable import MeshObserve

@Suite struct MetricsTests {
  private func text(_ registry: MetricsRegistry) -> String {
    String(decoding: PrometheusText.render(registry.snapshot()), as: UTF8.self)
  }

  @Test func familiesAreWrittenWithHelpTypeAndEscapes() throws {
    let registry = MetricsRegistry()
    let labels = [MetricLabel("path", "C:\\DIR\\\"x\"\n"), MetricLabel("method", "é")]
    try registry.counter("mesh_a_total", help: "One \\ two\nthree \"four\".", labels: labels).add(1027)
    try registry.gauge("mesh_b", help: "B.").set(-5)
    #expect(
      text(registry) == """
        # HELP mesh_a_total One \\\\ two\\nthree "four".
        # TYPE mesh_a_total counter
        mesh_a_total{path="C:\\\\DIR\\\\\\"x\\"\\n",method="é"} 1027
        # HELP mesh_b B.
        # TYPE mesh_b gauge
        mesh_b -5

        """)
  }

  @Test func histogramsAreCumulativeAndInSeconds() throws {
    let registry = MetricsRegistry()
    let histogram = try registry.histogram("mesh_d_seconds", help: "D.", unit: .nanoseconds, labels: [.init("x", "y")])
    for value in [0, 1024, 1025, 1 << 20, UInt64.max >> 1] { histogram.record(value) }
    let lines = text(registry).split(separator: "\n").map(String.init)
    #expect(lines[1] == "# TYPE mesh_d_seconds histogram")
    #expect(lines[2] == "mesh_d_seconds_bucket{x=\"y\",le=\"1.024e-06\"} 2")
    #expect(lines[3] == "mesh_d_seconds_bucket{x=\"y\",le=\"2.048e-06\"} 3")
    #expect(lines[12] == "mesh_d_seconds_bucket{x=\"y\",le=\"0.001048576\"} 4")
    #expect(lines[33] == "mesh_d_seconds_bucket{x=\"y\",le=\"+Inf\"} 5")
    #expect(lines[34].hasPrefix("mesh_d_seconds_sum{x=\"y\"} 9223372036."))
    #expect(lines[35] == "mesh_d_seconds_count{x=\"y\"} 5")
    #expect(lines.count == 36)
  }

  @Test(arguments: [Histogram.Unit.nanoseconds, .bytes, .count]) func eachValueFallsUnderTheLeastBound(
    _ unit: Histogram.Unit
  ) {
    let histogram = Histogram(unit: unit)
    let snapshot = histogram.snapshot()
    for exponent in 0..<64 {
      let power: UInt64 = 1 << UInt64(exponent)
      for value in [power, power - 1, power + 1] as [UInt64] {
        let index = histogram.index(of: value)
        if let bound = snapshot.bound(index) { #expect(value <= bound) }
        if index > 0, let below = snapshot.bound(index - 1) { #expect(value > below) }
      }
    }
    #expect(histogram.index(of: .max) == 31 && histogram.index(of: 0) == 0)
  }

  @Test func quantilesAreBounds() {
    let histogram = Histogram(unit: .count)
    #expect(histogram.snapshot().quantile(0.5) == nil)
    for value in 1...100 as ClosedRange<UInt64> { histogram.record(value) }
    #expect(histogram.snapshot().quantile(0.5) == 64)
    #expect(histogram.snapshot().quantile(0) == 1)
    #expect(histogram.snapshot().quantile(1) == 128)
    #expect(histogram.snapshot().sum == 5050)
  }

  @Test func theSameNameAndLabelsAreTheSameCell() throws {
    let registry = MetricsRegistry()
    try registry.counter("a", help: "A.").add(1)
    try registry.counter("a", help: "A.").add(2)
    #expect(registry.snapshot() == [.init(name: "a", help: "A.", kind: .counter, series: [.init(value: .counter(3))])])
  }

  @Test func wrongNamesLabelsAndKindsAreRefused() throws {
    let registry = MetricsRegistry(seriesLimit: 2)
    for name in ["", "1a", "a-b", "é", "a b", String(repeating: "a", count: 129)] {
      #expect(throws: MetricsError.invalidName(name)) { try registry.counter(name, help: "") }
    }
    for label in ["le", "__name__", "a:b", "", "1"] {
      #expect(throws: MetricsError.invalidLabel(label)) {
        try registry.counter("x", help: "", labels: [.init(label, "v")])
      }
    }
    #expect(throws: MetricsError.invalidLabel("a")) {
      try registry.counter("x", help: "", labels: [.init("a", "1"), .init("a", "2")])
    }
    _ = try registry.counter("c", help: "", labels: [.init("a", "1")])
    #expect(throws: MetricsError.mismatch("c")) { try registry.gauge("c", help: "", labels: [.init("a", "1")]) }
    #expect(throws: MetricsError.mismatch("c")) { try registry.counter("c", help: "") }
    _ = try registry.counter("c", help: "", labels: [.init("a", "2")])
    #expect(throws: MetricsError.tooManySeries("c")) { try registry.counter("c", help: "", labels: [.init("a", "3")]) }
    registry.remove("c", labels: [.init("a", "1")])
    _ = try registry.counter("c", help: "", labels: [.init("a", "3")])
    #expect(registry.snapshot()[0].series.map { $0.labels[0].value } == ["2", "3"])
  }

  @Test func countingFromManyThreadsLosesNothing() async throws {
    let registry = MetricsRegistry()
    let counter = try registry.counter("c", help: "")
    let gauge = try registry.gauge("g", help: "")
    let histogram = try registry.histogram("h", help: "", unit: .bytes)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for value in 0..<1000 as Range<UInt64> {
            counter.add()
            gauge.add(1)
            histogram.record(value)
          }
        }
      }
    }
    #expect(counter.value == 8000 && gauge.value == 8000 && histogram.snapshot().count == 8000)
  }
}
