// SPDX-License-Identifier: Apache-2.0

/// A plain table whose columns fit the terminal.
public struct TextTable {
  /// How the cells of a column stand.
  public enum Alignment: Sendable {
    case left
    case right
  }

  private let headers: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table with these column titles, aligned to the left unless said otherwise.
  public init(_ headers: [String], _ alignments: [Alignment] = []) {
    self.headers = headers
    self.alignments = alignments + Array(repeating: .left, count: max(0, headers.count - alignments.count))
  }

  /// Adds a row. Missing cells are empty, further ones are left out; control characters are shown as `?`.
  public mutating func add(_ cells: [String]) {
    let clean = cells.prefix(headers.count).map(TextTable.printable)
    rows.append(clean + Array(repeating: "", count: headers.count - clean.count))
  }

  /// The table's lines, none longer than `width`. The widest columns give way first, ending in `…`.
  public func render(width: Int) -> String {
    var widths = headers.indices.map { column in
      rows.reduce(headers[column].count) { max($0, $1[column].count) }
    }
    let gaps = 2 * max(0, headers.count - 1)
    while widths.reduce(gaps, +) > width, let widest = widths.max(), widest > 4 {
      widths[widths.lastIndex(of: widest)!] -= 1
    }
    return ([headers] + rows).map { line($0, widths) + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let room = widths[column]
      let shown = cell.count > room ? cell.prefix(room - 1) + "…" : Substring(cell)
      let blanks = String(repeating: " ", count: room - shown.count)
      if column > 0 { text += "  " }
      text += alignments[column] == .left ? shown + blanks : blanks + shown
    }
    while text.last == " " { text.removeLast() }
    return text
  }

  /// The text with every control character replaced, so that a peer cannot send escape sequences to a terminal.
  public static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}
