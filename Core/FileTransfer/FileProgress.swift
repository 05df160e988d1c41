// SPDX-License-Identifier: Apache-2.0

/// How far an outgoing file is.
public struct FileProgress: Equatable, Sendable {
  /// What is being done.
  public enum State: Equatable, Sendable {
    /// What the receiver has already is read and hashed here.
    case hashing
    /// There is no path to the peer, or it has not answered yet.
    case waiting
    /// Bytes are on their way.
    case sending
    /// The receiver compares hashes and writes to its disk.
    case verifying
    /// The transfer was cut and is begun again.
    case resuming
    /// The file is in its place and on the receiver's disk.
    case done(FileOutcome)
    /// It did not work.
    case failed(FileTransferError)
  }

  /// What is being done.
  public var state: State
  /// Bytes that the receiver has stored, those of earlier attempts with them.
  public var done: UInt64
  /// Bytes of the file.
  public var total: UInt64
}

/// A file that has arrived.
public struct FileOutcome: Equatable, Sendable {
  /// Bytes of the file.
  public var size: UInt64
  /// SHA-256 of the content, as the receiver computed it and as it was computed here.
  public var digest: [UInt8]
  /// Nanoseconds since it was asked for.
  public var duration: UInt64
  /// Where the first attempt began: above 0 when the receiver had a part already.
  public var resumedAt: UInt64
  /// Attempts after the first.
  public var retries: UInt64
  /// Bytes of content that were handed to the network, in all attempts.
  public var bytesSent: UInt64
}
