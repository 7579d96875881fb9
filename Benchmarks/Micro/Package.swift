// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the other benchmarks do not build what only these need.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore")
}

let package = Package(
    name: "corestore-micro-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any. With its default traits, so that this
        // can share what the other benchmarks have built.
        .package(name: "swift-corestore", path: "../.."),
        // Without its traits, which intercept allocations: they take libraries of their own, and time.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Primitives",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                ours("CompactEncoding"), ours("Crypto"), ours("MerkleTree"), ours("Replication"), ours("StorageEngine"),
                ours("StorageLMDB"),
            ],
            path: "Benchmarks/Primitives", swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
