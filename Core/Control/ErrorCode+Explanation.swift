// SPDX-License-Identifier: Apache-2.0

extension ErrorCode {
  /// What the code means, one paragraph.
  public var meaning: String { explanation.meaning }

  /// What to do about it, one paragraph.
  public var advice: String { explanation.advice }

  /// Whether the same call may work when it is repeated later without any change.
  public var isRetryable: Bool {
    switch self {
    case .noMemory, .again, .timeout, .unreachable, .reset, .limit, .io, .busy: true
    default: false
    }
  }

  private var explanation: (meaning: String, advice: String) {
    switch self {
    case .invalid:
      (
        "A value given to a call lies outside the range that it may have.",
        "Read the sentence beside the code: it names the value. Correct it and call again."
      )
    case .flag:
      (
        "A flag was set that the other side does not know. It was refused rather than ignored, because ignoring "
          + "it could change what the call does.",
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
        "Wait until traffic falls, or raise the memory limit of the service. Look at the memory line of 'meshctl "
          + "status'."
      )
    case .stale:
      (
        "An identifier names a link, stream or message that no longer exists.",
        "Ask for the present identifiers, for example with 'meshctl transport list', and repeat the call."
      )
    case .again:
      (
        "There is no credit or room now: the receiver or the path is slower than the sender. This is normal flow "
          + "control.",
        "Wait for the event that says there is room. If it lasts, 'meshctl why PEER' shows where the traffic stands."
      )
    case .unsupported:
      (
        "This plugin or this version does not offer what was asked.",
        "Choose another transport, or use a version that offers it. 'meshctl plugins list' shows the versions."
      )
    case .address:
      (
        "An address cannot be read or used: a wrong scheme, host, port or path, or a scheme that no plugin claims.",
        "Compare the address with the examples in the configuration guide, and 'meshctl plugins list' for the schemes."
      )
    case .refused:
      (
        "The other side answered and said no, for example because nothing listens there or because this node is "
          + "not on its list.",
        "Check the address, and that the other node has this one as a peer: 'meshctl id --invite' here, 'meshctl "
          + "peers add' there."
      )
    case .timeout:
      (
        "No answer came in the time allowed. The other side may be off, or something between drops packets.",
        "Try 'meshctl ping PEER', then 'meshctl why PEER'. A longer '--timeout' helps only when the path is slow."
      )
    case .unreachable:
      (
        "There is no way to the address from this machine now.",
        "Check the network, routes and firewall. The node tries other transports on its own; 'meshctl why PEER' "
          + "lists them."
      )
    case .closed:
      (
        "The other side ended the conversation in an orderly way.",
        "Nothing is wrong. Open a new one if there is more to say."
      )
    case .reset:
      (
        "A connection died without a goodbye: a crash, a pulled cable, a firewall.",
        "Nothing that was accepted is lost: it moves to the next path. If it repeats, 'meshctl why PEER' names "
          + "the transport."
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
        "Restart the transport with 'meshctl transport disable NAME' and 'enable NAME', or restart the daemon."
      )
    case .exists:
      (
        "The name, address or file exists already. Nothing was replaced.",
        "Choose another name, remove the old one, or use '--force' where the command has it."
      )
    case .notFound:
      ("Nothing has that name.", "Check the spelling against 'meshctl peers list', 'plugins list' or 'transport list'.")
    case .limit:
      (
        "A configured limit is reached.",
        "The sentence names the limit. Wait, use less, or raise it in the configuration."
      )
    case .mtu:
      (
        "A packet is larger than the link now carries. The node cuts messages to fit, so this is seen by plugins only.",
        "Nothing to do for an operator. A plugin should report its new size with an event."
      )
    case .expired:
      (
        "The lifetime has passed before the message could be delivered. It was not delivered and will not be.",
        "Send again with a longer '--lifetime'. 'meshctl why PEER' shows why no path was found in time."
      )
    case .io:
      (
        "The operating system reported an error: disk full, a file that cannot be read, a broken socket.",
        "The sentence carries the system's own words. Check space, permissions and limits."
      )
    case .cancelled:
      ("It was given up on request.", "Nothing is wrong.")
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
        "Use the admin socket as the service's user or root for administration. For peers, look at 'access' and "
          + "'allow' in the configuration."
      )
    case .internal:
      (
        "A fault in the program that reported it. No input should lead here.",
        "Report it with the log lines around it and what was done before."
      )
    }
  }
}
