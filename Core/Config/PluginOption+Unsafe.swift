import CMeshABI

extension PluginOption {
  /// Most options that a plugin may declare.
  public static let limit = 256

  /// Why a plugin's list of options was refused.
  public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The option's place in the list, or nil when it is about the list.
    public var index: Int?
    /// What is wrong.
    public var reason: String

    /// A sentence for the log.
    public var description: String {
      index.map { "option \($0): \(reason)" } ?? "options: \(reason)"
    }
  }

  /// Copies and checks what `describe` gave. The plugin is not trusted: pointers may be NULL, counts absurd, types
  /// unknown and names doubled; each of these is a `Refusal`. Text must be NUL-terminated, which cannot be checked.
  public static func copy(
    _ options: UnsafePointer<mesh_option>?, count: UInt32
  ) throws(Refusal) -> [PluginOption] {
    guard count > 0 else { return [] }
    guard count <= limit else { throw Refusal(index: nil, reason: "\(count) of them; expected at most \(limit)") }
    guard let options else { throw Refusal(index: nil, reason: "a NULL list of \(count)") }
    var result: [PluginOption] = []
    for index in 0..<Int(count) {
      let option = try copy(options[index], index: index)
      if result.contains(where: { $0.name == option.name }) {
        throw Refusal(index: index, reason: "the name '\(option.name)' is given twice")
      }
      result.append(option)
    }
    return result
  }

  private static func copy(_ raw: mesh_option, index: Int) throws(Refusal) -> PluginOption {
    guard let name = text(raw.name, limit: 64), isOptionName(name) else {
      throw Refusal(index: index, reason: "a name that is not lower case, digits and underscore, at most 64 long")
    }
    if Configuration.Schema.transport.contains(where: { $0.name == name }) {
      throw Refusal(index: index, reason: "the name '\(name)' belongs to the host")
    }
    guard let kind = Kind(rawValue: raw.type) else {
      throw Refusal(index: index, reason: "'\(name)' has the unknown type \(raw.type)")
    }
    guard raw.min <= raw.max else { throw Refusal(index: index, reason: "'\(name)' has min above max") }
    let choices = text(raw.choices, limit: 4096)?.split(separator: "|").prefix(256).map(String.init) ?? []
    let hasRange = raw.min != 0 || raw.max != 0
    let option = PluginOption(
      name: name, kind: kind, help: text(raw.help, limit: 1024) ?? "", fallback: text(raw.fallback, limit: 4096),
      choices: choices, range: hasRange ? raw.min...raw.max : nil,
      isList: raw.flags & UInt32(MESH_OPTION_LIST) != 0, isSecret: raw.flags & UInt32(MESH_OPTION_SECRET) != 0,
      isLive: raw.flags & UInt32(MESH_OPTION_LIVE) != 0)
    if option.fallback != nil, option.schemaKey.fallbackValue == nil {
      throw Refusal(index: index, reason: "the default of '\(name)' is not \(option.schemaKey.type.expectation)")
    }
    return option
  }

  /// At most `limit` bytes of a C string; nil for NULL.
  private static func text(_ pointer: UnsafePointer<CChar>?, limit: Int) -> String? {
    guard let pointer else { return nil }
    var count = 0
    while count < limit, pointer[count] != 0 { count += 1 }
    return pointer.withMemoryRebound(to: UInt8.self, capacity: count) {
      String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
  }

  private static func isOptionName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count < 64
      && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
  }
}
