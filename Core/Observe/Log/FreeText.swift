// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text with `#…` for what its addresses have behind their '#', to the end of the word: it may let in whoever
  /// reads it, such as a ticket key. A '#' in a word that has no ':' before it is no address's, and stays.
  var withoutFragments: String {
    // Most texts have none.
    guard utf8.contains(UInt8(ascii: "#")) else { return self }
    var kept: [UInt8] = []
    var isAddress = false
    var isHidden = false
    for byte in utf8 {
      if byte == 0x20 || (0x09...0x0d).contains(byte) {
        isAddress = false
        isHidden = false
      } else if byte == UInt8(ascii: ":") {
        isAddress = true
      } else if byte == UInt8(ascii: "#"), isAddress, !isHidden {
        kept += "#…".utf8
        isHidden = true
      }
      if !isHidden { kept.append(byte) }
    }
    return String(decoding: kept, as: UTF8.self)
  }
}
