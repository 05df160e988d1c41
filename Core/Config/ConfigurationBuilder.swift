/// Turns a document into a configuration: types every key, then checks what concerns several keys.
struct ConfigurationBuilder {
  let environment: Environment
  let paths: PathResolver
  var problems: ProblemCollector

  init(file: String, paths: PathResolver, environment: Environment) {
    self.environment = environment
    self.paths = paths
    problems = ProblemCollector(file: file)
  }

  mutating func build(_ root: DocumentNode?) throws(ConfigurationError) -> Configuration {
    var sections: [String: DocumentNode.Entry] = [:]
    for entry in SectionReader.entries(root, path: "", &problems) {
      if Configuration.Schema.sections.contains(entry.key) {
        sections[entry.key] = entry
      } else {
        problems.report(
          SectionReader.join("", entry.key),
          "unknown section; expected one of \(Configuration.Schema.sections.joined(separator: ", "))",
          at: entry.position,
          suggestion: Suggestion.nearest(to: entry.key, among: Configuration.Schema.sections))
      }
    }
    checkVariables()
    let transports = transports(sections)
    let peers = peers(sections["peers"])
    let configuration = Configuration(
      file: problems.file, node: node(sections["node"]), plugins: plugins(sections["plugins"]), transports: transports,
      policies: policies(sections["policy"], transports), peers: peers,
      protocols: protocols(sections["protocols"], peers), control: control(sections["control"]),
      log: log(sections["log"]), metrics: metrics(sections["metrics"]), session: session(sections["session"]),
      warnings: [])
    try problems.finish()
    var result = configuration
    result.warnings = problems.warnings
    return result
  }

  /// Reads a section whose scalar keys the environment may override.
  mutating func values(_ name: String, _ entry: DocumentNode.Entry?, _ keys: [SchemaKey]) -> SectionValues {
    var reader = SectionReader(paths: paths)
    for key in keys where !key.isList {
      let variable = "MESH_\(name)_\(key.name)".uppercased()
      if let text = environment.variables[variable] {
        reader.overrides[key.name] = .init(variable: variable, text: text)
      }
    }
    return reader.read(entry?.value, path: name, keys: keys, &problems).values
  }

  private mutating func checkVariables() {
    let others = ["MESH_CONFIG", "MESH_SOCKET", "MESH_ADMIN_SOCKET"]
    for variable in environment.variables.keys.sorted() where variable.hasPrefix("MESH_") {
      guard !others.contains(variable), !Configuration.Schema.variables.contains(variable) else { continue }
      problems.warn(
        String(quoted(variable).dropFirst().dropLast()), "unknown variable, ignored", at: .none,
        suggestion: Suggestion.nearest(to: variable, among: Configuration.Schema.variables + others)?.uppercased(),
        file: "environment")
    }
  }
}
