// SPDX-License-Identifier: Apache-2.0
import Glibc
import Mesh

/// Why an example ends.
public struct Failure: Error, CustomStringConvertible {
  /// For people.
  public let description: String
  /// A sentence.
  public init(_ description: String) { self.description = description }
}

/// A YAML file is a node in this process; anything else is the client socket of a running meshd.
public func openHome(_ home: String, application: String) throws(MeshError) -> Node {
  try Node(
    home.hasSuffix(".yaml") ? .file(home) : .daemon(socket: home), options: OpenOptions(application: application))
}

/// Calls `main` with the words of the command line and ends with a sentence when it fails.
public func run(atLeast count: Int, usage: String, _ main: ([String]) throws -> Void) -> Never {
  let words = Array(CommandLine.arguments.dropFirst())
  do {
    guard words.count >= count else { throw Failure("usage: \(usage)") }
    try main(words)
    exit(0)
  } catch {
    let text = "\(error)\n"
    text.withCString { _ = write(2, $0, strlen($0)) }
    exit(1)
  }
}

/// Prints at once, also into a pipe.
public func say(_ text: String) {
  "\(text)\n".withCString { _ = write(1, $0, strlen($0)) }
}

/// FNV-1a, 64 bits: enough to compare two files in an example. Whoever may forge a file needs SHA-256; what travels is
/// authenticated by the node.
public struct Hash {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Of nothing yet.
  public init() {}

  /// Adds bytes.
  public mutating func add(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { for byte in $0 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 } }
  }

  /// 16 digits.
  public var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
