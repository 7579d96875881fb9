// swift-tools-version: 6.2
import PackageDescription

/// A product of ours. swift-corestore and swift-crypto both have a module called Crypto, so ours gets another name in this
/// program: on every product of ours, for they all import it. swift-crypto keeps its name, also for others that use it.
func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore", moduleAliases: ["Crypto": "HypercoreCrypto"])
}

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
                ours("Crypto"), ours("Hypercore"), ours("CompactEncoding"),
                .product(name: "Crypto", package: "swift-crypto"),
            ])
    ]
)
