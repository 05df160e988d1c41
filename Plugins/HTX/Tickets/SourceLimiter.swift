// SPDX-License-Identifier: Apache-2.0

/// Token buckets by network. Their number is bounded: networks beyond it share one bucket.
struct SourceLimiter {
  private struct Bucket {
    var tokens: Double
    var filled: UInt64
  }

  private let burst: Double
  private let perSecond: Double
  private let capacity: Int
  private var buckets: [NetworkPrefix: Bucket] = [:]
  /// When full buckets were last thrown out: at most once a second, for it goes through all of them.
  private var pruned: UInt64?

  /// Each network may take `burst` at once and `perSecond` in the long run.
  init(burst: Int, perSecond: Double, capacity: Int) {
    self.burst = Double(max(1, burst))
    self.perSecond = max(0.001, perSecond)
    self.capacity = max(1, capacity)
  }

  /// Networks that are kept now.
  var count: Int { buckets.count }

  /// Takes one token; false when there is none. `now` is monotonic, in nanoseconds.
  mutating func take(_ network: NetworkPrefix, now: UInt64) -> Bool {
    var place = network
    if buckets[network] == nil, buckets.count >= capacity {
      prune(now)
      if buckets.count >= capacity { place = .overflow }
    }
    var bucket = refilled(buckets[place] ?? Bucket(tokens: burst, filled: now), now)
    let hasToken = bucket.tokens >= 1
    if hasToken { bucket.tokens -= 1 }
    buckets[place] = bucket
    return hasToken
  }

  private mutating func prune(_ now: UInt64) {
    if let pruned, now < pruned &+ 1_000_000_000 { return }
    pruned = now
    buckets = buckets.filter { refilled($0.value, now).tokens < burst }
  }

  private func refilled(_ bucket: Bucket, _ now: UInt64) -> Bucket {
    let seconds = now > bucket.filled ? Double(now - bucket.filled) / 1e9 : 0
    return Bucket(tokens: min(burst, bucket.tokens + seconds * perSecond), filled: max(now, bucket.filled))
  }
}
