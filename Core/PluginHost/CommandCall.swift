// SPDX-License-Identifier: Apache-2.0

/// One call of a plugin's command, while it runs.
public final class CommandCall {
  /// Takes output of the command; false when there is no room now.
  public typealias Output = ([UInt8]) -> Bool
  /// Hears the end: `MESH_OK` or an error, and a sentence that may be empty.
  public typealias End = (Int32, String) -> Void

  let incarnation: Incarnation
  let token: UInt64
  let output: Output
  let end: End

  init(_ incarnation: Incarnation, token: UInt64, output: @escaping Output, end: @escaping End) {
    self.incarnation = incarnation
    self.token = token
    self.output = output
    self.end = end
  }
}
