// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// The ClientHello that connections begin with, as it leaves TLS.
public enum HelloSample {
  /// Bytes of the longest that is kept.
  private static let limit = 16_384

  /// The body of the handshake message of a client that dials `name`, or an address when it is nil. Nothing is sent.
  ///
  /// Throws when TLS cannot be set up; nil when it makes no ClientHello.
  public static func bytes(
    name: String?, protocols: [String], _ options: EndpointOptions = EndpointOptions()
  ) throws(CredentialsError) -> [UInt8]? {
    // A certificate of its own, for reading the system's authorities takes a while; a client shows it nobody unasked.
    let credentials = try Credentials(.selfMade(name: "client"), protocols: protocols)
    guard let endpoint = Endpoint(credentials, options, sink: Nowhere()) else { return nil }
    let here = NetworkAddress(v4: (192, 0, 2, 1), port: 9)
    let there = NetworkAddress(v4: (192, 0, 2, 2), port: 443)
    let connection = endpoint.connect(
      to: there, from: here, PeerIdentity(name: name, pins: []), ConnectionHandler(), now: 1_000_000_000)
    guard let connection, let raw = connection.raw else { return nil }
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: limit)
    defer { buffer.deallocate() }
    cquic_keep_hello(raw, buffer, limit)
    endpoint.poll(now: 1_000_000_000)
    let count = cquic_kept_hello(raw)
    cquic_keep_hello(raw, nil, 0)
    return count > 0 ? Array(UnsafeBufferPointer(start: buffer, count: count)) : nil
  }

  /// Takes packets and forgets them.
  private final class Nowhere: PacketSink {
    override func send(_ train: UnsafePointer<cquic_train>, _ bytes: UnsafeRawPointer) -> Int {
      Int(train.pointee.length)
    }
  }
}
