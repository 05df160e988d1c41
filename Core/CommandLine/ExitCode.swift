// SPDX-License-Identifier: Apache-2.0

/// Exit codes of every program here.
public enum ExitCode {
  /// The command did what it was asked.
  public static let success: Int32 = 0
  /// The command was understood and failed.
  public static let failure: Int32 = 1
  /// The command line was not understood.
  public static let usage: Int32 = 2
}
