// swift-tools-version: 6.2
import PackageDescription

/// A product of ours. swift-corestore and swift-crypto both have a module called Crypto, so ours gets another name in this
/// program, and swift-crypto keeps its own, also for others that use it. To be said of products that have the module in
/// them: said of `CompactEncoding`, which has not, it confuses the package manager of Swift 6.3.
func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore", moduleAliases: ["Crypto": "HypercoreCrypto"])
}

let package = Package(
    name: "BesideSwiftCrypto",
    platforms: [.macOS(.v15)],
    dependencies: [
        // A link to "../..", for aliases are looked up by what a package is called, which is its folder, and a clone may
        // have any.
        .package(path: "swift-corestore", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "BesideSwiftCrypto",
            dependencies: [
                ours("Crypto"), ours("Hypercore"),
                .product(name: "Crypto", package: "swift-crypto"),
            ])
    ]
)
