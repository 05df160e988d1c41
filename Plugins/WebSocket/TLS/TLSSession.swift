// SPDX-License-Identifier: Apache-2.0
import WebSocketCore

/// stub
public final class TLSSession {
  public let input = ByteBuffer(capacity: 65_536)
  public let output = ByteBuffer(capacity: 65_536)
  public func handshake() throws(TLSFailure) -> Bool { false }
  public func receive(_ target: UnsafeMutableRawPointer, count: Int) throws(TLSFailure) -> Int? { nil }
  public func send(_ source: UnsafeRawPointer, count: Int) throws(TLSFailure) {}
  public func channelBinding() -> [UInt8] { [] }
}
public struct TLSFailure: Error {
  public let isAuthentication: Bool
  public let sentence: String
}
