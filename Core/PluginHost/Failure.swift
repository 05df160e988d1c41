// SPDX-License-Identifier: Apache-2.0
import CMeshABI

/// Why a link, a listener or an instance failed. Decide by `failureClass`, never by the words.
public struct Failure: Error, Equatable, Sendable {
  /// `MESH_E_*`, or `MESH_OK`.
  public let code: Int32
  /// `MESH_CLASS_*`.
  public let failureClass: UInt32
  /// A sentence, for people.
  public let text: String

  /// A failure; an unknown class counts as transient.
  public init(code: Int32, failureClass: UInt32, text: String) {
    self.code = code
    self.failureClass = failureClass <= MESH_CLASS_BUG ? failureClass : MESH_CLASS_TRANSIENT
    self.text = text
  }
}

/// What is known about a link that has come up.
public struct LinkUp: Sendable {
  /// Bytes both ends share and nobody else, or empty.
  public let binding: [UInt8]
  /// What the link can do now.
  public let capabilities: mesh_caps
  /// What it goes over, for people: characters of ASCII as the plugin packed them, or 0.
  public let medium: UInt64
  /// The other side's address: the one dialled, or the one an incoming link came from.
  public let address: String
  /// Whether the other side opened it.
  public let isIncoming: Bool
  /// Whose link it is.
  public let instance: InstanceID
}

/// What is known about a link before the node decides whether to take it.
public struct IncomingLink: Sendable {
  /// The id it will have when it is taken.
  public let link: LinkID
  /// Where it came in.
  public let listener: ListenerID
  /// Whose link it is.
  public let instance: InstanceID
  /// The source, for rate limits: equal for links from one place.
  public let source: UInt64
  /// Where it comes from, as the plugin writes it.
  public let address: String
}
