// SPDX-License-Identifier: Apache-2.0

/// Where an instance is in its life.
public enum InstanceState: String, Sendable {
  /// Made, not started.
  case created
  /// `start` was called, the answer is awaited.
  case starting
  case running
  /// `stop` was called; links are ending.
  case draining
  case stopped
  /// It cannot go on; it is started again after a pause.
  case failed
  /// It did not answer `stop`; it is left alone for ever, and its buffers with it.
  case stuck
  /// It took the node down three times; a person has to allow it again.
  case disabled
}
