// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes

/// The way to a link or a page over QUIC: addresses are tried 250 ms apart, and TCP beside them when none has answered in
/// time.
struct QUICDial {
  /// One address that is being tried, by a client of lanes or by one of pages.
  struct Attempt {
    let client: HTTP3Handler
    let http3: HTTP3Connection
    let port: Port

    /// Nothing more is to be heard of it.
    func leave() {
      (client as? LaneClient)?.leave()
      (client as? PageClient)?.leave()
    }
  }

  var attempts: [Attempt] = []
  /// How many addresses were tried.
  var tried = 0
  var nextAttempt: UInt64 = 0
  /// When TCP begins; none once it has.
  var tcpStart: UInt64

  /// Takes the attempt of a client out of the list.
  mutating func take(_ client: HTTP3Handler) -> Attempt? {
    attempts.firstIndex { $0.client === client }.map { attempts.remove(at: $0) }
  }
}
