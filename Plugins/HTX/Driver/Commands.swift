// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import Glibc
import HTXTickets
import MeshCrypto
import MeshWire
import TransportDriver
import TransportTLS

/// The plugin's side of `mesh.command/1`: `meshctl htx …`.
enum Commands {
  nonisolated(unsafe) private static let descriptions: UnsafePointer<mesh_command> = {
    let all: [(name: StaticString, arguments: StaticString, help: StaticString, flags: UInt32)] = [
      ("ticket", "[ADDRESS]", "Shows what others need to dial this node: ticket key, pin and policy", 0),
      ("key", "", "Makes a fresh secret for a file of ticket_keys", 0),
      ("fingerprint", "", "Shows the JA4 of the ClientHellos that this node dials sites with", 0),
      ("calibration", "", "Shows what visitors are told as those of calibration_origin are", 0),
      ("links", "", "Lists the links that are up and what they go over", 0),
    ]
    let table = UnsafeMutablePointer<mesh_command>.allocate(capacity: all.count)
    for (index, command) in all.enumerated() {
      var description = mesh_command()
      description.size = UInt32(MemoryLayout<mesh_command>.size)
      description.flags = command.flags
      description.name = Text.pointer(command.name)
      description.arguments = Text.pointer(command.arguments)
      description.help = Text.pointer(command.help)
      (table + index).initialize(to: description)
    }
    return UnsafePointer(table)
  }()

  nonisolated(unsafe) static let table: UnsafePointer<mesh_command_plugin> = {
    let table = UnsafeMutablePointer<mesh_command_plugin>.allocate(capacity: 1)
    table.initialize(
      to: mesh_command_plugin(
        size: UInt32(MemoryLayout<mesh_command_plugin>.size), reserved: 0,
        describe: { $0 < 5 ? Commands.descriptions + Int($0) : nil },
        run: { context, call in
          guard let call else { return MESH_E_INVALID }
          var status = MESH_OK
          let outcome = PluginTable.with(context) { status = $0.run(call.pointee) }
          return outcome == MESH_OK ? status : outcome
        }, cancel: { _, _ in MESH_E_STALE }))
    return UnsafePointer(table)
  }()
}

extension Instance {
  /// Runs a command; each of them is over at once.
  func run(_ call: mesh_command_call) -> Int32 {
    guard let functions = host.extensionTable(MESH_COMMAND_NAME)?.assumingMemoryBound(to: mesh_command_host.self),
      let name = call.name, let write = functions.pointee.write, let done = functions.pointee.done
    else { return MESH_E_UNSUPPORTED }
    let isJSON = call.flags & MESH_COMMAND_JSON != 0
    let members: [(String, String)]
    switch String(cString: name) {
    case "ticket":
      guard let found = ticketMembers(call.count > 0 ? call.arguments[0].map { String(cString: $0) } : nil) else {
        return MESH_E_INVALID
      }
      members = found
    case "key":
      let secret = TicketKey.makeSecret()
      guard let key = TicketKey(secret: secret) else { return MESH_E_INTERNAL }
      members = [("secret", secret.withBytes { Hex.encode($0) }), ("ticket", key.publicKey.text)]
    case "fingerprint":
      guard let found = Fingerprints.members() else { return MESH_E_INTERNAL }
      members = found
    case "calibration": members = calibrationMembers()
    case "links": members = linkMembers()
    default: return MESH_E_NOTFOUND
    }
    var text = isJSON ? Self.json(members) : members.map { "\($0.0): \($0.1)\n" }.joined()
    var status = MESH_OK
    text.withUTF8 { bytes in
      for start in stride(from: 0, to: bytes.count, by: Int(MESH_COMMAND_WRITE_MAX)) where status == MESH_OK {
        let count = min(bytes.count - start, Int(MESH_COMMAND_WRITE_MAX))
        status = write(host.pointer, call.token, bytes.baseAddress.map { $0 + start }, UInt32(count))
      }
    }
    return done(host.pointer, call.token, status, nil, 0)
  }

  /// What somebody needs who dials `address`, or a listener of this instance; nil for what is no address.
  private func ticketMembers(_ address: String?) -> [(String, String)]? {
    guard let key = ticketKeys.first?.publicKey else { return nil }
    var members = [("ticket", key.text), ("policy", "BN-Ticket: \(settings.policy.line)")]
    if let pin = credentials.server?.pin { members.append(("pin", pin.text)) }
    guard let address else {
      return members + [("address", "htx://HOST:PORT\(fragment)")]
    }
    guard let read = HTXAddress(address), read.ticket == nil, read.pin == nil else { return nil }
    return members + [("address", address + fragment)]
  }

  private static func json(_ members: [(String, String)]) -> String {
    let parts = members.map { name, value in
      let escaped = value.unicodeScalars.map { scalar -> String in
        scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : "\(scalar)"
      }
      return "\"\(name)\":\"\(escaped.joined())\""
    }
    return "{\(parts.joined(separator: ","))}\n"
  }
}
