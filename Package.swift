// swift-tools-version: 6.2
// The transport host, its plugins and tools. `make build` calls this with the right flags; see the Makefile.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Debug builds and their tests check exclusive access at run time; it costs every field access of a class.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A Debian library seen as a Clang module: CInterop/<name>/{module.modulemap,shim.h}.
func system(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, path: "CInterop/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A Core module: Core/<folder>, module Mesh<folder>.
func core(_ folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: "Mesh\(folder)", dependencies: dependencies, path: "Core/\(folder)", swiftSettings: strict)
}

func tests(_ name: String, of dependencies: [Target.Dependency], path: String) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// A program. It carries the static Swift runtime, so that it needs no Swift on the machine and sets no handlers.
func program(_ name: String, _ dependencies: [Target.Dependency], path: String, exclude: [String] = []) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict,
    linkerSettings: [.unsafeFlags(["-static-stdlib"])])
}

/// A plugin in Swift: its own static, hidden runtime, one exported symbol, never unmapped.
func plugin(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
  .target(
    name: name, dependencies: dependencies + ["CMeshABI"], path: path, swiftSettings: strict,
    linkerSettings: [
      .unsafeFlags([
        "-static-stdlib", "-no-toolchain-stdlib-rpath", "-Xlinker", "--version-script=include/mesh/mesh_plugin.version",
        "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "-z", "-Xlinker", "now",
      ])
    ])
}

