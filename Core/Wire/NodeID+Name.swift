// SPDX-License-Identifier: Apache-2.0

extension NodeID {
  /// Why text is not the name of a node.
  public enum NameError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It does not start with "mesh1".
    case prefix
    /// Not 63 characters.
    case length(Int)
    /// A character that no name contains, or upper and lower case mixed.
    case character
    /// The checksum does not fit: at least one character is wrong.
    case checksum

    /// One sentence for people.
    public var description: String {
      switch self {
      case .prefix: "a node name starts with \"mesh1\""
      case .length(let count): "a node name has \(NodeID.nameLength) characters, this one has \(count)"
      case .character:
        "a node name has only the characters qpzry9x8gf2tvdw0s3jn54khce6mua7l after \"mesh1\", in one case"
      case .checksum: "the checksum does not fit: at least one character is mistyped"
      }
    }
  }

  /// The characters of a name: "mesh1", 52 for the key, 6 for the checksum.
  public static let nameLength = 63

  private static let prefix = "mesh"

  /// The name for people: Bech32m (BIP-350) with the prefix "mesh", 63 characters.
  public var name: String { withBytes { Bech32m.encode(prefix: Self.prefix, $0) } }

  /// The first 13 characters of the name, for logs; not unique.
  public var short: String { String(name.prefix(13)) }

  /// The name.
  public var description: String { name }

  /// The node that `name` stands for; nil when `parse` would throw.
  public init?(name: String) {
    guard let id = try? NodeID.parse(name) else { return nil }
    self = id
  }

  /// The node that `name` stands for; upper case is accepted, as BIP-350 says.
  public static func parse(_ name: some StringProtocol) throws(NameError) -> NodeID {
    guard name.lowercased().hasPrefix("\(prefix)1") else { throw .prefix }
    guard name.utf8.count == nameLength else { throw .length(name.utf8.count) }
    do throws(Bech32m.Failure) {
      let (found, bytes) = try Bech32m.decode(name)
      // A "1" further back would make the prefix longer.
      guard found == prefix, let id = NodeID(bytes: bytes) else { throw .character }
      return id
    } catch {
      switch error {
      case .checksum, .padding: throw .checksum
      case .length, .character, .separator: throw .character
      }
    }
  }
}
