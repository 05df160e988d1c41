// SPDX-License-Identifier: Apache-2.0
// Written by scripts/make-errors from scripts/errors.txt.

/// The error codes of `mesh.h` and `mesh_plugin.h`, with what each means and what to do. `meshctl explain` prints them.
public enum ErrorCode: Int32, CaseIterable, Sendable {
  /// An argument is outside its range.
  case invalid = -1
  /// A flag that this side does not know.
  case flag = -2
  /// Not in this state.
  case state = -3
  /// Out of memory or buffers.
  case noMemory = -4
  /// The id names nothing any more.
  case stale = -5
  /// No credit or room now; an event will say when.
  case again = -6
  /// This plugin or host does not offer that.
  case unsupported = -7
  /// The address cannot be parsed or used.
  case address = -8
  /// The other side refused.
  case refused = -9
  /// No answer in time.
  case timeout = -10
  /// No way to the address.
  case unreachable = -11
  /// Closed in an orderly way.
  case closed = -12
  /// Died without a goodbye.
  case reset = -13
  /// A key, certificate or signature was not accepted.
  case auth = -14
  /// The other side broke the protocol.
  case `protocol` = -15
  /// A configuration value is wrong.
  case config = -16
  /// The change needs a restart of the instance.
  case restart = -17
  /// The name or address is taken.
  case exists = -18
  /// Nothing by that name.
  case notFound = -19
  /// A configured limit is reached.
  case limit = -20
  /// Larger than the link now carries.
  case mtu = -21
  /// The lifetime has passed.
  case expired = -22
  /// The operating system reported an error.
  case io = -23
  /// Given up on request.
  case cancelled = -24
  /// No common version.
  case version = -25
  /// Somebody else serves it.
  case busy = -26
  /// Not allowed here.
  case permission = -27
  /// A bug on the side that says so.
  case `internal` = -28
  /// The handle belongs to the process before the fork.
  case forked = -29

  /// The name in the header, for example `MESH_E_NOTFOUND`.
  public var name: String {
    switch self {
    case .invalid: "MESH_E_INVALID"
    case .flag: "MESH_E_FLAG"
    case .state: "MESH_E_STATE"
    case .noMemory: "MESH_E_NOMEM"
    case .stale: "MESH_E_STALE"
    case .again: "MESH_E_AGAIN"
    case .unsupported: "MESH_E_UNSUPPORTED"
    case .address: "MESH_E_ADDRESS"
    case .refused: "MESH_E_REFUSED"
    case .timeout: "MESH_E_TIMEOUT"
    case .unreachable: "MESH_E_UNREACHABLE"
    case .closed: "MESH_E_CLOSED"
    case .reset: "MESH_E_RESET"
    case .auth: "MESH_E_AUTH"
    case .protocol: "MESH_E_PROTOCOL"
    case .config: "MESH_E_CONFIG"
    case .restart: "MESH_E_RESTART"
    case .exists: "MESH_E_EXISTS"
    case .notFound: "MESH_E_NOTFOUND"
    case .limit: "MESH_E_LIMIT"
    case .mtu: "MESH_E_MTU"
    case .expired: "MESH_E_EXPIRED"
    case .io: "MESH_E_IO"
    case .cancelled: "MESH_E_CANCELLED"
    case .version: "MESH_E_VERSION"
    case .busy: "MESH_E_BUSY"
    case .permission: "MESH_E_PERMISSION"
    case .internal: "MESH_E_INTERNAL"
    case .forked: "MESH_E_FORKED"
    }
  }

  /// What kind of failure it is.
  public var flags: ErrorFlags {
    switch self {
    case .invalid, .flag, .stale, .unsupported, .address, .protocol, .config, .exists, .notFound, .mtu, .version,
      .internal, .forked:
      [.permanent]
    case .state, .refused, .closed, .restart, .expired, .cancelled: []
    case .noMemory, .again, .timeout, .unreachable, .reset, .limit, .io, .busy: [.retryable]
    case .auth, .permission: [.auth, .permanent]
    }
  }

