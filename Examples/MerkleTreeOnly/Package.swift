// swift-tools-version: 6.2
import PackageDescription

// A consumer of one module: with `traits: []` it resolves no package but swift-corestore itself. `scripts/test` checks it.
let package = Package(
    name: "MerkleTreeOnly",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../..", traits: [])
    ],
    targets: [
        .executableTarget(
            name: "MerkleTreeOnly",
            dependencies: [
                .product(name: "MerkleTree", package: "swift-corestore"),
                .product(name: "Crypto", package: "swift-corestore"),
            ])
    ]
)
