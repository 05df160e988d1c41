extension Configuration {
  /// Every key of the file. The reference in docs/operator/configuration.md is checked against it.
  public enum Schema {
    private static let second: Nanoseconds = 1_000_000_000

    /// Keys at the top of the file.
    public static let sections = [
      "transport_priority", "node", "plugins", "transports", "policy", "peers", "protocols", "control", "log",
      "metrics", "session",
    ]

    /// `transport_priority:`
    public static let priority = SchemaKey(
      "transport_priority", .name, "Transports, first choice first; instead of `priority:` in `transports`.",
      isList: true, isLive: true)

    /// `node:`
    public static let node: [SchemaKey] = [
      .init(
        "identity", .path, "File with the node's key; made at the first start.", otherwise: "identity.key in `state`"),
      .init("name", .name, "A name for people, shown by `meshctl`."),
      .init(
        "state", .path, "Folder for what must survive a restart.",
        otherwise: "/var/lib/mesh for root, else $XDG_STATE_HOME/mesh or ~/.local/state/mesh"),
      .init(
        "access", .choice(["known", "open"]), "Who may talk: peers that are known, or everyone.", default: "known",
        isLive: true),
      .init("max_peers", .integer(1...100_000), "Most peers known at once.", default: "1000", isLive: true),
      .init("max_sessions", .integer(1...100_000), "Most sessions at once.", default: "1000", isLive: true),
      .init(
        "idle_timeout", .duration(second...604_800 * second), "A session without traffic for this long is closed.",
        default: "10m", isLive: true),
      .init(
        "stop_timeout", .duration(0...600 * second), "How long a stop waits for queued messages.", default: "5s",
        isLive: true),
      .init(
        "busy_poll", .choice(["auto", "off"]),
        "Look for packets for up to 50 µs before sleeping, while urgent ones are answered that fast, or always sleep.",
        default: "auto", isLive: true),
    ]

    /// `plugins:`
    public static let plugins: [SchemaKey] = [
      .init("directories", .path, "Folders searched for plugins before the packaged one.", isList: true),
      .init(
        "trust", .choice(["packaged", "any"]), "Load only plugins owned by root, or also those of the host's own user.",
        default: "packaged"),
    ]

    /// Each entry of `transports:`; further keys belong to its plugin.
    public static let transport: [SchemaKey] = [
      .init("plugin", .name, "The plugin's id.", otherwise: "the entry's name"),
      .init(
        "priority", .integer(1...1000), "Rank: lower is tried first, equal ones race.", otherwise: "100", isLive: true),
      .init("enabled", .boolean, "Whether it is started.", default: "true", isLive: true),
      .init("listen", .address, "Addresses to listen on.", isList: true, isLive: true),
      .init("advertise", .address, "Addresses that peers are told.", isList: true, isLive: true),
      .init(
        "binding", .choice(["auto", "none", "required"]),
        "Tie sessions to the link's own encryption: where offered, never (behind a TLS proxy), or always.",
        default: "auto"),
    ]

    /// Each entry of `policy:`.
    public static let policy: [SchemaKey] = [
      .init("forbid", .name, "Transports the class never uses.", isList: true, isLive: true),
      .init("only", .name, "The only transports the class uses.", isList: true, isLive: true),
      .init(
        "weight", .integer(1...1000), "Share against the other classes.",
        otherwise: "realtime 32, interactive 16, normal 8, bulk 4, background 1", isLive: true),
      .init("queue", .size(65_536...1 << 32), "Bytes that may wait.", default: "4MiB", isLive: true),
      .init(
        "drop", .choice(["refuse", "oldest", "expired"]), "What happens when the queue is full.",
        otherwise: "realtime oldest, the others refuse", isLive: true),
    ]

    /// Each entry of `peers:`.
    public static let peer: [SchemaKey] = [
      .init("id", .nodeName, "The peer's name, as `meshctl id` prints it there.", isRequired: true, isLive: true),
      .init("name", .name, "A name for people, used in `allow` lists.", isLive: true),
      .init("addresses", .address, "Where it can be reached.", isList: true, isLive: true),
      .init(
        "allow", .text, "The only protocols it may use.", otherwise: "all whose own list has it", isList: true,
        isLive: true),
    ]

    /// Each entry of `protocols:`.
    public static let `protocol`: [SchemaKey] = [
      .init("enabled", .boolean, "Whether it is served.", default: "true", isLive: true),
      .init(
        "allow", .text, "Peers that may use it, by name or id; `*` for all known ones.", isList: true, isLive: true),
      .init("folder", .path, "The folder it serves.", isLive: true),
      .init("max_size", .size(0...1 << 50), "Largest single transfer.", default: "1GiB", isLive: true),
    ]

    /// `control:`
    public static let control: [SchemaKey] = [
      .init(
        "socket", .path, "Socket for applications, mode 0660.",
        otherwise: "client.sock in /run/mesh for root, else in $XDG_RUNTIME_DIR/mesh"),
      .init("admin_socket", .path, "Socket for `meshctl`, mode 0600.", otherwise: "admin.sock in the same folder"),
      .init("group", .name, "Group that owns `socket`.", default: "mesh"),
    ]

    /// `log:`
    public static let log: [SchemaKey] = [
      .init(
        "level", .choice(["error", "warning", "info", "debug"]), "The least important level that is written.",
        default: "info", isLive: true),
      .init(
        "format", .choice(["auto", "text", "json"]), "Text for people, JSON lines, or text only on a terminal.",
        default: "auto", isLive: true),
    ]

    /// `metrics:`
    public static let metrics: [SchemaKey] = [
      .init("listen", .text, "host:port that answers GET /metrics, the host a numeric loopback address."),
      .init("allow_remote", .boolean, "Permit an address of another kind in `listen`.", default: "false"),
    ]

    /// `session:`
    public static let session: [SchemaKey] = [
      .init(
        "rekey_packets", .integer(1024...1 << 32), "New keys after this many packets in one direction.",
        default: "4294967296", isLive: true),
      .init(
        "rekey_bytes", .size(1 << 20...1 << 36), "New keys after this many bytes in one direction.", default: "64GiB",
        isLive: true),
      .init(
        "rekey_after", .duration(second...86_400 * second), "New keys after this time.", default: "1h", isLive: true),
      .init(
        "keepalive", .duration(0...3600 * second), "Send when a link was silent for this long; 0 for never.",
        default: "25s", isLive: true),
      .init(
        "handshake_timeout", .duration(second / 10...60 * second), "An unfinished handshake is given up after this.",
        default: "5s", isLive: true),
      .init(
        "ack_delay", .duration(0...second), "The longest that an acknowledgement waits for company.", default: "25ms",
        isLive: true),
    ]

    /// Sections whose scalar keys `MESH_<SECTION>_<KEY>` overrides.
    static let overridable: [(section: String, keys: [SchemaKey])] = [
      ("node", node), ("plugins", plugins), ("control", control), ("log", log), ("metrics", metrics),
      ("session", session),
    ]

    /// Every variable that overrides a key, such as `MESH_LOG_LEVEL`.
    public static let variables: [String] = overridable.flatMap { section, keys in
      keys.filter { !$0.isList }.map { "MESH_\(section)_\($0.name)".uppercased() }
    }
  }
}
