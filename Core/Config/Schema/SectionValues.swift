/// The typed values of one section, with where each stands.
struct SectionValues {
  /// A value and its places: one for a scalar, one an element for a list.
  struct Located: Equatable {
    var value: SchemaValue
    var position: SourcePosition
    var elementPositions: [SourcePosition] = []
  }

  private(set) var values: [String: Located] = [:]

  mutating func set(_ name: String, _ value: Located) {
    values[name] = value
  }

  /// Whether the file or the environment gave it.
  func isGiven(_ name: String) -> Bool { values[name].map { $0.position != .none } ?? false }

  func position(_ name: String) -> SourcePosition { values[name]?.position ?? .none }

  func elementPosition(_ name: String, _ index: Int) -> SourcePosition {
    guard let positions = values[name]?.elementPositions, positions.indices.contains(index) else { return .none }
    return positions[index]
  }

  func text(_ name: String) -> String? {
    guard case .text(let text)? = values[name]?.value else { return nil }
    return text
  }

  /// The number of a key that has a default; 0 for a key of another type.
  func integer(_ name: String) -> Int64 { optionalInteger(name) ?? 0 }

  func optionalInteger(_ name: String) -> Int64? {
    guard case .integer(let number)? = values[name]?.value else { return nil }
    return number
  }

  func boolean(_ name: String) -> Bool {
    guard case .boolean(let flag)? = values[name]?.value else { return false }
    return flag
  }

  func texts(_ name: String) -> [String] {
    guard case .list(let elements)? = values[name]?.value else { return [] }
    return elements.compactMap {
      guard case .text(let text) = $0 else { return nil }
      return text
    }
  }

  /// A choice as an enumeration; its first case when the value was refused.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    text(name).flatMap(Choice.init(rawValue:))
  }
}
