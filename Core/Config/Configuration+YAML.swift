extension Configuration {
  /// The configuration in effect as YAML, defaults included; parsing it again gives the same configuration.
  ///
  /// `options` are the plugins' options by transport name. A plugin's key is shown only when its option is known and
  /// not secret; otherwise its value is the word `hidden`.
  public func yaml(options: [String: [PluginOption]] = [:]) -> String {
    var text = ""
    for (name, keys) in ConfigurationText.sections(self) { Self.section(name, keys, &text) }
    text += "transports:\n"
    for transport in transports {
      text += "  \(Self.scalar(transport.name)):\n"
      Self.lines(ConfigurationText.transport(transport), "    ", &text)
      for entry in transport.pluginKeys {
        let option = options[transport.name]?.first { $0.name == entry.key }
        let shown = option.map { !$0.isSecret } ?? false
        text += "    \(Self.scalar(entry.key)): \(shown ? Self.flow(entry.value) : "hidden")\n"
      }
    }
    text += "policy:\n"
    for policy in policies {
      text += "  \(policy.trafficClass.name):\n"
      Self.lines(ConfigurationText.policy(policy), "    ", &text)
    }
    text += peers.isEmpty ? "peers: []\n" : "peers:\n"
    for peer in peers {
      text += "  -\n"
      Self.lines(ConfigurationText.peer(peer), "    ", &text)
    }
    text += protocols.isEmpty ? "protocols: {}\n" : "protocols:\n"
    for settings in protocols {
      text += "  \(Self.scalar(settings.name)):\n"
      Self.lines(ConfigurationText.protocol(settings), "    ", &text)
    }
    return text
  }

  private static func section(_ name: String, _ keys: [ConfigurationText.Key], _ text: inout String) {
    text += "\(name):\n"
    lines(keys, "  ", &text)
  }

  private static func lines(_ keys: [ConfigurationText.Key], _ indent: String, _ text: inout String) {
    for (schema, value) in keys {
      guard let value else { continue }
      text += "\(indent)\(schema.name): \(schema.isSecret ? "hidden" : written(value, schema.type))\n"
    }
  }

  private static func written(_ value: SchemaValue, _ type: SchemaType) -> String {
    switch value {
    case .boolean(let flag): return flag ? "true" : "false"
    case .text(let text): return scalar(text)
    case .list(let elements): return "[" + elements.map { written($0, type) }.joined(separator: ", ") + "]"
    case .integer(let number):
      switch type {
      case .duration: return SchemaUnits.duration(number)
      case .size: return SchemaUnits.size(number)
      default: return String(number)
      }
    }
  }

  private static func flow(_ node: DocumentNode) -> String {
    switch node.content {
    case .text(let text, let isPlain): isPlain && text.isEmpty ? "~" : scalar(text)
    case .list(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .map(let entries):
      "{" + entries.map { scalar($0.key) + ": " + flow($0.value) }.joined(separator: ", ") + "}"
    }
  }

  /// Plain where that is certain to be read back as the same text, else in double quotes.
  static func scalar(_ text: String) -> String {
    let plain = text.utf8.allSatisfy {
      (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || "_./-".utf8.contains($0)
    }
    if plain, let first = text.utf8.first, first != UInt8(ascii: "-"), text != "null", !text.hasPrefix("...") {
      return text
    }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7f || (0x80...0x9f).contains(scalar.value)
          || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xfeff
        {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
