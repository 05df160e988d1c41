/// What an operator asked for: the YAML file with defaults, overrides and checks applied.
public struct Configuration: Equatable, Sendable {
  /// The file's name as it was given.
  public var file: String
  /// `node:`
  public var node: NodeSettings
  /// `plugins:`
  public var plugins: PluginsSettings
  /// The transports, first choice first; never empty.
  public var transports: [TransportSettings]
  /// One policy for each class, in the order of `TrafficClass`.
  public var policies: [PolicySettings]
  /// `peers:`
  public var peers: [PeerSettings]
  /// `protocols:`
  public var protocols: [ProtocolSettings]
  /// `control:`
  public var control: ControlSettings
  /// `log:`
  public var log: LogSettings
  /// `metrics:`
  public var metrics: MetricsSettings
  /// `session:`
  public var session: SessionSettings
  /// What is odd, but no reason to refuse.
  public var warnings: [ConfigurationProblem]

  /// The policy of a class.
  public func policy(_ trafficClass: PolicySettings.TrafficClass) -> PolicySettings {
    policies[Int(trafficClass.rawValue) - 1]
  }

  /// Checks every peer's id with the code that knows such names; what `isValid` refuses is a problem with its place.
  public func checkNodeNames(_ isValid: (String) -> Bool) throws(ConfigurationError) {
    var problems = ProblemCollector(file: file)
    for (index, peer) in peers.enumerated() where !isValid(peer.id) {
      problems.report(
        "peers[\(index + 1)].id", "the checksum of \(quoted(peer.id)) is wrong; expected a name copied without errors",
        at: peer.position)
    }
    try problems.finish()
  }

  /// Checks a YAML text. `name` is the file's path: messages show it and relative paths start in its folder.
  public static func parse(
    text: String, name: String = "mesh.yaml", environment: Environment = Environment()
  ) throws(ConfigurationError) -> Configuration {
    try parse(bytes: Array(text.utf8), name: name, environment: environment)
  }

  /// Checks the bytes of a YAML text; bytes that are no UTF-8 are a problem with a place. Relative paths start in
  /// `folder`, or in the folder of `name` without it.
  public static func parse(
    bytes: [UInt8], name: String = "mesh.yaml", folder: String? = nil, environment: Environment = Environment()
  ) throws(ConfigurationError) -> Configuration {
    let root: DocumentNode?
    do throws(ConfigurationProblem) {
      root = try DocumentParser.parse(bytes, source: name)
    } catch {
      throw ConfigurationError([error])
    }
    let paths = PathResolver(file: folder.map { $0 + "/" } ?? name, home: environment.home)
    var builder = ConfigurationBuilder(file: name, paths: paths, environment: environment)
    return try builder.build(root)
  }
}
