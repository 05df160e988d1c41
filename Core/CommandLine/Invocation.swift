// SPDX-License-Identifier: Apache-2.0

/// A command line after parsing. Values have been checked against their declarations.
public struct Invocation {
  /// The commands named, the program's root first.
  public let path: [Command]
  var flags: Set<String> = []
  var optionValues: [String: [String]] = [:]
  var argumentValues: [String: [String]] = [:]

  init(path: [Command]) { self.path = path }

  /// The command to run.
  public var command: Command { path[path.count - 1] }

  /// The words of the path, for example `meshctl peers add`.
  public var name: String { path.map(\.name).joined(separator: " ") }

  /// Whether the flag was given.
  public func flag(_ name: String) -> Bool { flags.contains(name) }

  /// The value of the option, or nil when it was not given.
  public func value(_ name: String) -> String? { optionValues[name]?.last }

  /// All values of a repeatable option.
  public func values(_ name: String) -> [String] { optionValues[name] ?? [] }

  /// The value of an `.integer` option or argument.
  public func integer(_ name: String) -> Int64? { (value(name) ?? argument(name)).flatMap { Int64($0) } }

  /// The value of a `.duration` option, in nanoseconds.
  public func duration(_ name: String) -> UInt64? { value(name).flatMap(DurationFormat.parse) }

  /// The value of a `.bytes` option.
  public func bytes(_ name: String) -> UInt64? { value(name).flatMap(ByteFormat.parse) }

  /// The argument's value, or nil when it is optional and was left out.
  public func argument(_ name: String) -> String? { argumentValues[name]?.first }

  /// The value of an argument that is not optional. Parsing has made sure that it is there.
  public func required(_ name: String) -> String { argumentValues[name]?.first ?? "" }

  /// All values of a repeatable argument.
  public func arguments(_ name: String) -> [String] { argumentValues[name] ?? [] }
}
