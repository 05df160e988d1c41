// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import HTXSite

@Suite struct OpenFilesTests {
  private let files: SiteFiles
  private let site: Site
  private let folder: SiteFolder

  init() throws {
    files = try SiteFiles()
    site = try Site(folder: files.www, started: 0)
    folder = try #require(site.folder)
  }

  private func ask(_ target: String) -> SiteResponse {
    site.respond(to: SiteRequest(method: "GET", target: target, authority: "example.org"), unixSeconds: 784_111_777)
  }

  private func bytes(_ response: SiteResponse, from start: Int = 0) -> [UInt8] {
    var all = [UInt8](repeating: 0, count: Int(response.body.count) - start)
    let count = all.withUnsafeMutableBytes { response.body.read(at: Int64(start), into: $0) }
    return Array(all.prefix(count))
  }

  @Test func answersFromOneFileShareItsDescriptor() {
    let waiting = (0..<500).map { ask($0 % 3 == 0 ? "/index.html" : $0 % 3 == 1 ? "/data.bin" : "/link.bin") }
    #expect(folder.files.count == 2)
    for response in waiting {
      #expect(bytes(response) == (response.body.count == 1000 ? SiteFiles.body : Array("<p>home</p>".utf8)))
    }
    #expect(folder.files.count == 2)
    withExtendedLifetime(waiting) {}
  }

  @Test func filesThatNobodyWaitsForAreClosed() throws {
    for _ in 0..<500 { #expect(bytes(ask("/data.bin")) == SiteFiles.body) }
    #expect(try folder.files.count == 0 && descriptors() == 0)
    folder.files.limit = 1
    let waiting = (0..<500).map { ask($0 % 3 == 0 ? "/index.html" : "/data.bin") }
    #expect(try folder.files.count == 1 && descriptors() == 1)
    withExtendedLifetime(waiting) {}
  }

  /// As with nginx: a site that is written anew breaks no download, however many others are under way.
  @Test func anAnswerGoesOnWithTheFileThatItBeganWith() throws {
    let early = ask("/data.bin")
    #expect(bytes(early) == SiteFiles.body)
    try files.replace("data.bin", SiteFiles.body.reversed())
    let late = (0..<200).map { _ in ask("/data.bin") }
    for number in 0..<200 { try files.add("file-\(number)", [UInt8(number)]) }
    let others = (0..<200).map { ask("/file-\($0)") }
    #expect(others.enumerated().allSatisfy { bytes($0.element) == [UInt8($0.offset)] })
    #expect(bytes(early, from: 500) == Array(SiteFiles.body[500...]))
    #expect(late.allSatisfy { bytes($0) == SiteFiles.body.reversed() })
    #expect(folder.files.count == 202)
  }

  /// However many files are asked for by those who take nothing, few are open, and each answer is whole when it is taken.
  @Test func answersBeyondTheLimitOpenTheirFilesAgain() throws {
    folder.files.limit = 8
    for number in 0..<50 { try files.add("file-\(number)", [UInt8(number)]) }
    let waiting = (0..<50).map { ask("/file-\($0)") }
    #expect(folder.files.count == 8)
    var random = SeededGenerator(45)
    for number in (0..<500).map({ _ in Int.random(in: 0..<50, using: &random) }) {
      #expect(bytes(waiting[number]) == [UInt8(number)])
      #expect(folder.files.count == 8)
      // A descriptor that was opened for another answer is its own.
      let again = ask("/file-\(number)")
      #expect(bytes(again) == [UInt8(number)])
    }
  }

  /// Who reads keeps his file however many files are held by those who do not.
  @Test func theFileIsClosedThatWasNotReadForTheLongestTime() throws {
    folder.files.limit = 8
    for number in 0..<50 { try files.add("file-\(number)", [UInt8(number)]) }
    let early = ask("/data.bin")
    var waiting: [SiteResponse] = []
    for number in 0..<50 {
      waiting.append(ask("/file-\(number)"))
      #expect(bytes(early) == SiteFiles.body)
      if number == 25 { try files.replace("data.bin", SiteFiles.body.reversed()) }
    }
  }

  /// What was announced is not mixed with what came in its place.
  @Test func anAnswerWhoseFileWasClosedAndReplacedIsBroken() throws {
    folder.files.limit = 1
    let early = ask("/data.bin")
    let other = ask("/index.html")
    try files.replace("data.bin", SiteFiles.body.reversed())
    #expect(bytes(early).isEmpty)
    #expect(bytes(ask("/data.bin")) == SiteFiles.body.reversed())
    #expect(bytes(other) == Array("<p>home</p>".utf8))
  }

  /// Descriptors of files of this test: other tests run beside it.
  private func descriptors() throws -> Int {
    let entries = try #require(opendir("/proc/self/fd"))
    defer { closedir(entries) }
    let own = Array("\(files.www)/".utf8)
    var target = [UInt8](repeating: 0, count: 4096)
    var count = 0
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let length = target.withUnsafeMutableBytes { room in
        room.withMemoryRebound(to: CChar.self) { readlink("/proc/self/fd/\(name)", $0.baseAddress!, $0.count) }
      }
      if target.prefix(max(0, length)).starts(with: own) { count += 1 }
    }
    return count
  }
}
