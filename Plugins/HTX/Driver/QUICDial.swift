// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes

/// The way to a link over QUIC: addresses are tried 250 ms apart, and TCP beside them when none has answered in time.
struct QUICDial {
  /// One address that is being tried.
  struct Attempt {
    let client: LaneClient
    let http3: HTTP3Connection
    let port: Port
  }

  var attempts: [Attempt] = []
  /// How many addresses were tried.
  var tried = 0
  var nextAttempt: UInt64 = 0
  /// When TCP begins; none once it has.
  var tcpStart: UInt64
}
