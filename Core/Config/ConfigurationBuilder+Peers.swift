extension ConfigurationBuilder {
  mutating func policies(_ entry: DocumentNode.Entry?, _ transports: [TransportSettings]) -> [PolicySettings] {
    let classes = PolicySettings.TrafficClass.allCases
    var nodes: [String: DocumentNode] = [:]
    for entry in SectionReader.entries(entry?.value, path: "policy", &problems) {
      if classes.contains(where: { $0.name == entry.key }) {
        nodes[entry.key] = entry.value
      } else {
        problems.report(
          SectionReader.join("policy", entry.key),
          "unknown class; expected one of \(classes.map(\.name).joined(separator: ", "))", at: entry.position,
          suggestion: Suggestion.nearest(to: entry.key, among: classes.map(\.name)))
      }
    }
    let configured = transports.map(\.name)
    return classes.map { policy($0, nodes[$0.name], configured) }
  }

  private mutating func policy(
    _ trafficClass: PolicySettings.TrafficClass, _ node: DocumentNode?, _ transports: [String]
  ) -> PolicySettings {
    let path = "policy.\(trafficClass.name)"
    let values = SectionReader(paths: paths).read(node, path: path, keys: Configuration.Schema.policy, &problems).values
    let weights = [32, 16, 8, 4, 1]
    let settings = PolicySettings(
      trafficClass: trafficClass, forbid: values.texts("forbid"), only: values.texts("only"),
      weight: values.optionalInteger("weight").map { Int($0) } ?? weights[Int(trafficClass.rawValue) - 1],
      queue: Int(values.integer("queue")),
      drop: values.choice("drop", PolicySettings.Drop.self) ?? (trafficClass == .realtime ? .oldest : .refuse))
    for key in ["forbid", "only"] {
      for (index, name) in values.texts(key).enumerated() where !transports.contains(name) {
        problems.warn(
          "\(path).\(key)", "no transport is named \(quoted(name))", at: values.elementPosition(key, index),
          suggestion: Suggestion.nearest(to: name, among: transports))
      }
    }
    if !transports.isEmpty, !transports.contains(where: settings.permits) {
      problems.warn(
        path, "no transport is left for this class: its messages will only wait", at: node?.position ?? .none)
    }
    return settings
  }

  mutating func peers(_ entry: DocumentNode.Entry?) -> [PeerSettings] {
    guard let entry, !entry.value.isAbsent else { return [] }
    guard case .list(let nodes) = entry.value.content else {
      problems.report(
        "peers", "found \(entry.value.kindDescription); expected a list of maps, each with an id",
        at: entry.value.position)
      return []
    }
    var result: [PeerSettings] = []
    var ids: Set<String> = []
    var names: Set<String> = []
    for (index, node) in nodes.enumerated() {
      let path = "peers[\(index + 1)]"
      let values = SectionReader(paths: paths).read(node, path: path, keys: Configuration.Schema.peer, &problems).values
      guard let id = values.text("id") else { continue }
      if !ids.insert(id).inserted {
        problems.report(path + ".id", "the peer \(quoted(id)) is given twice", at: values.position("id"))
      }
      if let name = values.text("name"), !names.insert(name).inserted {
        problems.report(path + ".name", "the name \(quoted(name)) is given twice", at: values.position("name"))
      }
      result.append(
        PeerSettings(
          id: id, name: values.text("name"), addresses: values.texts("addresses"),
          allow: values.isGiven("allow") ? values.texts("allow") : nil, position: values.position("id")))
    }
    return result
  }

  mutating func protocols(_ entry: DocumentNode.Entry?, _ peers: [PeerSettings]) -> [ProtocolSettings] {
    let known = peers.compactMap(\.name)
    let knownSet = Set(known)
    var result: [ProtocolSettings] = []
    for entry in SectionReader.entries(entry?.value, path: "protocols", &problems) {
      guard entry.key.hasPrefix("/"), entry.key.utf8.count <= 64,
        entry.key.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
      else {
        problems.report(
          SectionReader.join("protocols", entry.key),
          "expected a protocol's name such as /mesh/file/1, at most 64 long",
          at: entry.position)
        continue
      }
      let path = SectionReader.join("protocols", entry.key)
      let values = SectionReader(paths: paths).read(
        entry.value, path: path, keys: Configuration.Schema.protocol, &problems
      ).values
      for (index, peer) in values.texts("allow").enumerated()
      where peer != "*" && !knownSet.contains(peer) && !SchemaType.isNodeName(peer) {
        problems.warn(
          path + ".allow", "no peer of this file is named \(quoted(peer)), only one that is added by hand",
          at: values.elementPosition("allow", index),
          suggestion: Suggestion.nearest(to: peer, among: known))
      }
      if entry.key == "/mesh/file/1", values.boolean("enabled"), values.text("folder") == nil {
        problems.warn(path, "no 'folder' is given, so no files are taken", at: entry.position)
      }
      result.append(
        ProtocolSettings(
          name: entry.key, isEnabled: values.boolean("enabled"), allow: values.texts("allow"),
          folder: values.text("folder"), maxSize: values.integer("max_size")))
    }
    return result
  }
}
