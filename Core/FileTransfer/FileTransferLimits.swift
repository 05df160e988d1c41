// SPDX-License-Identifier: Apache-2.0

/// The protocol's name and the figures that both sides share.
public enum FileTransferProtocol {
  /// The name under which a node serves it.
  public static let name = "/mesh/file/1"
  /// Bytes of one read, one write and one look back at what a part file ends with.
  public static let blockSize = 1 << 20
  /// Bytes of a content hash: SHA-256.
  public static let hashLength = 32
  /// Bytes of the number that names a transfer across restarts.
  public static let transferIDLength = 16
  /// The receiver has seen no progress for too long; the part file waits to be continued.
  public static let idleCode: UInt64 = 256
  /// The same transfer was begun again on another stream.
  public static let replacedCode: UInt64 = 257
}

/// What a receiver takes, and how long things wait.
public struct FileReceiverOptions: Sendable {
  /// Bytes of the largest file.
  public var maximumSize: UInt64 = 1 << 40
  /// Transfers of one peer at a time.
  public var transfersPerPeer = 4
  /// Transfers of all peers at a time; each holds up to 4 MiB of memory.
  public var transfers = 16
  /// Nanoseconds without progress after which a transfer is cut off; its part file stays.
  public var idleTimeout: UInt64 = 60 * 1_000_000_000
  /// Seconds that a part file is kept after it was last written to.
  public var partLifetime: Int64 = 7 * 24 * 3600
  /// Bytes that a transfer leaves free on the disk.
  public var reservedSpace: UInt64 = 16 << 20

  /// The defaults.
  public init() {}
}

/// How long a sender keeps trying.
public struct FileSenderOptions: Sendable {
  /// Nanoseconds without any progress after which a transfer has failed.
  public var patience: UInt64 = 600 * 1_000_000_000
  /// Nanoseconds before the first new attempt; doubled for each one after it.
  public var firstRetry: UInt64 = 100_000_000
  /// Nanoseconds between attempts at most.
  public var longestRetry: UInt64 = 5_000_000_000

  /// The defaults.
  public init() {}
}
