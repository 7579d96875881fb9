// swift-tools-version: 6.2
import PackageDescription

func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore")
}

// A chat over TCP: everybody has a store and a log of their own. `try` tries it with processes.
let package = Package(
    name: "chat",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "Chat",
            dependencies: [
                ours("CorestoreNIO"), ours("Corestore"), ours("Hypercore"), ours("Crypto"), ours("CompactEncoding"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("ExistentialAny"),
            ])
    ]
)
