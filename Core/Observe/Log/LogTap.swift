// SPDX-License-Identifier: Apache-2.0

/// Somebody who reads a log along with its sink.
public struct LogTap: Sendable {
  /// Gets one whole line with its newline; under the log's lock, from any thread.
  public typealias Body = @Sendable (UnsafeRawBufferPointer, LogLevel) -> Void

  let number: UInt64
  let level: LogLevel
  let body: Body
}
