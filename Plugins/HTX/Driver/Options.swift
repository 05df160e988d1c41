// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver

/// The plugin's part of the YAML; `Settings` reads it.
enum Options {
  static let entries: [OptionSchema] = [
    OptionSchema(
      name: "site", help: "Folder of the web site that strangers see; without one it is a built-in page.",
      type: MESH_TYPE_PATH),
    OptionSchema(
      name: "server", help: "The Server field of the site's answers.", fallback: "nginx", type: MESH_TYPE_STRING),
    OptionSchema(
      name: "certificate", help: "Certificate chain of the site, PEM; without one it is made at the start.",
      type: MESH_TYPE_PATH),
    OptionSchema(name: "key", help: "Private key of the certificate, PEM.", type: MESH_TYPE_PATH),
    OptionSchema(
      name: "authorities", help: "Certificates to trust instead of the system's, PEM.", type: MESH_TYPE_PATH),
    OptionSchema(
      name: "pin", help: "Key that every dialled server must have: sha256: and 32 bytes in hex or base64url.",
      type: MESH_TYPE_STRING),
    OptionSchema(
      name: "ticket_keys",
      help: "Files with 64 hexadecimal digits each; without one the key comes from the node's identity.",
      type: MESH_TYPE_PATH, flags: MESH_OPTION_LIST),
    OptionSchema(
      name: "ticket_policy", help: "How clients are to show their tickets.",
      fallback: "v1; carriers=cookie:0.5,query:0.3,body:0.2; len=24..64", type: MESH_TYPE_STRING),
    OptionSchema(
      name: "ticket_cookie", help: "Name of the cookie that dialled sites are shown tickets in.",
      fallback: "__Host-session", type: MESH_TYPE_STRING),
    OptionSchema(
      name: "ticket_burst", help: "Tickets that a network (/24, /56) may show at once.", fallback: "32",
      range: 1...1_000_000, type: MESH_TYPE_INT),
    OptionSchema(
      name: "tickets_per_hour", help: "Tickets that a network may show in the long run.", fallback: "1800",
      range: 1...1_000_000, type: MESH_TYPE_INT),
    OptionSchema(
      name: "ticket_memory", help: "Used tickets that are remembered of each hour.", fallback: "16384",
      range: 256...1_000_000, type: MESH_TYPE_INT),
    OptionSchema(
      name: "announce_http3", help: "Whether the site of htx: listeners has an Alt-Svc field for HTTP/3.",
      fallback: "true", type: MESH_TYPE_BOOL),
    OptionSchema(
      name: "fallback_minimum", help: "Shortest time without an answer over QUIC before TCP is tried beside it.",
      fallback: "200ms", range: 0...1 << 40, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "fallback_maximum", help: "Longest such time; each dial draws its own.", fallback: "1200ms",
      range: 0...1 << 40, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "quic_pause", help: "Time for which dials begin with TCP where QUIC was not answered.", fallback: "5m",
      range: 0...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "cover_origins", help: "Pages to read beside a dialled link: https://host/path, and #pin=… if it has one.",
      type: MESH_TYPE_STRING, flags: MESH_OPTION_LIST),
    OptionSchema(
      name: "cover_count", help: "How many of them at a time.", fallback: "2", range: 1...8, type: MESH_TYPE_INT),
    OptionSchema(
      name: "cover_site", help: "Whether the page of the dialled site is read beside the link too.", fallback: "false",
      type: MESH_TYPE_BOOL),
    OptionSchema(
      name: "cover_delay", help: "Longest time from a dial to such a visit; each draws its own.", fallback: "1s",
      range: 0...1 << 40, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "cover_minimum", help: "Shortest time that such a visit stays.", fallback: "3s", range: 1...1 << 40,
      type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "cover_maximum", help: "Longest such time.", fallback: "15s", range: 1...1 << 40, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "calibration_origin", help: "Page as whose server the site begins HTTP/2 and HTTP/3: https://host/path.",
      type: MESH_TYPE_STRING),
    OptionSchema(
      name: "calibration_age", help: "How long they are used before they are asked for again.", fallback: "24h",
      range: 60_000_000_000...1 << 55, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "keepalive_minimum", help: "Shortest silence after which a link sends a little padding.", fallback: "10s",
      range: 1_000_000...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "keepalive_maximum", help: "Longest such silence; each draws its own. 0 for never.", fallback: "0",
      range: 0...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "padding_delay_minimum", help: "Shortest time from the last packet to the padding behind it.",
      fallback: "200ms", range: 1_000_000...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "padding_delay_maximum", help: "Longest such time; each draws its own.", fallback: "1200ms",
      range: 1_000_000...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "accept_padding", help: "Whether peers are told that they may send padding; older ones never do.",
      fallback: "true", type: MESH_TYPE_BOOL),
    OptionSchema(
      name: "idle_padding", help: "Most bytes of that padding; each draws its own number. 0 for none.", fallback: "0",
      range: 0...16_384, type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "record_padding", help: "Most bytes of padding behind packets that leave together. 0 for none.",
      fallback: "0", range: 0...16_384, type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "mtu", help: "Largest packet, bytes.", fallback: "65528", range: 256...65_528, type: MESH_TYPE_INT),
    OptionSchema(
      name: "max_links", help: "Most links at a time, dialled and accepted.", fallback: "1024", range: 1...1_000_000,
      type: MESH_TYPE_INT),
    OptionSchema(
      name: "max_visitors", help: "Most connections that are no links.", fallback: "256", range: 1...65_536,
      type: MESH_TYPE_INT),
    OptionSchema(
      name: "max_visitors_per_network",
      help: "Most of them from one network (/24, /56); the one that came first goes for one more.", fallback: "64",
      range: 1...65_536, type: MESH_TYPE_INT),
    OptionSchema(
      name: "queue_frames", help: "Packets that a link holds for sending, and a lane that is not read.",
      fallback: "256", range: 16...65_536,
      type: MESH_TYPE_INT),
    OptionSchema(
      name: "queue_bytes", help: "Bytes that a link holds for sending, and a lane that is not read.", fallback: "4MiB",
      range: 65_536...1 << 30,
      type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "handshake_timeout", help: "Time for a dialled link to come up, and for the TLS of a visitor.",
      fallback: "10s", range: 1...1 << 40, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "idle_timeout", help: "Time that a visitor may do nothing after an answer.", fallback: "75s",
      range: 1...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "header_timeout", help: "Time for the whole head of a visitor's request.", fallback: "60s",
      range: 1...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "body_timeout", help: "Time between two pieces of the body of a visitor's request.", fallback: "60s",
      range: 1...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "send_timeout", help: "Time between two pieces of an answer that a visitor takes.", fallback: "60s",
      range: 1...1 << 50, type: MESH_TYPE_DURATION),
    OptionSchema(
      name: "close_timeout", help: "Time for the goodbye of a link.", fallback: "2s", range: 1...1 << 40,
      type: MESH_TYPE_DURATION),
  ]
}
