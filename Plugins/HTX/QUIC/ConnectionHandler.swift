// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// What stands above a connection: HTTP/3, or anything with streams. Subclasses override what they need; every call
/// comes on the endpoint's thread, from within `Endpoint.receive` or `Endpoint.poll`. In them, streams may be opened,
/// reset and credited, and the connection failed; the endpoint must not be called. In `pull`, `took` and `refused` the
/// connection may be woken or failed, and nothing else.
open class ConnectionHandler {
  /// A handler that ignores everything.
  public init() {}

  /// It is the handler of this connection from now on; the first call.
  open func began(_ connection: Connection) {}
  /// The first flight of an end that has listened is on its way: there is time until the other end's comes.
  open func waits(_ connection: Connection) {}
  /// The handshake is complete at this end and the other end's certificate is good; streams may be opened. A client does
  /// not know yet whether what it has sent arrives.
  open func completed(_ connection: Connection) {}
  /// The handshake is confirmed on both sides, certificates included.
  open func connected(_ connection: Connection) {}
  /// The other end has opened a stream.
  open func opened(_ connection: Connection, stream: Int64) {}
  /// Bytes of a stream, lent for the call. Their credit is given back by `Connection.consumed`, every byte, once.
  open func received(_ connection: Connection, stream: Int64, bytes: UnsafeRawBufferPointer, isFinal: Bool) {}
  /// The `count` oldest unacknowledged bytes of a stream are, and their memory is free.
  open func acknowledged(_ connection: Connection, stream: Int64, count: UInt64) {}
  /// The other end will send no more of this stream.
  open func reset(_ connection: Connection, stream: Int64, error: UInt64) {}
  /// Both directions of a stream have ended; with an error when it was cut.
  open func closed(_ connection: Connection, stream: Int64, error: UInt64?) {}
  /// A stream that was refused for want of credit may be pulled again.
  open func credited(_ connection: Connection, stream: Int64) {}
  /// More streams may be opened.
  open func streamsCredited(_ connection: Connection) {}
  /// A DATAGRAM frame, lent for the call.
  open func receivedDatagram(_ connection: Connection, bytes: UnsafeRawBufferPointer) {}
  /// The connection goes over another path now (`isValid`), or a new one failed its test.
  open func pathChanged(_ connection: Connection, isValid: Bool) {}
  /// Packets are about to be written, and `pull` is about to be called; the last place to reset or open streams.
  open func prepare(_ connection: Connection) {}
  /// Fills in what to send next; false when there is nothing. Lent until `acknowledged` or `closed`.
  open func pull(_ connection: Connection, _ out: UnsafeMutablePointer<cquic_outgoing>) -> Bool { false }
  /// So many of the bytes pulled last for this stream are in a packet, and its end when `isFinal`.
  open func took(_ connection: Connection, stream: Int64, count: UInt64, isFinal: Bool) {}
  /// None are: the stream has no credit until `credited`, or (`isGone`) takes nothing any more.
  open func refused(_ connection: Connection, stream: Int64, isGone: Bool) {}
  /// The other end has this one hold more memory than it may (`MemoryBudget`): the connection is to be failed.
  open func overloaded(_ connection: Connection) { connection.fail(error: 0, "memory") }
  /// The connection is over; the last call.
  open func ended(_ connection: Connection, _ reason: CloseReason) {}
}
