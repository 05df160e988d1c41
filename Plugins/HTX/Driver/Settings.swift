// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import HTXTickets
import TransportDriver

/// The instance's part of the YAML.
struct Settings {
  var site: String?
  var server = "nginx"
  var certificate: String?
  var key: String?
  var authorities: String?
  var pin: String?
  var ticketKeys: [String] = []
  var policy = TicketPolicy.standard
  var cookie = "__Host-session"
  var limits = TicketLimits()
  var announcesHTTP3 = true
  /// Nanoseconds from the first packet over QUIC to the first over TCP: anything between the two.
  var fallback = DrawnRange(200_000_000, 1_200_000_000)
  var cover = CoverSettings()
  /// Whether peers are told that they may send padding.
  var acceptsPadding = true
  /// Whose settings of HTTP/2 the site has, and nanoseconds until they are asked for again.
  var calibrationOrigin: (text: String, address: HTXAddress)?
  var calibrationAge: UInt64 = 86_400_000_000_000
  /// Nanoseconds before QUIC is tried again where it was not answered.
  var quicPause: UInt64 = 300_000_000_000
  var mtu = 65_528
  var maximumLinks = 1024
  var maximumVisitors = 256
  var maximumOfNetwork = 64
  var queueFrames = 256
  var queueBytes = 4 << 20
  var handshakeTimeout: UInt64 = 10_000_000_000
  var visitor = VisitorTimer.Limits()
  var closeTimeout: UInt64 = 2_000_000_000

  /// The same for sites that are nobody's peers.
  var withoutPin: Settings {
    var copy = self
    copy.pin = nil
    return copy
  }

  /// Takes the values over these; throws the index of the first that cannot be taken.
  mutating func apply(_ parameters: UnsafeBufferPointer<mesh_param>) throws(WrongParameter) {
    for (index, parameter) in parameters.enumerated() {
      guard let name = parameter.name else { throw WrongParameter(index: index) }
      switch String(cString: name) {
      case "site": site = try parameter.text(index)
      case "server": server = try Self.word(parameter.text(index), index)
      case "certificate": certificate = try parameter.text(index)
      case "key": key = try parameter.text(index)
      case "authorities": authorities = try parameter.text(index)
      case "pin": pin = try parameter.text(index)
      case "ticket_keys": ticketKeys.append(try parameter.text(index))
      case "ticket_policy":
        guard let line = TicketPolicy(try parameter.text(index)) else { throw WrongParameter(index: index) }
        policy = line
      case "ticket_cookie": cookie = try Self.word(parameter.text(index), index)
      case "ticket_burst": limits.burst = try parameter.number(index, 1...1_000_000)
      case "tickets_per_hour": limits.perSecond = Double(try parameter.number(index, 1...1_000_000)) / 3600
      case "ticket_memory": limits.perHour = try parameter.number(index, 256...1_000_000)
      case "announce_http3": announcesHTTP3 = try parameter.flag(index)
      case "fallback_minimum": fallback.minimum = UInt64(try parameter.number(index, 0...1 << 40))
      case "fallback_maximum": fallback.maximum = UInt64(try parameter.number(index, 0...1 << 40))
      case "quic_pause": quicPause = UInt64(try parameter.number(index, 0...1 << 50))
      case "cover_origins":
        guard let origin = HTXAddress(origin: try parameter.text(index)) else { throw WrongParameter(index: index) }
        cover.origins.append(origin)
      case "cover_count": cover.originCount = try parameter.number(index, 1...8)
      case "cover_site": cover.visitsSite = try parameter.flag(index)
      case "cover_delay": cover.visitDelay.maximum = UInt64(try parameter.number(index, 0...1 << 40))
      case "cover_minimum": cover.visitHold.minimum = UInt64(try parameter.number(index, 1...1 << 40))
      case "cover_maximum": cover.visitHold.maximum = UInt64(try parameter.number(index, 1...1 << 40))
      case "calibration_origin":
        let text = try parameter.text(index)
        guard let origin = HTXAddress(origin: text) else { throw WrongParameter(index: index) }
        calibrationOrigin = (text, origin)
      case "calibration_age":
        calibrationAge = UInt64(try parameter.number(index, 60_000_000_000...1 << 55))
      case "keepalive_minimum": cover.keepAlive.minimum = UInt64(try parameter.number(index, 1_000_000...1 << 50))
      case "keepalive_maximum": cover.keepAlive.maximum = UInt64(try parameter.number(index, 0...1 << 50))
      case "padding_delay_minimum":
        cover.paddingDelay.minimum = UInt64(try parameter.number(index, 1_000_000...1 << 50))
      case "padding_delay_maximum":
        cover.paddingDelay.maximum = UInt64(try parameter.number(index, 1_000_000...1 << 50))
      case "accept_padding": acceptsPadding = try parameter.flag(index)
      case "idle_padding": cover.idlePadding = UInt64(try parameter.number(index, 0...CoverSettings.largest))
      case "record_padding": cover.recordPadding = UInt64(try parameter.number(index, 0...CoverSettings.largest))
      case "mtu": mtu = try parameter.number(index, 256...65_528)
      case "max_links": maximumLinks = try parameter.number(index, 1...1_000_000)
      case "max_visitors": maximumVisitors = try parameter.number(index, 1...65_536)
      case "max_visitors_per_network": maximumOfNetwork = try parameter.number(index, 1...65_536)
      case "queue_frames": queueFrames = try parameter.number(index, 16...65_536)
      case "queue_bytes": queueBytes = try parameter.number(index, 65_536...1 << 30)
      case "handshake_timeout": handshakeTimeout = UInt64(try parameter.number(index, 1...1 << 40))
      case "idle_timeout": visitor.idle = UInt64(try parameter.number(index, 1...1 << 50))
      case "header_timeout": visitor.head = UInt64(try parameter.number(index, 1...1 << 50))
      case "body_timeout": visitor.body = UInt64(try parameter.number(index, 1...1 << 50))
      case "send_timeout": visitor.answer = UInt64(try parameter.number(index, 1...1 << 50))
      case "close_timeout": closeTimeout = UInt64(try parameter.number(index, 1...1 << 40))
      default: throw WrongParameter(index: index)
      }
    }
  }

  /// Text that can stand in a field of HTTP.
  private static func word(_ text: String, _ index: Int) throws(WrongParameter) -> String {
    let isGood = (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard isGood, !text.contains(where: { "=;,\"<>".contains($0) }) else { throw WrongParameter(index: index) }
    return text
  }
}
