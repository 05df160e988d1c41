/// A label of a series.
public struct MetricLabel: Equatable, Hashable, Sendable {
  /// The label's name: letters, digits and underscore.
  public var name: String
  /// Its value, any text.
  public var value: String

  /// A label from its parts.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// All series of one name, as plain values.
public struct MetricFamily: Equatable, Sendable {
  /// What a series is.
  public enum Kind: Equatable, Sendable {
    /// It only grows.
    case counter
    /// It goes up and down.
    case gauge
    /// Values by magnitude.
    case histogram(Histogram.Unit)
  }

  /// A series' figure.
  public enum Value: Equatable, Sendable {
    /// A counter's figure.
    case counter(UInt64)
    /// A gauge's figure.
    case gauge(Int64)
    /// A histogram's figures.
    case histogram(HistogramSnapshot)
  }

  /// One series.
  public struct Series: Equatable, Sendable {
    /// Its labels, in the order of registration.
    public var labels: [MetricLabel]
    /// Its figure.
    public var value: Value

    /// A series from its parts.
    public init(labels: [MetricLabel] = [], value: Value) {
      self.labels = labels
      self.value = value
    }
  }

  /// The name, such as `mesh_packets_sent_total`.
  public var name: String
  /// One sentence.
  public var help: String
  /// What its series are.
  public var kind: Kind
  /// The series.
  public var series: [Series]

  /// A family from its parts, for figures that a part of the node counts itself.
  public init(name: String, help: String, kind: Kind, series: [Series]) {
    self.name = name
    self.help = help
    self.kind = kind
    self.series = series
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, at most 128 bytes; labels have no colon.
  static func isName(_ name: String, colons: Bool) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 128, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
        || (colons && $0 == UInt8(ascii: ":"))
    }
  }
}
