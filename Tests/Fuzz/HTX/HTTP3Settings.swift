// SPDX-License-Identifier: Apache-2.0
// Sources: Plugins/HTX/HTTP3/HTTP3Setting.swift Plugins/HTX/HTTP3/HTTP3SettingsReader.swift

/// One-way streams of a strange server, in pieces: the first byte of a piece says which stream, and how long it is.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP3Settings(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  var reader = HTTP3SettingsReader()
  var at = 0
  while at < bytes.count {
    let head = bytes[at]
    let end = min(bytes.count, at + 1 + Int(head >> 2))
    let known = reader.settings
    bytes[at + 1..<end].withUnsafeBytes { reader.read(Int64(head & 3) << 2 | 3, $0) }
    precondition(known == nil || known == reader.settings)
    at = end
  }
  if let settings = reader.settings {
    precondition(settings.count <= 16)
    for setting in settings { precondition(setting.id < 1 << 62 && setting.value < 1 << 62) }
  }
  return 0
}
