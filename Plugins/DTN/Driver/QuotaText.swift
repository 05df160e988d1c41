// SPDX-License-Identifier: Apache-2.0
import BundleProtocol
import BundleStore
import MeshConfig

/// Quotas as `bundle stats` shows them, and as the configuration has them.
enum QuotaText {
  /// All of whom it is not known who they are.
  static let strangers = "strangers"

  private static func name(_ priority: BundlePriority) -> String {
    switch priority {
    case .bulk: "bulk"
    case .normal: "normal"
    case .expedited: "expedited"
    }
  }

  /// A line for people, such as `source ipn:4.0: 300 of 65536 bytes, 3 bundles`.
  static func line(_ usage: QuotaUsage) -> String {
    func share(_ used: UInt64, _ limit: UInt64) -> String { limit == .max ? "\(used)" : "\(used) of \(limit)" }
    let kind =
      switch usage.kind {
      case .total: "total"
      case .priority(let priority): "priority \(name(priority))"
      case .source(let node): "source \(node)"
      case .neighbour(EndpointID.none?): strangers
      case .neighbour(let node?): "neighbour \(node)"
      case .neighbour(nil): "other neighbours"
      }
    return "\(JSON.printable(kind)): \(share(usage.bytes, usage.quota.bytes)) bytes, "
      + "\(share(usage.count, usage.quota.count)) bundles"
  }

  /// The same for programs; what has no limit has none here.
  static func json(_ usage: QuotaUsage) -> String {
    var fields: [String] =
      switch usage.kind {
      case .total: ["\"kind\":\"total\""]
      case .priority(let priority): ["\"kind\":\"priority\"", "\"priority\":\"\(name(priority))\""]
      case .source(let node): ["\"kind\":\"source\"", "\"source\":\(JSON.text("\(node)"))"]
      case .neighbour(EndpointID.none?): ["\"kind\":\"\(strangers)\""]
      case .neighbour(let node?): ["\"kind\":\"neighbour\"", "\"neighbour\":\(JSON.text("\(node)"))"]
      case .neighbour(nil): ["\"kind\":\"other neighbours\""]
      }
    fields += ["\"bytes\":\(usage.bytes)", "\"bundles\":\(usage.count)"]
    if usage.quota.bytes != .max { fields.append("\"byte_limit\":\(usage.quota.bytes)") }
    if usage.quota.count != .max { fields.append("\"bundle_limit\":\(usage.quota.count)") }
    return "{\(fields.joined(separator: ","))}"
  }

  /// Reads `WHOSE SIZE [BUNDLES]`.
  /// - Throws: a sentence that says what is wrong.
  static func read(_ text: String) throws(QuotaProblem) -> (whose: String, quota: StoreLimits.Quota) {
    let words = text.split(separator: " ").map { String($0) }
    guard (2...3).contains(words.count) else {
      throw QuotaProblem(text: "'\(text)' is not WHOSE SIZE [BUNDLES], such as '\(words.first ?? "bulk") 100MiB 5000'")
    }
    guard let bytes = SchemaUnits.bytes(words[1]), bytes > 0 else {
      throw QuotaProblem(text: "'\(words[1])' in '\(text)' is not a size such as 100MiB")
    }
    var quota = StoreLimits.Quota(bytes: UInt64(bytes))
    if words.count == 3 {
      guard let count = UInt64(words[2]), count > 0 else {
        throw QuotaProblem(text: "'\(words[2])' in '\(text)' is not a number of bundles")
      }
      quota.count = count
    }
    return (words[0], quota)
  }

  /// The priority of a name.
  static func priority(_ text: String) -> BundlePriority? { BundlePriority.allCases.first { name($0) == text } }
}

/// What is wrong with a quota.
struct QuotaProblem: Error {
  let text: String
}
