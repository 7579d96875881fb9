// swift-tools-version: 6.2
import PackageDescription

// swift-corestore and swift-crypto both have a product and a module called Crypto. A module alias tells them apart: here
// swift-crypto's is imported as `SwiftCrypto`, and ours keeps its name.
let package = Package(
    name: "BesideSwiftCrypto",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../..", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "BesideSwiftCrypto",
            dependencies: [
                .product(name: "Crypto", package: "swift-corestore"),
                .product(name: "Hypercore", package: "swift-corestore"),
                .product(name: "Crypto", package: "swift-crypto", moduleAliases: ["Crypto": "SwiftCrypto"]),
            ])
    ]
)
