// SPDX-License-Identifier: Apache-2.0

/// A ticket that opens a connection, once `record` is on disk.
public struct AdmittedTicket: Sendable {
  /// SHA-256 of the payload: the ticket's part of the channel binding, 32 bytes.
  public let digest: [UInt8]
  /// What has to be stored before the ticket may open anything.
  public let record: ReplayRecord
}
