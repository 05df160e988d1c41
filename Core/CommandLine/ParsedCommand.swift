// SPDX-License-Identifier: Apache-2.0

/// What a command line asks for.
public enum ParsedCommand {
  /// Run this.
  case run(Invocation)
  /// Show the help of the last command of the path.
  case help([Command])
  /// Show the version.
  case version
}
