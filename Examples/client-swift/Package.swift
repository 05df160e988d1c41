// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Five small applications on libmesh.
import PackageDescription

let example: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func program(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["Shared", .product(name: "Mesh", package: "swift")], swiftSettings: example)
}

let package = Package(
  name: "client-swift",
  dependencies: [.package(path: "../../CInterop/swift")],
  targets: [
    .target(name: "Shared", dependencies: [.product(name: "Mesh", package: "swift")], swiftSettings: example),
    program("identity"), program("echo"), program("request"), program("file"), program("failover"),
  ]
)
