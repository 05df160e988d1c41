// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import TransportDriver

/// The plugin's part of the YAML.
enum Options {
  /// All keys, as the README lists them. `Settings` reads them.
  static let entries: [OptionSchema] = [
    OptionSchema(
      name: "mtu", help: "Largest packet, bytes.", fallback: "65528", range: 256...65_528, type: MESH_TYPE_INT),
    OptionSchema(
      name: "max_links", help: "Most links at a time, dialled and accepted.", fallback: "1024", range: 1...1_000_000,
      type: MESH_TYPE_INT, flags: MESH_OPTION_LIVE),
    OptionSchema(
      name: "max_handshakes", help: "Most links that are not up yet.", fallback: "128", range: 1...65_536,
      type: MESH_TYPE_INT, flags: MESH_OPTION_LIVE),
    OptionSchema(
      name: "origins", help: "Web pages whose scripts may connect, as scheme://host:port, or * for all.",
      type: MESH_TYPE_STRING, flags: MESH_OPTION_LIST | MESH_OPTION_LIVE),
    OptionSchema(
      name: "proxy", help: "Proxy for dialled links: http://host:port or socks5://host:port, with user:password@.",
      type: MESH_TYPE_STRING, flags: MESH_OPTION_SECRET),
    OptionSchema(
      name: "certificate", help: "Certificate chain for wss listeners, PEM; without one it is made at the start.",
      type: MESH_TYPE_PATH),
    OptionSchema(name: "key", help: "Private key of the certificate, PEM.", type: MESH_TYPE_PATH),
    OptionSchema(
      name: "authorities", help: "Certificates to trust instead of the system's, PEM.", type: MESH_TYPE_PATH),
    OptionSchema(
      name: "pin", help: "Key that every dialled wss server must have: sha256: and 32 bytes in hex or base64url.",
      type: MESH_TYPE_STRING),
    OptionSchema(
      name: "send_buffer", help: "SO_SNDBUF, 0 leaves it to the system.", fallback: "0", range: 0...1 << 30,
      type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "receive_buffer", help: "SO_RCVBUF, 0 leaves it to the system.", fallback: "0", range: 0...1 << 30,
      type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "queue_frames", help: "Packets that a link holds for sending.", fallback: "256", range: 16...65_536,
      type: MESH_TYPE_INT),
    OptionSchema(
      name: "queue_bytes", help: "Bytes that a link holds for sending.", fallback: "4MiB", range: 65_536...1 << 30,
      type: MESH_TYPE_SIZE),
    OptionSchema(
      name: "handshake_timeout", help: "Time for a link to come up.", fallback: "10s", range: 1...1 << 40,
      type: MESH_TYPE_DURATION, flags: MESH_OPTION_LIVE),
    OptionSchema(
      name: "close_timeout", help: "Time for the goodbye of a link.", fallback: "2s", range: 1...1 << 40,
      type: MESH_TYPE_DURATION, flags: MESH_OPTION_LIVE),
  ]
}
