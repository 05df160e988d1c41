// SPDX-License-Identifier: Apache-2.0
// Modules: HTXQUIC=Plugins/HTX/QUIC HTXHTTP3=Plugins/HTX/HTTP3
// Sources: Plugins/HTX/TCP/ServerSettings.swift Plugins/HTX/TCP/AlternativeService.swift
// Sources: Plugins/HTX/TCP/Calibration.swift Plugins/HTX/Lanes/HTTP3ServerSettings.swift
// Sources: Plugins/HTX/Lanes/HTTP3Calibration.swift
import HTXHTTP3
import HTXQUIC

/// Records of calibrations: what is read is written as it was, and holds nothing that is not taken.
@c(LLVMFuzzerTestOneInput)
public func fuzzCalibrations(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  if let second = Calibration(bytes) {
    precondition(ServerSettings(second.settings.entries) != nil)
    precondition(Calibration(second.bytes) == second)
  }
  // Both have their version in the first byte.
  if let third = HTTP3Calibration(bytes) {
    precondition(HTTP3ServerSettings.obstacle(third.said.settings, third.said.parameters) == nil)
    precondition(HTTP3Calibration(third.bytes) == third)
  }
  return 0
}
