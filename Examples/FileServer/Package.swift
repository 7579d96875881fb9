// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore")
}

func nio(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-nio")
}

// Encrypted logs as files over HTTP/1.1, with ranges. The store is ours, the server SwiftNIO's; neither knows the other.
let package = Package(
    name: "file-server",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(
            name: "FileServing",
            dependencies: [
                ours("Hypercore"), ours("CompactEncoding"), nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "FileServer",
            dependencies: [
                "FileServing", ours("Corestore"), ours("Hypercore"), ours("Crypto"), ours("CompactEncoding"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FileServingTests",
            dependencies: [
                "FileServing", ours("Corestore"), ours("Hypercore"), ours("StorageEngine"), ours("Crypto"),
                nio("NIOCore"),
                nio("NIOPosix"),
            ], swiftSettings: strict),
    ]
)
