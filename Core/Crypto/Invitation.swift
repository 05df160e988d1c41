// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// One line that tells another node how to reach this one: what `meshctl id --invite` prints and `peers add` takes.
///
/// `mesh1…@address,address…#check`: the name, the addresses (URIs; "," "#" "%" and all outside printable ASCII written
/// as %XX), and the first 8 hexadecimal digits of the SHA-256 of what stands before "#". A line cut short or mistyped
/// is noticed. A bare name is an invitation without addresses, as a name has its own checksum. It is no secret and
/// carries no proof: whoever changes it on purpose can redo the check.
public struct Invitation: Equatable, Sendable, CustomStringConvertible {
  /// The most bytes of one line.
  public static let sizeLimit = 16_384

  /// Who invites.
  public let id: NodeID
  /// Where to reach it, the preferred first.
  public let addresses: [String]

  /// Why a line is not an invitation.
  public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What stands before "@" is no name.
    case name(NodeID.NameError)
    /// No "#" with 8 digits at the end, though there are addresses.
    case incomplete
    /// The check does not fit the text.
    case check
    /// The address at this place, counted from 1, is empty, too long or badly written.
    case address(Int)
    /// More than 32 addresses, or the line is too long.
    case limit

    /// One sentence for people.
    public var description: String {
      switch self {
      case .name(let error): error.description
      case .incomplete: "the invitation is cut short: it ends with \"#\" and 8 digits"
      case .check: "the check at the end does not fit: at least one character is mistyped or missing"
      case .address(let place): "address \(place) is empty, longer than 256 bytes or badly written"
      case .limit: "the invitation is too long: at most 32 addresses"
      }
    }
  }

  /// An invitation with at most 32 addresses of 1 to 256 bytes each.
  public init(id: NodeID, addresses: [String]) throws(Failure) {
    guard addresses.count <= PeerRecord.addressLimit else { throw .limit }
    for (index, address) in addresses.enumerated() where !Self.isGood(address) { throw .address(index + 1) }
    self.id = id
    self.addresses = addresses
  }

  /// The line.
  public var description: String {
    guard !addresses.isEmpty else { return id.name }
    let body = id.name + "@" + addresses.map(Self.escape).joined(separator: ",")
    return body + "#" + Self.check(of: body)
  }

  /// The invitation in `line`; spaces and line ends around it are ignored.
  public static func parse(_ line: some StringProtocol) throws(Failure) -> Invitation {
    guard line.utf8.count <= sizeLimit else { throw .limit }
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    var text = line.drop(while: isSpace)
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    guard let at = text.firstIndex(of: "@") else { return try Invitation(id: parseName(text), addresses: []) }
    guard let mark = text.lastIndex(of: "#"), mark > at, text[mark...].utf8.count == 9 else { throw .incomplete }
    guard text[text.index(after: mark)...].lowercased() == check(of: String(text[..<mark])) else { throw .check }
    let id = try parseName(text[..<at])
    let parts = text[text.index(after: at)..<mark].split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= PeerRecord.addressLimit else { throw .limit }
    var addresses: [String] = []
    for (index, part) in parts.enumerated() {
      guard let address = unescape(part) else { throw .address(index + 1) }
      addresses.append(address)
    }
    return try Invitation(id: id, addresses: addresses)
  }

  private static func parseName(_ text: some StringProtocol) throws(Failure) -> NodeID {
    do throws(NodeID.NameError) {
      return try NodeID.parse(text)
    } catch {
      throw .name(error)
    }
  }

  private static func isGood(_ address: String) -> Bool {
    (1...PeerRecord.textLimit).contains(address.utf8.count)
  }

  private static func check(of body: String) -> String {
    Hex.encode(SHA256.hash(Array(body.utf8)).prefix(4))
  }

  private static func escape(_ address: String) -> String {
    var text = ""
    for byte in address.utf8 {
      let mustHide =
        byte <= 32 || byte >= 127 || [UInt8(ascii: ","), UInt8(ascii: "#"), UInt8(ascii: "%")].contains(byte)
      text += mustHide ? "%" + Hex.encode([byte]) : String(UnicodeScalar(byte))
    }
    return text
  }

  private static func unescape(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Hex.value), let low = rest.popFirst().flatMap(Hex.value) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
