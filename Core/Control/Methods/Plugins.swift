// SPDX-License-Identifier: Apache-2.0
import MeshWire

/// The plugins that were found.
public enum PluginsListMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "plugins.list"
  /// Who may call it.
  public static let access = ControlAccess.client
  /// What goes in.
  public typealias Params = Nothing
  /// What comes out.
  public typealias Result = PluginList
}

/// Plugins.
public struct PluginList: ControlShape {
  /// Each plugin.
  public var plugins: [PluginInfo]

  /// A value with these fields.
  public init(plugins: [PluginInfo] = []) {
    self.plugins = plugins
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("plugins", .list(plugins))
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "plugin_list")
    plugins = try fields.list("plugins", PluginInfo.self)
  }
}

/// One plugin.
public struct PluginInfo: ControlShape {
  /// Its name.
  public var id: String
  /// Its version.
  public var version: String
  /// The ABI that it was built for, for example `1.0`.
  public var abi: String
  /// The file.
  public var path: String
  /// `running`, `loaded`, `disabled`, `failed`, `refused`, `missing`, or `unused` when no transport asks for it.
  public var state: String
  /// Why it does not run.
  public var reason: String?
  /// Address schemes that it claims.
  public var schemes: [String]

  /// A value with these fields.
  public init(
    id: String, version: String, abi: String, path: String, state: String, reason: String? = nil,
    schemes: [String] = []
  ) {
    self.id = id
    self.version = version
    self.abi = abi
    self.path = path
    self.state = state
    self.reason = reason
    self.schemes = schemes
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("version", .text(version)),
      ("abi", .text(abi)),
      ("path", .text(path)),
      ("state", .text(state)),
      ("reason", reason.map { .text($0) }),
      ("schemes", .texts(schemes)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "plugin_info")
    id = try fields.text("id")
    version = try fields.text("version")
    abi = try fields.text("abi")
    path = try fields.text("path")
    state = try fields.text("state")
    reason = try fields.optionalText("reason")
    schemes = try fields.texts("schemes")
  }
}

/// Loads a new file beside the old one and moves over.
public enum PluginsReplaceMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "plugins.replace"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = PluginReplacement
  /// What comes out.
  public typealias Result = PluginInfo
}

/// A replacement.
public struct PluginReplacement: ControlShape {
  /// The plugin's name.
  public var id: String
  /// The new file.
  public var path: String

  /// A value with these fields.
  public init(id: String, path: String) {
    self.id = id
    self.path = path
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("path", .text(path)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "plugin_replacement")
    id = try fields.text("id")
    path = try fields.text("path")
  }
}

/// Switches a plugin on or off.
public enum PluginsEnableMethod: ControlMethod {
  /// Its name on the wire.
  public static let name = "plugins.enable"
  /// Who may call it.
  public static let access = ControlAccess.admin
  /// What goes in.
  public typealias Params = PluginSwitch
  /// What comes out.
  public typealias Result = PluginInfo
}

/// A plugin's switch.
public struct PluginSwitch: ControlShape {
  /// The plugin's name.
  public var id: String
  /// On or off.
  public var enabled: Bool

  /// A value with these fields.
  public init(id: String, enabled: Bool = false) {
    self.id = id
    self.enabled = enabled
  }

  /// The fields as a map.
  public var cbor: CBOR {
    .fields([
      ("id", .text(id)),
      ("enabled", .bool(enabled)),
    ])
  }

  /// Reads a map.
  public init(cbor: CBOR) throws(ControlError) {
    let fields = try ControlFields(cbor, "plugin_switch")
    id = try fields.text("id")
    enabled = try fields.flag("enabled")
  }
}
