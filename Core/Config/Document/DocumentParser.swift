import CYAML

/// Reads one YAML document into a tree with places, by libyaml's events.
///
/// Only text, lists and maps are taken. Aliases, anchors, tags, duplicate keys and a second document are errors, so
/// the tree is never larger than the text.
struct DocumentParser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let source: String
  private let limits: DocumentLimits
  private var nodes = 0

  private init(source: String, limits: DocumentLimits) {
    self.source = source
    self.limits = limits
    parser = .allocate(capacity: 1)
  }

  deinit {
    parser.deallocate()
  }

  /// The root of the document in `bytes`, or nil for a text without a value.
  ///
  /// `source` is the file's name for messages.
  static func parse(
    _ bytes: [UInt8], source: String, limits: DocumentLimits = DocumentLimits()
  ) throws(ConfigurationProblem) -> DocumentNode? {
    guard bytes.count <= limits.bytes else {
      throw ConfigurationProblem(
        file: source, position: .none, key: "",
        message: "the file is too large; expected at most \(limits.bytes) bytes")
    }
    let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<DocumentNode?, ConfigurationProblem> in
      var parser = DocumentParser(source: source, limits: limits)
      do throws(ConfigurationProblem) {
        return .success(try parser.run(buffer))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private mutating func run(
    _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> DocumentNode? {
    guard yaml_parser_initialize(parser) == 1 else {
      throw problem("out of memory", at: .none)
    }
    defer { yaml_parser_delete(parser) }
    var nothing: UInt8 = 0
    return try withUnsafePointer(to: &nothing) { placeholder throws(ConfigurationProblem) in
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, input.baseAddress ?? placeholder, input.count)
      return try stream(input)
    }
  }

  private mutating func stream(
    _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> DocumentNode? {
    var root: DocumentNode?
    var documents = 0
    while true {
      let event = try next(input)
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root
      case .documentStart:
        documents += 1
        if documents > 1 {
          throw problem("a second document starts here; expected one document in the file", at: event.position)
        }
      default:
        let node = try value(event, depth: 0, input)
        root = node.isAbsent ? nil : node
      }
    }
  }

  private mutating func value(
    _ event: DocumentEvent, depth: Int, _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> DocumentNode {
    nodes += 1
    if nodes > limits.nodes {
      throw problem("more than \(limits.nodes) values; expected fewer", at: event.position)
    }
    if event.hasTag {
      throw problem("a tag ('!…') is refused; expected plain text, a list or a map", at: event.position)
    }
    if event.hasAnchor {
      throw problem("an anchor ('&…') is refused; write the value out where it is needed", at: event.position)
    }
    switch event.kind {
    case .scalar(let text, let isPlain):
      if text.utf8.contains(0) { throw problem("text with a NUL character is refused", at: event.position) }
      return DocumentNode(.text(text, isPlain: isPlain), at: event.position)
    case .listStart:
      try checkDepth(depth, at: event.position)
      return DocumentNode(.list(try elements(depth: depth + 1, input)), at: event.position)
    case .mapStart:
      try checkDepth(depth, at: event.position)
      return DocumentNode(.map(try entries(depth: depth + 1, input)), at: event.position)
    case .alias:
      throw problem("an alias ('*…') is refused; write the value out", at: event.position)
    default:
      throw problem("unexpected end of a value", at: event.position)
    }
  }

  private mutating func elements(
    depth: Int, _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> [DocumentNode] {
    var result: [DocumentNode] = []
    while true {
      let event = try next(input)
      if case .listEnd = event.kind { return result }
      result.append(try value(event, depth: depth, input))
    }
  }

  private mutating func entries(
    depth: Int, _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> [DocumentNode.Entry] {
    var result: [DocumentNode.Entry] = []
    var seen: [String: SourcePosition] = [:]
    while true {
      let event = try next(input)
      if case .mapEnd = event.kind { return result }
      let key = try value(event, depth: depth, input)
      guard case .text(let name, _) = key.content else {
        throw problem("\(key.kindDescription) as a key is refused; expected text", at: key.position)
      }
      if let first = seen.updateValue(key.position, forKey: name) {
        throw problem("the key \(quoted(name)) is already given on line \(first.line)", at: key.position)
      }
      let content = try value(try next(input), depth: depth, input)
      result.append(DocumentNode.Entry(key: name, position: key.position, value: content))
    }
  }

  private func checkDepth(_ depth: Int, at position: SourcePosition) throws(ConfigurationProblem) {
    if depth >= limits.depth {
      throw problem("nested more than \(limits.depth) levels deep; expected fewer", at: position)
    }
  }

  private func next(
    _ input: UnsafeBufferPointer<UInt8>
  ) throws(ConfigurationProblem) -> DocumentEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxProblem(input) }
    defer { yaml_event_delete(&event) }
    return DocumentEvent(event)
  }

  private func syntaxProblem(_ input: UnsafeBufferPointer<UInt8>) -> ConfigurationProblem {
    var text = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    if let context = parser.pointee.context {
      text = String(cString: context) + ": " + text
    }
    guard parser.pointee.error == YAML_READER_ERROR else {
      let lines = input.split(separator: 10, omittingEmptySubsequences: false)
      let line = parser.pointee.problem_mark.line
      if line < lines.count, lines[line].prefix(while: { $0 == 32 || $0 == 9 }).contains(9) {
        text += "; there is a tab, and YAML is indented with spaces"
      }
      return problem("not YAML: \(text)", at: SourcePosition(parser.pointee.problem_mark))
    }
    let before = input.prefix(min(parser.pointee.problem_offset, input.count))
    let start = before.lastIndex(of: 10).map { $0 + 1 } ?? before.startIndex
    let line = before.count { $0 == 10 } + 1
    let column = before[start...].count { $0 & 0xc0 != 0x80 } + 1
    let kind = text.hasPrefix("control characters") ? "not plain text" : "not UTF-8 text"
    return problem("\(kind): \(text)", at: SourcePosition(line: line, column: column))
  }

  private func problem(_ message: String, at position: SourcePosition) -> ConfigurationProblem {
    ConfigurationProblem(file: source, position: position, key: "", message: message)
  }
}
