extension DocumentNode {
  /// The root of the YAML document in `bytes`, or nil for a text without a value; for files that plugins read.
  ///
  /// - Parameter source: the file's name for messages.
  public static func read(
    _ bytes: [UInt8], source: String, limits: DocumentLimits = DocumentLimits()
  ) throws(ConfigurationProblem) -> DocumentNode? {
    try DocumentParser.parse(bytes, source: source, limits: limits)
  }
}