let package = Package(
  name: "mesh",
  products: [
    .library(name: "mesh", type: .dynamic, targets: ["MeshLib"]),
    .library(name: "mesh_dtn", type: .dynamic, targets: ["DTNPlugin"]),
    .library(name: "mesh_websocket", type: .dynamic, targets: ["WebSocketPlugin"]),
    .library(name: "mesh_htx", type: .dynamic, targets: ["HTXPlugin"]),
    .executable(name: "meshd", targets: ["meshd"]),
    .executable(name: "meshctl", targets: ["meshctl"]),
  ],
  targets: [
    // C that Swift cannot say.
    .target(name: "CMeshABI", path: ".", sources: ["CInterop/CMeshABI"], publicHeadersPath: "include"),
    .target(name: "CLinux", path: "CInterop/CLinux"),
    .target(name: "CLibrary", dependencies: ["CMeshABI"], path: "CInterop/CLibrary"),
    .target(name: "CApplication", path: "CInterop/CApplication"),
    .target(name: "CChecksum", path: "CInterop/CChecksum"),
    .target(
      name: "CNettle", path: "CInterop/CNettle",
      linkerSettings: [.linkedLibrary("nettle"), .linkedLibrary("hogweed"), .linkedLibrary("gmp")]),
    .target(
      name: "CAESGCM", path: "CInterop/CAESGCM", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("gnutls")]),
    .target(
      name: "CQUIC", dependencies: ["CAESGCM"], path: "CInterop/CQUIC", cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [
        .linkedLibrary("ngtcp2"), .linkedLibrary("ngtcp2_crypto_gnutls"), .linkedLibrary("gnutls"),
      ]),
    .target(name: "CHTTP3", path: "CInterop/CHTTP3", linkerSettings: [.linkedLibrary("nghttp3")]),
    system("CSodium", pkgConfig: "libsodium", package: "libsodium-dev"),
    system("CGnuTLS", pkgConfig: "gnutls", package: "libgnutls28-dev"),
    system("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
    system("CLMDB", pkgConfig: "lmdb", package: "liblmdb-dev"),
    system("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),

    // Core, each depending only on those above it here.
    core("Wire"),
    core("Crypto", ["MeshWire", "CSodium", "CGnuTLS", "CAESGCM"]),
    core("Session", ["MeshWire", "MeshCrypto"]),
    core("Multiplexer", ["MeshWire", "MeshSession"]),
    core("TransportManager", ["MeshWire"]),
    core("Config", ["MeshWire", "CYAML", "CLinux", "CMeshABI"]),
    core("Observe", ["CLinux"]),
    core("EventLoop", ["CLinux", "CMeshABI"]),
    core("PluginHost", ["MeshEventLoop", "CLinux", "CMeshABI"]),
    core("CommandLine", ["CLinux"]),
    core(
      "Node",
      [
        "MeshWire", "MeshCrypto", "MeshSession", "MeshMultiplexer", "MeshTransportManager", "MeshEventLoop",
        "MeshPluginHost", "MeshConfig", "MeshObserve", "CLinux", "CMeshABI",
      ]),
    core(
      "FileTransfer",
      [
        "MeshWire", "MeshCrypto", "MeshSession", "MeshMultiplexer", "MeshNode", "MeshEventLoop", "CGnuTLS", "CLinux",
      ]),
    core("Control", ["MeshWire", "MeshEventLoop", "CLinux"]),
    core(
      "Application",
      [
        "MeshNode", "MeshControl", "MeshMultiplexer", "MeshSession", "MeshTransportManager", "MeshConfig",
        "MeshObserve", "MeshEventLoop", "MeshPluginHost", "MeshCrypto", "MeshWire", "CApplication", "CLinux",
        "CMeshABI",
      ]),
    core(
      "Service",
      [
        "MeshNode", "MeshControl", "MeshConfig", "MeshObserve", "MeshWire", "MeshCrypto", "MeshSession",
        "MeshMultiplexer", "MeshTransportManager", "MeshEventLoop", "MeshPluginHost", "CLinux",
      ]),
    .target(
      name: "MeshLibrary",
      dependencies: [
        "MeshApplication", "MeshService", "MeshNode", "MeshControl", "MeshConfig", "MeshObserve", "MeshEventLoop",
        "MeshCrypto", "MeshWire", "CLibrary", "CApplication", "CLinux", "CMeshABI",
      ], path: "Core/MeshLib/Library", swiftSettings: strict),
    .target(
      name: "MeshLib", dependencies: ["MeshLibrary"], path: "Core/MeshLib/Product", swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags([
          "-static-stdlib", "-no-toolchain-stdlib-rpath", "-Xlinker", "--version-script=Core/MeshLib/libmesh.map",
          "-Xlinker", "-soname=libmesh.so.1", "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "-z", "-Xlinker",
          "now",
        ])
      ]),
    core("CopyService", ["MeshFileTransfer", "MeshControl", "MeshNode", "MeshSession", "MeshWire"]),
    program(
      "meshd",
      [
        "MeshNode", "MeshControl", "MeshConfig", "MeshObserve", "MeshCommandLine", "MeshWire", "MeshCrypto",
        "MeshSession", "MeshMultiplexer", "MeshTransportManager", "MeshEventLoop", "MeshPluginHost", "MeshFileTransfer",
        "MeshCopyService", "MeshService", "MeshApplication", "CApplication", "CLinux",
      ], path: "Core/meshd"),
    .target(
      name: "MeshctlCommands",
      dependencies: [
        "MeshControl", "MeshWire", "MeshCrypto", "MeshConfig", "MeshCommandLine", "BundleProtocol", "CGnuTLS", "CLinux",
      ], path: "Core/meshctl/Commands", swiftSettings: strict),
    program("meshctl", ["MeshctlCommands", "MeshCommandLine"], path: "Core/meshctl/Program"),

    // Plugins.
    .target(name: "TransportBytes", path: "Plugins/Shared/Bytes", swiftSettings: strict),
    .target(
      name: "TransportTLS", dependencies: ["TransportBytes", "CGnuTLS", "CNettle"], path: "Plugins/Shared/TLS",
      swiftSettings: strict),
    .target(
      name: "TransportDriver", dependencies: ["CLinux", "CMeshABI"], path: "Plugins/Shared/Driver",
      swiftSettings: strict),
    .target(
      name: "WebSocketCore", dependencies: ["TransportBytes", "CZlib"], path: "Plugins/WebSocket/Core",
      swiftSettings: strict),
    .target(
      name: "WebSocketDriver",
      dependencies: ["WebSocketCore", "TransportBytes", "TransportDriver", "TransportTLS", "CLinux", "CMeshABI"],
      path: "Plugins/WebSocket/Driver", swiftSettings: strict),
    plugin("WebSocketPlugin", ["WebSocketDriver"], path: "Plugins/WebSocket/Plugin"),
    .target(
      name: "HTXTickets", dependencies: ["MeshCrypto", "MeshWire"], path: "Plugins/HTX/Tickets", swiftSettings: strict),
    .target(name: "CHTTP2", path: "CInterop/CHTTP2", linkerSettings: [.linkedLibrary("nghttp2")]),
    .target(
      name: "HTXTCP", dependencies: ["HTXSite", "HTXTickets", "TransportBytes", "CHTTP2"], path: "Plugins/HTX/TCP",
      swiftSettings: strict),
    .target(
      name: "HTXFingerprint", dependencies: ["CGnuTLS"], path: "Plugins/HTX/Fingerprint", swiftSettings: strict),
    .target(
      name: "HTXLanes", dependencies: ["HTXHTTP3", "HTXQUIC", "HTXTCP", "HTXSite", "HTXTickets", "CQUIC"],
      path: "Plugins/HTX/Lanes", swiftSettings: strict),
    .target(
      name: "HTXDriver",
      dependencies: [
        "HTXLanes", "HTXHTTP3", "HTXQUIC", "CQUIC", "HTXTCP", "HTXFingerprint", "HTXSite", "HTXTickets",
        "TransportBytes", "TransportDriver", "TransportTLS", "MeshCrypto", "MeshWire",
        "CLinux", "CMeshABI",
      ], path: "Plugins/HTX/Driver", swiftSettings: strict),
    plugin("HTXPlugin", ["HTXDriver"], path: "Plugins/HTX/Plugin"),
    .target(name: "HTXSite", dependencies: ["CLinux"], path: "Plugins/HTX/Site", swiftSettings: strict),
    .target(name: "HTXQUIC", dependencies: ["CQUIC"], path: "Plugins/HTX/QUIC", swiftSettings: strict),
    .target(
      name: "HTXHTTP3", dependencies: ["HTXQUIC", "CHTTP3", "CQUIC"], path: "Plugins/HTX/HTTP3", swiftSettings: strict),
    .target(
      name: "BundleProtocol", dependencies: ["CChecksum"], path: "Plugins/DTN/Bundle", swiftSettings: strict),
    .target(
      name: "BundleSecurity", dependencies: ["BundleProtocol", "MeshCrypto", "MeshWire", "CGnuTLS", "CNettle"],
      path: "Plugins/DTN/Security", swiftSettings: strict),
    .target(
      name: "BundleConvergence", dependencies: ["BundleProtocol"], path: "Plugins/DTN/Convergence",
      swiftSettings: strict),
    .target(
      name: "BundleRouting", dependencies: ["BundleProtocol"], path: "Plugins/DTN/Routing", swiftSettings: strict),
    .target(
      name: "BundleStore", dependencies: ["BundleProtocol", "CLMDB", "CLinux"], path: "Plugins/DTN/Store",
      swiftSettings: strict),

    .target(
      name: "BundleAgent",
      dependencies: [
        "BundleProtocol", "BundleSecurity", "BundleStore", "BundleRouting", "MeshCrypto", "MeshWire", "CMeshABI",
      ], path: "Plugins/DTN/Agent", swiftSettings: strict),
    .target(
      name: "BundlePlan", dependencies: ["BundleProtocol", "BundleRouting", "MeshConfig"], path: "Plugins/DTN/Plan",
      swiftSettings: strict),
    .target(
      name: "BundleNetwork",
      dependencies: [
        "BundleProtocol", "BundleConvergence", "TransportBytes", "TransportDriver", "TransportTLS", "CLinux",
        "CMeshABI",
      ], path: "Plugins/DTN/Network", swiftSettings: strict),
    .target(
      name: "BundlePlugin",
      dependencies: [
        "BundleAgent", "BundleConvergence", "BundleNetwork", "BundlePlan", "BundleProtocol", "BundleRouting",
        "BundleStore", "MeshConfig", "TransportDriver", "CLinux", "CMeshABI",
      ], path: "Plugins/DTN/Driver", swiftSettings: strict),
    plugin("DTNPlugin", ["BundlePlugin"], path: "Plugins/DTN/Plugin"),

    // Test programs that other implementations are pointed at.
    program(
      "websocket-echo", ["WebSocketCore", "TransportBytes", "TransportTLS", "CLinux"],
      path: "Tests/Interop/websocket-echo"),
    program("bundle-echo", ["BundleProtocol", "BundleConvergence"], path: "Tests/Interop/bundle-echo"),
    program("noise-echo", ["MeshCrypto", "MeshWire", "CLinux"], path: "Tests/Interop/noise-echo"),

    program("quic-visitors", ["HTXQUIC", "CQUIC"], path: "Tests/System/visitors/quic-visitors"),
    program("quic-middle", ["HTXQUIC", "CQUIC"], path: "Tests/System/htx-quic/quic-middle"),
    program("http3-site", ["HTXHTTP3", "HTXQUIC", "CQUIC"], path: "Tests/Interop/http3-site"),
    program(
      "mesh-simulate",
      ["MeshNode", "MeshMultiplexer", "MeshSession", "MeshTransportManager", "MeshCrypto", "MeshWire", "CMeshABI"],
      path: "Tests/Simulation"),
    .target(
      name: "BundleSimulation",
      dependencies: ["BundleProtocol", "BundleConvergence", "BundleRouting", "BundleStore", "TestSupport"],
      path: "Tests/Bundles/Simulation", swiftSettings: strict),
    program("bundle-simulate", ["BundleSimulation"], path: "Tests/Bundles/Program"),
    program(
      "bundle-power", ["BundleProtocol", "BundleStore", "TestSupport"], path: "Tests/Bundles/Power",
      exclude: ["record.c"]),
    program(
      "steady-allocations",
      [
        "MeshNode", "MeshMultiplexer", "MeshSession", "MeshConfig", "MeshCrypto", "MeshEventLoop", "MeshObserve",
        "MeshWire", "CLinux", "AllocationCount",
      ], path: "Tests/Allocations", exclude: ["run.sh"]),
    // Benchmarks.
    .target(name: "CPlugin", dependencies: ["CMeshABI"], path: "Benchmarks/plugin-call/CPlugin"),
    program(
      "bench-plugin-call", ["MeshPluginHost", "MeshEventLoop", "CPlugin", "CMeshABI"],
      path: "Benchmarks/plugin-call/Driver"),
    program(
      "bench-session",
      [
        "MeshNode", "MeshMultiplexer", "MeshSession", "MeshConfig", "MeshCrypto", "MeshEventLoop", "MeshObserve",
        "MeshWire", "CLinux",
      ], path: "Benchmarks/session"),
    program(
      "bench-inside",
      [
        "MeshNode", "MeshMultiplexer", "MeshSession", "MeshTransportManager", "MeshCrypto", "MeshEventLoop", "MeshWire",
        "CLinux",
      ], path: "Benchmarks/inside"),
    program("bench-http3", ["HTXHTTP3", "HTXQUIC", "CQUIC", "CLinux"], path: "Benchmarks/http3"),
    program(
      "bench-bundle-store",
      ["BundleAgent", "BundleProtocol", "BundleConvergence", "BundleStore", "BundleRouting", "CLMDB"],
      path: "Benchmarks/bundle-store"),
    program(
      "websocket-bench", ["WebSocketDriver", "WebSocketMiniHost", "CLinux", "CMeshABI"], path: "Benchmarks/websocket"),

    // Tests.
    tests(
      "HTXTicketTests", of: ["HTXTickets", "MeshCrypto", "MeshWire", "TestSupport"],
      path: "Tests/Plugins/HTX/Tickets"),
    tests(
      "HTXTCPTests", of: ["HTXTCP", "HTXSite", "HTXTickets", "MeshCrypto", "TestSupport"],
      path: "Tests/Plugins/HTX/TCP"),
    tests(
      "HTXFingerprintTests", of: ["HTXFingerprint", "HTXQUIC", "TransportBytes", "TransportTLS", "TestSupport"],
      path: "Tests/Plugins/HTX/Fingerprint"),
    tests("HTXSiteTests", of: ["HTXSite", "TestSupport"], path: "Tests/Plugins/HTX/Site"),
    tests("BundleProtocolTests", of: ["BundleProtocol", "TestSupport"], path: "Tests/Plugins/DTN/Bundle"),
    tests(
      "BundleConvergenceTests", of: ["BundleProtocol", "BundleConvergence", "TestSupport"],
      path: "Tests/Plugins/DTN/Convergence"),
    tests(
      "BundleRoutingTests", of: ["BundleProtocol", "BundleRouting", "TestSupport"], path: "Tests/Plugins/DTN/Routing"),
    tests("BundleSimulationTests", of: ["BundleSimulation"], path: "Tests/Plugins/DTN/Simulation"),
    tests(
      "BundleAgentTests",
      of: [
        "BundleAgent", "BundleProtocol", "BundleRouting", "BundleSecurity", "BundleStore", "MeshCrypto", "MeshWire",
        "CMeshABI", "TestSupport",
      ], path: "Tests/Plugins/DTN/Agent"),
    tests(
      "BundlePlanTests", of: ["BundlePlan", "BundleProtocol", "BundleRouting", "MeshConfig"],
      path: "Tests/Plugins/DTN/Plan"),
    tests(
      "BundleNetworkTests",
      of: [
        "BundleConvergence", "BundleNetwork", "BundleProtocol", "TransportDriver", "CMeshABI", "TestSupport",
      ], path: "Tests/Plugins/DTN/Network"),
    tests(
      "BundlePluginTests",
      of: ["BundleAgent", "BundleNetwork", "BundlePlugin", "BundleProtocol", "BundleStore", "CMeshABI", "TestSupport"],
      path: "Tests/Plugins/DTN/Driver"),
    tests(
      "BundleStoreTests", of: ["BundleProtocol", "BundleStore", "CLMDB", "TestSupport"], path: "Tests/Plugins/DTN/Store"
    ),
    tests(
      "BundleSecurityTests", of: ["BundleProtocol", "BundleSecurity", "MeshCrypto"], path: "Tests/Plugins/DTN/Security"),
    .target(
      name: "HTXTestNetwork", dependencies: ["HTXQUIC", "CQUIC", "TestSupport"], path: "Tests/Plugins/HTX/Network",
      swiftSettings: strict),
    tests(
      "HTXQUICTests", of: ["HTXQUIC", "HTXTestNetwork", "CQUIC", "AllocationCount", "TestSupport"],
      path: "Tests/Plugins/HTX/QUIC"),
    tests(
      "HTXHTTP3Tests", of: ["HTXHTTP3", "HTXQUIC", "HTXTestNetwork", "CHTTP3", "CQUIC", "TestSupport"],
      path: "Tests/Plugins/HTX/HTTP3"),
    tests(
      "HTXLaneTests",
      of: [
        "HTXLanes", "HTXHTTP3", "HTXQUIC", "HTXTCP", "HTXSite", "HTXTickets", "HTXTestNetwork", "MeshCrypto", "CQUIC",
        "TestSupport",
      ], path: "Tests/Plugins/HTX/Lanes"),
    tests(
      "HTXLinkTests",
      of: [
        "HTXDriver", "HTXLanes", "HTXHTTP3", "HTXQUIC", "HTXTCP", "HTXSite", "HTXTickets", "TransportTLS",
        "TransportBytes", "TransportDriver", "MeshCrypto", "MeshPluginHost", "MeshEventLoop", "CMeshABI", "CQUIC",
        "DeniedCalls", "TestSupport",
      ], path: "Tests/Plugins/HTX/Link"),
    tests(
      "HTXDriverTests", of: ["HTXDriver", "CMeshABI", "TestSupport"], path: "Tests/Plugins/HTX/Driver"),
    tests("WireTests", of: ["MeshWire", "TestSupport"], path: "Tests/Core/Wire"),
    .target(name: "AllocationCount", path: "Tests/Support/AllocationCount"),
    .target(name: "DeniedCalls", path: "Tests/Support/DeniedCalls"),
    .target(name: "Programs", path: "Tests/Support/Programs"),
    .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: strict),
    tests(
      "CryptoTests", of: ["MeshCrypto", "MeshWire", "CAESGCM", "AllocationCount", "TestSupport"],
      path: "Tests/Core/Crypto"),
    tests(
      "SessionTests", of: ["MeshSession", "MeshCrypto", "MeshWire", "AllocationCount"], path: "Tests/Core/Session"),
    tests(
      "MultiplexerTests", of: ["MeshMultiplexer", "MeshSession", "MeshWire", "AllocationCount"],
      path: "Tests/Core/Multiplexer"),
    tests("TransportManagerTests", of: ["MeshTransportManager", "MeshWire"], path: "Tests/Core/TransportManager"),
    tests("ConfigTests", of: ["MeshConfig", "CMeshABI"], path: "Tests/Core/Config"),
    tests("ObserveTests", of: ["MeshObserve"], path: "Tests/Core/Observe"),
    tests(
      "EventLoopTests", of: ["MeshEventLoop", "CLinux", "CMeshABI", "DeniedCalls", "TestSupport"],
      path: "Tests/Core/EventLoop"),
    tests(
      "PluginHostTests",
      of: ["MeshPluginHost", "MeshEventLoop", "CLinux", "CMeshABI", "AllocationCount", "Programs", "TestSupport"],
      path: "Tests/Core/PluginHost"),
    tests(
      "FileTransferTests",
      of: [
        "MeshFileTransfer", "MeshCopyService", "MeshControl", "MeshNode", "MeshMultiplexer", "MeshSession",
        "MeshTransportManager", "MeshCrypto", "MeshEventLoop", "MeshWire",
      ], path: "Tests/Core/FileTransfer"),
    tests(
      "NodeTests",
      of: [
        "MeshNode", "MeshPluginHost", "MeshConfig", "MeshObserve", "MeshMultiplexer", "MeshSession",
        "MeshTransportManager", "MeshEventLoop", "MeshCrypto", "MeshWire", "CLinux", "CMeshABI", "Programs",
        "TestSupport",
      ], path: "Tests/Core/Node"),
    tests(
      "ApplicationTests",
      of: [
        "MeshApplication", "MeshService", "MeshNode", "MeshControl", "MeshMultiplexer", "MeshSession", "MeshConfig",
        "MeshObserve", "MeshEventLoop", "MeshCrypto", "MeshTransportManager", "MeshWire", "CApplication", "CMeshABI",
        "AllocationCount", "Programs",
      ], path: "Tests/Core/Application"),
    tests(
      "MeshLibraryTests",
      of: ["MeshLibrary", "MeshApplication", "MeshControl", "CApplication", "CMeshABI", "TestSupport"],
      path: "Tests/Core/MeshLibrary"),
    tests("CommandLineTests", of: ["MeshCommandLine", "TestSupport"], path: "Tests/Core/CommandLine"),
    tests(
      "ControlTests", of: ["MeshControl", "MeshWire", "CMeshABI", "CLinux", "TestSupport"], path: "Tests/Core/Control"),
    tests(
      "MeshctlTests", of: ["MeshctlCommands", "MeshControl", "MeshCommandLine", "MeshCrypto", "MeshWire", "CLinux"],
      path: "Tests/Core/meshctl"),
    tests(
      "WebSocketTests",
      of: [
        "WebSocketCore", "TransportBytes", "TransportDriver", "TransportTLS", "WebSocketDriver", "WebSocketMiniHost",
        "CLinux", "CMeshABI", "TestSupport",
      ],
      path: "Tests/Plugins/WebSocket"),
    .target(
      name: "WebSocketMiniHost", dependencies: ["CMeshABI"], path: "Tests/Plugins/WebSocketMiniHost",
      swiftSettings: strict),
    .target(name: "CMeshABIConstants", dependencies: ["CMeshABI"], path: "Tests/ABI/Constants"),
    tests("ABITests", of: ["CMeshABI", "CMeshABIConstants"], path: "Tests/ABI/Swift"),
  ],
  cLanguageStandard: .c11
)
