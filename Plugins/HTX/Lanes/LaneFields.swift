// SPDX-License-Identifier: Apache-2.0
import HTXHTTP3
import HTXTCP

/// The fields of lanes over HTTP/3, made once.
struct LaneFields {
  /// Of a lane, and of lane 0 of a link that is up with it alone.
  let full: [HTTPField]
  let later: [HTTPField]

  /// Of requests.
  static let plain = LaneFields([], takesPadding: false)
  static let padded = LaneFields([], takesPadding: true)
  /// Of answers.
  static let plainAnswer = LaneFields([HTTPField(":status", "200")], takesPadding: false)
  static let paddedAnswer = LaneFields([HTTPField(":status", "200")], takesPadding: true)

  private init(_ first: [HTTPField], takesPadding: Bool) {
    full = first + LaneNumbers.fields(takesPadding: takesPadding).map { HTTPField($0.0, $0.1) }
    later = full + [HTTPField(LaneNumbers.later.name, LaneNumbers.later.value)]
  }
}
