// SPDX-License-Identifier: Apache-2.0

/// The text of the date that was asked for last: answers of one second have the same one.
struct RememberedDate {
  private var seconds: Int64 = 0
  private var text = HTTPDate.text(0)

  /// What `HTTPDate.text` writes.
  mutating func text(_ unixSeconds: Int64) -> String {
    if unixSeconds != seconds { (seconds, text) = (unixSeconds, HTTPDate.text(unixSeconds)) }
    return text
  }
}
