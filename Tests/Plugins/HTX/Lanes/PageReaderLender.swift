// SPDX-License-Identifier: Apache-2.0
import HTXLanes
import HTXQUIC

/// Whoever reads pages, and begins as soon as that is possible.
final class PageReaderLender: LaneLender {
  private(set) var isReached = false
  private(set) var hasMissed = false
  private(set) var end: CloseReason?

  override func reached(_ page: PageClient) { isReached = page.begin() }
  override func missed(_ page: PageClient, _ reason: CloseReason) { hasMissed = true }
  override func over(_ reason: CloseReason) { end = reason }
}
