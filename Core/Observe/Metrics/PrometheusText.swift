/// The Prometheus text format, version 0.0.4.
public enum PrometheusText {
  /// The media type of an answer.
  public static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

  /// Families with HELP and TYPE lines and their series. Families without series are left out.
  public static func render(_ families: [MetricFamily]) -> [UInt8] {
    var text = ""
    for family in families where !family.series.isEmpty {
      text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      text += "# TYPE \(family.name) \(typeName(family.kind))\n"
      for series in family.series { append(family.name, series, &text) }
    }
    return Array(text.utf8)
  }

  private static func typeName(_ kind: MetricFamily.Kind) -> String {
    switch kind {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  private static func append(_ name: String, _ series: MetricFamily.Series, _ text: inout String) {
    switch series.value {
    case .counter(let value): text += "\(name)\(labels(series.labels)) \(value)\n"
    case .gauge(let value): text += "\(name)\(labels(series.labels)) \(value)\n"
    case .histogram(let histogram):
      var cumulative: UInt64 = 0
      for index in histogram.counts.indices {
        cumulative &+= histogram.counts[index]
        let bound = histogram.bound(index).map { number(histogram.unit.shown($0)) } ?? "+Inf"
        text += "\(name)_bucket\(labels(series.labels + [MetricLabel("le", bound)])) \(cumulative)\n"
      }
      text += "\(name)_sum\(labels(series.labels)) \(number(histogram.unit.shown(histogram.sum)))\n"
      text += "\(name)_count\(labels(series.labels)) \(cumulative)\n"
    }
  }

  private static func labels(_ labels: [MetricLabel]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
  }

  /// Whole numbers without a fraction, others as Swift writes them, which parses as a Go float.
  private static func number(_ value: Double) -> String {
    if let whole = UInt64(exactly: value) { return String(whole) }
    return value.description
  }

  /// Backslash and newline are escaped everywhere, the quote in label values only.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
