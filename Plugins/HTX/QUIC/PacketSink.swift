// SPDX-License-Identifier: Apache-2.0
import CQUIC

/// Where an endpoint's packets go: a socket, or a network in memory.
open class PacketSink {
  /// A sink that loses everything.
  public init() {}

  /// Sends a train whose bytes begin at `bytes`, lent for the call. Returns how many bytes went, whole packets; fewer
  /// than the train has mean that nothing more goes until the endpoint hears `writable`.
  open func send(_ train: UnsafePointer<cquic_train>, _ bytes: UnsafeRawPointer) -> Int { Int(train.pointee.length) }
}
