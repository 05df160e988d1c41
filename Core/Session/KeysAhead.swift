// SPDX-License-Identifier: Apache-2.0

import MeshCrypto
import MeshWire

/// Ephemeral keys that are made while a node waits for the other end, so that no handshake waits for them.
///
/// Each is for one handshake. What is older than `lifetime` is not used: who reads this memory later learns nothing of
/// sessions that begin then.
struct KeysAhead {
  /// Dials that are prepared at once; others make their keys when they need them.
  static let limit = 8
  /// Nanoseconds.
  static let lifetime: UInt64 = 30 * SessionOptions.second

  private var openings: [NodeID: (opening: NoiseXKOpening, madeAt: UInt64)] = [:]
  private var answer: (ephemeral: X25519KeyPair, madeAt: UInt64)?

  /// For the next link to a peer.
  mutating func makeOpening(to peer: NodeID, keys: inout NoiseKeys, random: RandomBytes, now: UInt64) {
    if let known = openings[peer], now < known.madeAt + Self.lifetime { return }
    if openings.count >= Self.limit { openings = openings.filter { now < $0.value.madeAt + Self.lifetime } }
    guard openings.count < Self.limit, let key = keys.key(of: peer),
      let opening = NoiseXKOpening(to: key, random: random)
    else { return }
    openings[peer] = (opening, now)
  }

  mutating func takeOpening(to peer: NodeID, now: UInt64) -> NoiseXKOpening? {
    guard let known = openings.removeValue(forKey: peer), now < known.madeAt + Self.lifetime else { return nil }
    return known.opening
  }

  /// For the next link that comes. There is one, however many come: links that say nothing cost no more keys.
  mutating func makeAnswer(random: RandomBytes, now: UInt64) {
    if let answer, now < answer.madeAt + Self.lifetime { return }
    answer = (X25519KeyPair.generate(from: random), now)
  }

  mutating func takeAnswer(now: UInt64) -> X25519KeyPair? {
    guard let known = answer.take(), now < known.madeAt + Self.lifetime else { return nil }
    return known.ephemeral
  }
}
