// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because it takes RocksDB, which the other benchmarks do not. With the same settings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "corestore-backends",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../.."),
        .package(name: "corestore-benchmarks", path: ".."),
        .package(name: "storage-rocksdb", path: "../../Examples/StorageRocksDB"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "compare-backends",
            dependencies: [
                .product(name: "BenchHarness", package: "corestore-benchmarks"),
                .product(name: "BenchSubjects", package: "corestore-benchmarks"),
                .product(name: "StorageRocksDB", package: "storage-rocksdb"),
                .product(name: "StorageLMDB", package: "swift-corestore"),
                .product(name: "StorageEngine", package: "swift-corestore"),
                .product(name: "HypercoreStorage", package: "swift-corestore"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict)
    ]
)
