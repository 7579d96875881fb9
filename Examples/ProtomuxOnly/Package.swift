// swift-tools-version: 6.2
import PackageDescription

// A consumer of the multiplexer alone, over whatever stream it has: with `traits: []` it resolves no package but
// swift-corestore itself. `scripts/test` checks it.
let package = Package(
    name: "ProtomuxOnly",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../..", traits: [])
    ],
    targets: [
        .executableTarget(
            name: "ProtomuxOnly",
            dependencies: [.product(name: "Protomux", package: "swift-corestore")])
    ]
)
