// SPDX-License-Identifier: Apache-2.0
// Modules: HTXSite=Plugins/HTX/Site
import HTXSite

private nonisolated(unsafe) let site = try! Site(folder: "docs", started: 1000)

/// Targets, hosts, ranges and conditions: every request has an answer, whose body is as long as it says.
@c(LLVMFuzzerTestOneInput)
public func fuzzSite(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let parts = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let names = ["range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since"]
  let fields = zip(names, parts.dropFirst(2)).map { SiteField($0, $1) }
  let request = SiteRequest(
    method: "GET", target: "/" + parts[0], authority: parts.count > 1 ? parts[1] : "a", fields: fields)
  let response = site.respond(to: request, unixSeconds: 0)
  precondition((200...599).contains(response.status))
  if response.body.count > 0 {
    precondition(response.fields.first("content-length") == "\(response.body.count)")
  }
  return 0
}
