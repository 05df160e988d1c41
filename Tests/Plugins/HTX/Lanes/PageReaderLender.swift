// SPDX-License-Identifier: Apache-2.0
import HTXLanes
import HTXQUIC

/// Whoever reads pages, and begins as soon as that is possible.
final class PageReaderLender: LaneLender {
  private(set) var isReached = false
  private(set) var hasMissed = false
  private(set) var end: CloseReason?
  /// What was known of other ways to the page, each time that a head had come.
  private(set) var alternatives: [String?] = []

  override func reached(_ page: PageClient) { isReached = page.begin() }
  override func progressed(_ page: PageClient) { alternatives.append(page.alternative) }
  override func missed(_ page: PageClient, _ reason: CloseReason) { hasMissed = true }
  override func over(_ reason: CloseReason) { end = reason }
}
