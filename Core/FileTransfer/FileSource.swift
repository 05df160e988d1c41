// SPDX-License-Identifier: Apache-2.0

/// Where the bytes of an outgoing file come from. Used on the loop's thread.
public protocol FileSource: AnyObject {
  /// For error messages: the path or the name.
  var label: String { get }
  /// Bytes; right after `prepare`.
  var size: UInt64 { get }
  /// Modification time, seconds since 1970, where it is known.
  var modified: UInt64? { get }
  /// 16 bytes that name this content; right after `prepare`.
  var transferID: [UInt8] { get }
  /// Called when there is more to send, or when the source has failed.
  var onReady: (() -> Void)? { get set }
  /// Why no more comes.
  var failure: FileTransferError? { get }
  /// Whether work is under way that an answer will come of.
  var isWorking: Bool { get }

  /// Gets ready; nil when it worked.
  func prepare(then: @escaping (FileTransferError?) -> Void)
  /// The receiver has `offset` bytes, whose last ones, at most a block, have the hash `tail`. The answer says where to
  /// begin: there, or at 0 when the receiver's bytes are not ours.
  func seek(to offset: UInt64, tail: [UInt8], then: @escaping (Result<UInt64, FileTransferError>) -> Void)
  /// Hands the next bytes to `body`, which returns how many it took; it is not called when none are there now.
  /// Returns whether all that were handed were taken.
  func take(_ body: (UnsafeRawBufferPointer) -> Int) -> Bool
  /// The receiver has stored so many bytes from the beginning.
  func confirmed(_ offset: UInt64)
  /// The hash of the whole content, after all of it was taken.
  func digest(then: @escaping (Result<[UInt8], FileTransferError>) -> Void)
  /// Nothing more is wanted.
  func close()
}
