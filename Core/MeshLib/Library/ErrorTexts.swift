// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import MeshControl

/// The error table as C strings that live for ever.
struct ErrorTexts: @unchecked Sendable {
  private let names: [UnsafePointer<CChar>]
  private let texts: [UnsafePointer<CChar>]
  private let bits: [UInt32]
  nonisolated(unsafe) private static let unknownName = copy("MESH_E_?")
  nonisolated(unsafe) private static let unknownText = copy("This library does not know the code.")

  /// The table, made when it is asked for first.
  static let shared = ErrorTexts()

  private init() {
    let codes = ErrorCode.allCases.sorted { $0.rawValue > $1.rawValue }
    names = [Self.copy("MESH_OK")] + codes.map { Self.copy($0.name) }
    texts = [Self.copy("All went well.")] + codes.map { Self.copy("\($0.meaning) \($0.advice)") }
    bits = [0] + codes.map { $0.flags.rawValue }
  }

  private static func copy(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(strdup(text)) }

  private func index(_ code: Int32) -> Int? {
    let index = -Int(code)
    return names.indices.contains(index) ? index : nil
  }

  /// The name of a code.
  func name(_ code: Int32) -> UnsafePointer<CChar> { index(code).map { names[$0] } ?? Self.unknownName }

  /// What it means, and what to do.
  func text(_ code: Int32) -> UnsafePointer<CChar> { index(code).map { texts[$0] } ?? Self.unknownText }

  /// `MESH_ERROR_*`.
  func flags(_ code: Int32) -> UInt32 { index(code).map { bits[$0] } ?? 0 }
}
