// SPDX-License-Identifier: Apache-2.0
// Modules: BundleProtocol=Plugins/DTN/Bundle
import BundleProtocol

/// What is accepted is written again in the same bytes, whatever its blocks hold.
@c(LLVMFuzzerTestOneInput)
public func fuzzBundle(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: data, count: count)
  let description = BundleDescription(Array(input))
  precondition(!description.text.utf8.contains(0x1b) && !description.json.utf8.contains(0x1b))
  guard let bundle = try? Bundle(input, limits: .lenient) else { return 0 }
  precondition(bundle.encoded.elementsEqual(input))
  precondition(bundle.primary.encoded.count < count)
  let processing = BundleProcessing(bundle)
  precondition(processing.applied(to: bundle).blocks.count + processing.discarded.count == bundle.blocks.count)
  if let report = try? StatusReport.read(bundle.payload) { precondition(!report.encoded.isEmpty) }
  for block in bundle.blocks where block.type == .integrity || block.type == .confidentiality {
    if let security = try? SecurityBlock(block.data) { precondition(security.results.count == security.targets.count) }
  }
  if bundle.payload.count > 1, let pieces = try? bundle.fragments(size: (bundle.payload.count + 1) / 2) {
    guard pieces.count > 1, var reassembly = try? Reassembly(pieces[0], limit: 1 << 20) else { return 0 }
    for piece in pieces.dropFirst() { try? reassembly.add(piece) }
  }
  return 0
}
