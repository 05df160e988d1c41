// SPDX-License-Identifier: Apache-2.0
import CQUIC
import HTXHTTP3
import HTXQUIC

/// Sends the beginning of a head on a stream beside HTTP/3, and never more of it.
final class HalfHead: ConnectionHandler {
  private let http3: HTTP3Connection
  private let stream: Int64
  private let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2)
  private var hasSent = false

  init(_ http3: HTTP3Connection, _ stream: Int64) {
    self.http3 = http3
    self.stream = stream
    _ = bytes.initialize(from: [1, 40])
  }

  deinit { bytes.deallocate() }

  override func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool {
    guard !hasSent else { return false }
    out.pointee.stream = stream
    out.pointee.count = 1
    out.pointee.vectors.0 = cquic_vector(bytes: bytes.baseAddress, length: bytes.count)
    return true
  }

  override func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {
    hasSent = true
  }

  override func ended(_ connection: Connection, _ reason: CloseReason) { http3.ended(connection, reason) }
}