  /// What the code means, and what to do about it; one paragraph each.
  var explanation: (meaning: String, advice: String) {
    switch self {
    case .invalid:
      (
        "A value given to a call lies outside the range that it may have.",
        "Read the sentence beside the code: it names the value. Correct it and call again."
      )
    case .flag:
      (
        "A flag was set that the other side does not know. It was refused rather than ignored, because "
          + "ignoring it could change what the call does.",
        "Use a version on both sides that knows the flag, or leave it out."
      )
    case .state:
      (
        "The call does not fit the present state: something is not started yet, or has ended already.",
        "Look at 'meshctl status' and repeat the call when the thing is running."
      )
    case .noMemory:
      (
        "Memory or buffers have run out. Nothing that was accepted is lost.",
        "Wait until traffic falls, or raise the memory limit of the service. Look at the memory line of "
          + "'meshctl status'."
      )
    case .stale:
      (
        "An identifier names a link, stream or message that no longer exists.",
        "Ask for the present identifiers, for example with 'meshctl transport list', and repeat the call."
      )
    case .again:
      (
        "There is no credit or room now: the receiver or the path is slower than the sender. This is "
          + "normal flow control.",
        "Wait for the event that says there is room. If it lasts, 'meshctl why PEER' shows where the "
          + "traffic stands."
      )
    case .unsupported:
      (
        "This plugin or this version does not offer what was asked.",
        "Choose another transport, or use a version that offers it. 'meshctl plugins list' shows the "
          + "versions."
      )
    case .address:
      (
        "An address cannot be read or used: a wrong scheme, host, port or path, or a scheme that no "
          + "plugin claims.",
        "Compare the address with the examples in the configuration guide, and 'meshctl plugins list' for "
          + "the schemes."
      )
    case .refused:
      (
        "The other side answered and said no, for example because nothing listens there or because this "
          + "node is not on its list.",
        "Check the address, and that the other node has this one as a peer: 'meshctl id --invite' here, "
          + "'meshctl peers add' there."
      )
    case .timeout:
      (
        "No answer came in the time allowed. The other side may be off, or something between drops "
          + "packets.",
        "Try 'meshctl ping PEER', then 'meshctl why PEER'. A longer '--timeout' helps only when the path "
          + "is slow."
      )
    case .unreachable:
      (
        "There is no way to the address from this machine now.",
        "Check the network, routes and firewall. The node tries other transports on its own; 'meshctl why "
          + "PEER' lists them."
      )
    case .closed:
      (
        "The other side ended the conversation in an orderly way.",
        "Nothing is wrong. Open a new one if there is more to say."
      )
    case .reset:
      (
        "A connection died without a goodbye: a crash, a pulled cable, a firewall.",
        "Nothing that was accepted is lost: it moves to the next path. If it repeats, 'meshctl why PEER' "
          + "names the transport."
      )
    case .auth:
      (
        "A key, certificate or signature was not accepted, or a name does not belong to the key.",
        "Compare the names on both sides with 'meshctl id' and 'meshctl peers list'. Check the clock if a "
          + "certificate is involved."
      )
    case .protocol:
      (
        "The other side broke the rules of the protocol. The connection was closed.",
        "Check that both sides run versions that fit. If they do, report it with the log lines around it."
      )
    case .config:
      (
        "A value in the configuration is wrong. The former configuration stays in force.",
        "'meshctl config check FILE' names file, line and column, and what was expected."
      )
    case .restart:
      (
        "The change cannot be made while the instance runs.",
        "Restart the transport with 'meshctl transport disable NAME' and 'enable NAME', or restart the "
          + "daemon."
      )
    case .exists:
      (
        "The name, address or file exists already. Nothing was replaced.",
        "Choose another name, remove the old one, or use '--force' where the command has it."
      )
    case .notFound:
      (
        "Nothing has that name.",
        "Check the spelling against 'meshctl peers list', 'plugins list' or 'transport list'."
      )
    case .limit:
      (
        "A configured limit is reached.",
        "The sentence names the limit. Wait, use less, or raise it in the configuration."
      )
    case .mtu:
      (
        "A packet is larger than the link now carries. The node cuts messages to fit, so this is seen by "
          + "plugins only.",
        "Nothing to do for an operator. A plugin should report its new size with an event."
      )
    case .expired:
      (
        "The lifetime has passed before the message could be delivered. It was not delivered and will not "
          + "be.",
        "Send again with a longer '--lifetime'. 'meshctl why PEER' shows why no path was found in time."
      )
    case .io:
      (
        "The operating system reported an error: disk full, a file that cannot be read, a broken socket.",
        "The sentence carries the system's own words. Check space, permissions and limits."
      )
    case .cancelled:
      (
        "It was given up on request.",
        "Nothing is wrong."
      )
    case .version:
      (
        "The two sides have no version in common.",
        "Update the older one. 'meshctl status' and 'meshctl plugins list' show the versions."
      )
    case .busy:
      (
        "Somebody else holds it already, for example another program serves this protocol.",
        "Stop the other program, or choose another protocol name."
      )
    case .permission:
      (
        "This is not allowed here: the caller's user may not do it, or an access list forbids it.",
        "Use the admin socket as the service's user or root for administration. For peers, look at "
          + "'access' and 'allow' in the configuration."
      )
    case .internal:
      (
        "A fault in the program that reported it. No input should lead here.",
        "Report it with the log lines around it and what was done before."
      )
    case .forked:
      (
        "The handle was opened before a fork, in the parent process. The child has no node and no threads "
          + "of it.",
        "Open a handle of its own in the child, or fork before opening one."
      )
    }
  }
}
