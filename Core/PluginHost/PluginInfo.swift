// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshEventLoop

/// What a plugin says of itself, checked and copied.
public struct PluginInfo: Sendable {
  /// Lower case, digits and hyphen, at most 32 bytes.
  public let id: String
  /// The plugin's own version.
  public let version: String
  /// SPDX expression.
  public let licence: String
  /// One sentence, or empty.
  public let summary: String
  /// Address schemes, without "://".
  public let schemes: [String]
  /// Purposes of the keys it wants.
  public let secrets: [String]
  /// Defaults of its links.
  public let capabilities: mesh_caps
  /// Its part of the configuration: static memory of a library that is never unmapped.
  public nonisolated(unsafe) let options: UnsafeBufferPointer<mesh_option>

  static let schemeLimit = 16
  static let secretLimit = 16
  static let optionLimit = 256
  private static let textLimit = 1024

  init(_ info: mesh_plugin_info) throws(PluginError) {
    id = try PluginInfo.text(info.id, "id")
    guard PluginNote.isIdentifier(id) else {
      throw PluginError(.contract, "“describe” gives an id that is not lower case, digits and hyphen")
    }
    version = try PluginInfo.text(info.version, "version")
    licence = info.licence == nil ? "" : try PluginInfo.text(info.licence, "licence")
    summary = info.summary == nil ? "" : try PluginInfo.text(info.summary, "summary")
    schemes = try PluginInfo.list(info.schemes, info.scheme_count, PluginInfo.schemeLimit, "scheme")
    guard schemes.allSatisfy(PluginNote.isScheme) else {
      throw PluginError(.contract, "“describe” gives a scheme that is not one (RFC 3986, section 3.1)")
    }
    secrets = try PluginInfo.list(info.secrets, info.secret_count, PluginInfo.secretLimit, "secret")
    guard info.option_count <= PluginInfo.optionLimit, info.option_count == 0 || info.options != nil else {
      throw PluginError(.contract, "“describe” gives \(info.option_count) options without a table, or too many")
    }
    options = UnsafeBufferPointer(start: info.options, count: Int(info.option_count))
    for option in options { _ = try PluginInfo.text(option.name, "option") }
    var caps = info.caps
    try PluginInfo.check(caps)
    caps.size = UInt32(truncatingIfNeeded: MemoryLayout<mesh_caps>.size)
    capabilities = caps
  }

  /// Whether a link with these capabilities can be served by this host.
  static func check(_ caps: mesh_caps) throws(PluginError) {
    guard caps.size >= 12, (256...65_535).contains(caps.mtu) else {
      throw PluginError(.contract, "the capabilities give an MTU of \(caps.mtu), outside 256 to 65,535")
    }
    guard UInt64(caps.headroom) + UInt64(caps.tailroom) <= UInt64(BufferPool.slack) else {
      throw PluginError(
        .contract, "the capabilities ask for more than \(BufferPool.slack) bytes of head- and tail-room")
    }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(PluginError) -> String {
    guard let pointer else { throw PluginError(.contract, "“describe” gives no \(what)") }
    let length = strnlen(pointer, textLimit)
    guard length > 0, length < textLimit else {
      throw PluginError(.contract, "“describe” gives an empty or endless \(what)")
    }
    let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
    return printable(bytes, limit: textLimit)
  }

  private static func list(
    _ pointer: UnsafePointer<UnsafePointer<CChar>?>?, _ count: UInt32, _ limit: Int, _ what: String
  ) throws(PluginError) -> [String] {
    guard count > 0 else { return [] }
    guard count <= limit, let pointer else {
      throw PluginError(.contract, "“describe” gives \(count) \(what)s without a list, or more than \(limit)")
    }
    var texts: [String] = []
    for index in 0..<Int(count) { texts.append(try text(pointer[index], what)) }
    return texts
  }
}

/// Bytes as one line of UTF-8: repaired, cut at `limit` bytes, control characters replaced by spaces.
func printable(_ bytes: UnsafeRawBufferPointer, limit: Int) -> String {
  var text = String(decoding: bytes.prefix(limit), as: UTF8.self)
  if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      clean.append(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? " " : scalar)
    }
    text = String(clean)
  }
  return text
}
