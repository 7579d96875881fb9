// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that no user of swift-corestore resolves what only measuring needs.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func ours(_ product: String) -> Target.Dependency {
    .product(name: product, package: "swift-corestore")
}

let package = Package(
    name: "corestore-benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "corestore-bench", targets: ["corestore-bench"]),
        .library(name: "CopyCounter", type: .dynamic, targets: ["CCopyCounter"]),
        // For the benchmarks of other engines, in packages of their own.
        .library(name: "BenchHarness", targets: ["BenchHarness"]),
        .library(name: "BenchSubjects", targets: ["BenchSubjects"]),
    ],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // The floors call the C libraries themselves. The system modules of swift-corestore are no products of it, and
        // two of one name in one package graph are an error: hence names of our own.
        .systemLibrary(
            name: "CBenchLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(
            name: "CBenchSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),

        // Loaded into processes whose copies are counted, and into no others.
        .target(name: "CCopyCounter"),

        // What is measured and how: figures, clock, memory, statistics, reports. Knows neither side.
        .target(name: "BenchHarness", swiftSettings: strict),
        // The least that each figure must do, in bare calls. Imports nothing of swift-corestore.
        .target(
            name: "BenchFloors", dependencies: ["BenchHarness", "CBenchLMDB", "CBenchSodium"], swiftSettings: strict),
        // The same work, through the calls that users make.
        .target(
            name: "BenchSubjects",
            dependencies: [
                "BenchHarness", ours("Corestore"), ours("CorestoreNIO"), ours("Hypercore"), ours("HypercoreStorage"),
                ours("StorageEngine"), ours("StorageLMDB"), ours("Replication"), ours("SecretStream"), ours("Crypto"),
                ours("CompactEncoding"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "corestore-bench",
            dependencies: [
                "BenchHarness", "BenchFloors", "BenchSubjects",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),

        .testTarget(name: "BenchHarnessTests", dependencies: ["BenchHarness"], swiftSettings: strict),
        .testTarget(
            name: "BenchFloorsTests",
            dependencies: ["BenchFloors", "BenchHarness", ours("Crypto"), ours("CompactEncoding")],
            swiftSettings: strict),
        .testTarget(
            name: "BenchSubjectsTests", dependencies: ["BenchSubjects", "BenchFloors", "BenchHarness"],
            swiftSettings: strict),
    ]
)
