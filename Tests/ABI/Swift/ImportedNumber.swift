// SPDX-License-Identifier: Apache-2.0

/// One constant as Swift imported it: its value and its type.
struct ImportedNumber: Equatable {
  var name: String
  /// Sign-extended to 64 bits.
  var value: UInt64
  /// Bytes of the imported type.
  var size: Int
  var isSigned: Bool

  init<Value: FixedWidthInteger>(_ name: String, _ value: Value) {
    self.init(
      name: name, value: UInt64(truncatingIfNeeded: value), size: Value.bitWidth / 8, isSigned: Value.isSigned)
  }

  init(name: String, value: UInt64, size: Int, isSigned: Bool) {
    self.name = name
    self.value = value
    self.size = size
    self.isSigned = isSigned
  }
}
