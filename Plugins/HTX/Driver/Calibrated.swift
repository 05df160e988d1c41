// SPDX-License-Identifier: Apache-2.0
import HTXLanes
import HTXTCP

/// What visitors are told as those of an origin are, and when that is asked again.
struct Calibrated {
  /// Over HTTP/2.
  var settings = ServerSettings.nginx
  /// Over QUIC; nil for this plugin's own.
  var http3: HTTP3ServerSettings?
  /// The origin's HTTP/3, once it has said its settings.
  var alternative: AlternativeService?
  /// Unix seconds of the last answers; nil before the first.
  var asked: Int64?
  var askedHTTP3: Int64?
  /// What could not be followed of the last answers, for people.
  var obstacle: String?
  var obstacleHTTP3: String?

  /// When the origin is asked over TCP.
  var next: UInt64 = .max
  /// The same over QUIC.
  var nextHTTP3: UInt64 = .max

  /// The value of Alt-Svc for a site on `port`; nil for none. Only what is ordinary is said again: HTTP/3 and nothing else, on
  /// the port of the origin's own address.
  func announcement(port: UInt16, originPort: UInt16) -> String? {
    guard asked != nil else { return AlternativeService(port: port).text(port: port) }
    guard let alternative else { return nil }
    let isOrdinary = alternative.isAlone && alternative.port == originPort
    return (isOrdinary ? alternative : AlternativeService(port: port)).text(port: port)
  }
}
