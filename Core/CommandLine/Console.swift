// SPDX-License-Identifier: Apache-2.0

/// Where a program writes. Tests make one that records.
public final class Console {
  /// Colours that messages may have.
  public enum Colour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case bold = "1"
    case dim = "2"
  }

  /// Columns of the terminal, or of text where there is none.
  public let width: Int
  /// Columns that a line of a result may have: where no terminal cuts it, nothing else does.
  public var resultWidth: Int { isTerminal ? width : .max }
  /// Whether the output is a terminal.
  public let isTerminal: Bool
  /// Whether the error output is a terminal; progress is drawn there.
  public let isErrorTerminal: Bool
  /// Whether text may carry colours.
  public let usesColour: Bool
  private let output: ([UInt8]) -> Void
  private let error: ([UInt8]) -> Void

  /// Makes a console on two byte sinks.
  public init(
    width: Int = 80, isTerminal: Bool = false, isErrorTerminal: Bool = false, usesColour: Bool = false,
    output: @escaping ([UInt8]) -> Void, error: @escaping ([UInt8]) -> Void
  ) {
    self.width = width
    self.isTerminal = isTerminal
    self.isErrorTerminal = isErrorTerminal
    self.usesColour = usesColour
    self.output = output
    self.error = error
  }

  /// The console of this process: standard output and standard error, width and colours as `Terminal` finds them.
  public static func standard() -> Console {
    Console(
      width: Terminal.width(1), isTerminal: Terminal.isTerminal(1), isErrorTerminal: Terminal.isTerminal(2),
      usesColour: Terminal.allowsColour(2), output: { Terminal.write(1, $0) }, error: { Terminal.write(2, $0) })
  }

  /// Writes text as it is.
  public func write(_ text: String) { output(Array(text.utf8)) }

  /// Writes bytes as they are.
  public func write(bytes: [UInt8]) { output(bytes) }

  /// Writes a line.
  public func line(_ text: String = "") { write(text + "\n") }

  /// Writes a value as one line of JSON.
  public func line(json value: JSONValue) { line(JSONWriter.write(value)) }

  /// Writes a line to the error output.
  public func errorLine(_ text: String) { writeError(text + "\n") }

  /// Writes text to the error output.
  public func writeError(_ text: String) { error(Array(text.utf8)) }

  /// The text in that colour, or as it is where colours are not wanted.
  public func colour(_ colour: Colour, _ text: String) -> String {
    usesColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
