// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleRouting
import MeshConfig

/// Makes contacts of a YAML document: a map with the one key `contacts`, a list of maps.
struct ContactPlanReader {
  let source: String
  let reference: UInt64

  private typealias Entry = DocumentNode.Entry

  func contacts(_ root: DocumentNode?) throws(ConfigurationProblem) -> [Contact] {
    guard let root else { throw problem(.none, "", "the file is empty; expected 'contacts:' and a list") }
    guard case .map(let entries) = root.content else {
      throw problem(root.position, "", "expected 'contacts:' and a list")
    }
    var all: [Contact] = []
    for entry in entries {
      guard entry.key == "contacts" else { throw problem(entry.position, entry.key, "unknown key; expected contacts") }
      guard case .list(let items) = entry.value.content else {
        throw problem(entry.value.position, "contacts", "expected a list")
      }
      for (index, item) in items.enumerated() { all += try contact(item, "contacts[\(index)]") }
    }
    return all
  }

  private func contact(_ item: DocumentNode, _ path: String) throws(ConfigurationProblem) -> [Contact] {
    guard case .map(let entries) = item.content else { throw problem(item.position, path, "expected a map") }
    let known = ["from", "to", "start", "end", "rate", "delay", "confidence", "both"]
    for entry in entries where !known.contains(entry.key) {
      throw problem(entry.position, "\(path).\(entry.key)", "unknown key; expected \(known.joined(separator: ", "))")
    }
    func required(_ key: String) throws(ConfigurationProblem) -> Entry {
      guard let entry = entries.first(where: { $0.key == key }) else {
        throw problem(item.position, "\(path).\(key)", "is missing")
      }
      return entry
    }
    func optional(_ key: String) -> Entry? { entries.first { $0.key == key } }
    let end = try required("end")
    var contact = Contact(
      from: try node(required("from"), path), to: try node(required("to"), path),
      start: try time(required("start"), path), end: try time(end, path), rate: try rate(required("rate"), path))
    guard contact.start < contact.end else {
      throw problem(end.value.position, "\(path).end", "it ends before it begins")
    }
    if let entry = optional("delay") { contact.delay = try delay(entry, path) }
    if let entry = optional("confidence") { contact.confidence = try confidence(entry, path) }
    guard let both = optional("both"), try boolean(both, path) else { return [contact] }
    var back = contact
    (back.from, back.to) = (contact.to, contact.from)
    return [contact, back]
  }

  // MARK: values

  private func node(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> EndpointID {
    let text = try text(entry, path)
    guard let node = try? EndpointID(text).node else {
      throw problem(entry, path, "expected a node such as dtn://name/ or ipn:4.0", text)
    }
    return node
  }

  private func time(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> UInt64 {
    let text = try text(entry, path)
    if text.hasPrefix("+"), let after = SchemaUnits.nanoseconds(String(text.dropFirst())) {
      return reference + UInt64(after / 1_000_000)
    }
    guard let time = PlanTime.milliseconds(text) else {
      throw problem(entry, path, "expected 2030-01-31T06:00:00Z or a time after the start such as +90m", text)
    }
    return time
  }

  private func rate(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> UInt64 {
    let text = try text(entry, path)
    guard let rate = SchemaUnits.bytes(text), rate > 0, rate < 1 << 50 else {
      throw problem(entry, path, "expected bytes a second such as 9600 or 125KB", text)
    }
    return UInt64(rate)
  }

  private func delay(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> UInt64 {
    let text = try text(entry, path)
    guard let delay = SchemaUnits.nanoseconds(text) else {
      throw problem(entry, path, "expected a time such as 1300ms or 4m", text)
    }
    return UInt64(delay / 1_000_000)
  }

  private func confidence(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> Double {
    let text = try text(entry, path)
    guard let value = Double(text), value >= 0, value <= 1 else {
      throw problem(entry, path, "expected a number from 0 to 1", text)
    }
    return value
  }

  private func boolean(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> Bool {
    let text = try text(entry, path)
    guard text == "true" || text == "false" else { throw problem(entry, path, "expected true or false", text) }
    return text == "true"
  }

  private func text(_ entry: Entry, _ path: String) throws(ConfigurationProblem) -> String {
    guard case .text(let text, _) = entry.value.content, text.utf8.count <= 1024 else {
      throw problem(entry.value.position, "\(path).\(entry.key)", "expected a single value")
    }
    return text
  }

  private func problem(
    _ entry: Entry, _ path: String, _ message: String, _ found: String
  ) -> ConfigurationProblem {
    let visible = found.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : $0 }
    let shown = String(String.UnicodeScalarView(visible))
    return problem(entry.value.position, "\(path).\(entry.key)", "found '\(shown)'; \(message)")
  }

  private func problem(_ position: SourcePosition, _ key: String, _ message: String) -> ConfigurationProblem {
    ConfigurationProblem(file: source, position: position, key: key, message: message)
  }
}
