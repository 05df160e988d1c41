/// A place in a configuration text. Lines and columns count from 1; columns count Unicode scalars.
public struct SourcePosition: Equatable, Hashable, Sendable {
  /// The line, from 1; 0 for a value that is not in the file.
  public var line: Int
  /// The column, from 1; 0 for a value that is not in the file.
  public var column: Int

  /// A place by line and column, both from 1.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of a value that no file holds: a default, or an override from the environment.
  public static let none = SourcePosition(line: 0, column: 0)
}
