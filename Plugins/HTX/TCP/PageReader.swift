// SPDX-License-Identifier: Apache-2.0

/// How far somebody has come who reads a page and what it shows, and keeps none of it; the same over every HTTP.
public struct PageReader: Sendable {
  /// Bytes of the page that are looked at.
  private static let pageLimit = 65_536
  /// Bytes of all bodies, after which enough was read.
  private static let byteLimit = 8 << 20
  /// What a page shows, at most.
  private static let resourceLimit = 16

  /// The page's own.
  public let path: String
  private var page: [UInt8] = []
  private var open = 0
  private var bytes = 0
  /// Nothing more is to be read.
  public private(set) var isDone = false

  /// A reader of the page at `path`.
  public init(path: String) { self.path = path }

  /// The site sends without end.
  public var isTooMuch: Bool { bytes > Self.byteLimit }

  /// A request went out.
  public mutating func asked() { open += 1 }

  /// Bytes of a body have come; false when enough was read.
  public mutating func read(_ more: UnsafeRawBufferPointer, isPage: Bool) -> Bool {
    bytes += more.count
    guard !isTooMuch else {
      isDone = true
      return false
    }
    if isPage { page += more.prefix(Self.pageLimit - page.count) }
    return true
  }

  /// The page is whole; returns what it shows.
  public mutating func pageEnded() -> [String] {
    defer { page = [] }
    return isDone ? [] : PageLinks.find(page, at: path, limit: Self.resourceLimit)
  }

  /// A request is over.
  public mutating func closed() {
    open -= 1
    if open == 0 { isDone = true }
  }
}
