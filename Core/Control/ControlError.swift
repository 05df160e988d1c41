// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// Why a call over the control socket failed: the code for machines, the sentence and the advice for people.
public struct ControlError: Error, Equatable, Sendable {
  /// A code of `mesh_plugin.h`, negative.
  public let code: Int32
  /// Its name, for example `MESH_E_NOTFOUND`.
  public let name: String
  /// What went wrong, a sentence without a full stop.
  public let message: String
  /// What to do about it; may be empty.
  public let hint: String

  /// An error of a known code.
  public init(_ code: ErrorCode, _ message: String, hint: String = "") {
    self.code = code.rawValue
    self.name = code.name
    self.message = message
    self.hint = hint
  }

  /// An error as the other side sent it; its code may be one that this side does not know.
  init(code: Int32, name: String, message: String, hint: String) {
    self.code = code
    self.name = name
    self.message = message
    self.hint = hint
  }

  var cbor: CBOR {
    .fields([
      ("code", .integer(Int64(code))), ("name", .text(name)), ("message", .text(message)), ("hint", .text(hint)),
    ])
  }

  init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "error")
    let code = try fields.integer("code")
    self.init(
      code: Int32(clamping: code), name: try fields.text("name"), message: try fields.text("message"),
      hint: try fields.optionalText("hint") ?? "")
  }
}
