// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// libmesh for Swift applications. `pkg-config mesh` finds the library; without it give -Xcc -I… -Xlinker -L….
import PackageDescription

let package = Package(
  name: "mesh-client",
  products: [.library(name: "Mesh", targets: ["Mesh"])],
  targets: [
    .systemLibrary(name: "CMesh", pkgConfig: "mesh", providers: [.apt(["libmesh-dev"])]),
    .target(
      name: "Mesh", dependencies: ["CMesh"],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"), .enableExperimentalFeature("Lifetimes"),
      ]),
    .testTarget(name: "MeshTests", dependencies: ["Mesh", "CMesh"]),
  ]
)
