/// Stops floods: each event name has a bucket of lines that refills with time.
struct LogRateLimit {
  /// Lines an event may write at once, and per `interval` after that.
  let burst: Int
  /// Milliseconds in which `burst` lines are regained.
  let interval: Int64

  private struct Bucket {
    var used = 0
    var start: Int64
    var suppressed: UInt64 = 0
  }

  private struct Key: Hashable {
    /// The address of the name's text, a constant of the program.
    var event: UInt
    var source: UInt64
  }

  /// Most buckets; sources beyond start afresh together.
  static let bucketLimit = 4096

  private var buckets: [Key: Bucket] = [:]

  init(burst: Int, interval: Int64) {
    self.burst = burst
    self.interval = interval
  }

  /// Nil when the line must not be written, else how many were suppressed since the last one.
  mutating func admit(_ event: StaticString, source: UInt64 = 0, at milliseconds: Int64) -> UInt64? {
    guard burst > 0 else { return 0 }
    let key = Key(event: event.hasPointerRepresentation ? UInt(bitPattern: event.utf8Start) : 0, source: source)
    if buckets.count >= Self.bucketLimit, buckets[key] == nil { buckets.removeAll(keepingCapacity: true) }
    return admit(&buckets[key, default: Bucket(start: milliseconds)], at: milliseconds)
  }

  private func admit(_ bucket: inout Bucket, at milliseconds: Int64) -> UInt64? {
    if milliseconds < bucket.start || milliseconds - bucket.start >= interval {
      bucket.start = milliseconds
      bucket.used = 0
    }
    guard bucket.used < burst else {
      bucket.suppressed += 1
      return nil
    }
    bucket.used += 1
    defer { bucket.suppressed = 0 }
    return bucket.suppressed
  }
}
