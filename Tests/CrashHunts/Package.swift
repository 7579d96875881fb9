// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that no user of swift-corestore builds what only hunting for lost data needs.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func ours(_ products: String...) -> [Target.Dependency] {
    products.map { .product(name: $0, package: "swift-corestore") }
}

let package = Package(
    name: "corestore-crash-hunts",
    platforms: [.macOS(.v15)],
    products: [
        // Preloaded into the processes under test; see Shim/include/HuntShim.h.
        .library(name: "HuntShim", type: .dynamic, targets: ["HuntShim"])
    ],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any; without what needs the network.
        .package(name: "swift-corestore", path: "../..", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Records, stops and fails the file calls of the process that it is preloaded into.
        .target(name: "HuntShim", path: "Shim", linkerSettings: [.linkedLibrary("dl")]),

        // What the writer does, and how it tells of it.
        .target(
            name: "HuntWorkload",
            dependencies: ours(
                "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "Crypto", "CompactEncoding"),
            swiftSettings: strict),
        // What must be true of a store afterwards.
        .target(
            name: "HuntAudit",
            dependencies: ["HuntWorkload"]
                + ours(
                    "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "StorageLMDB", "Manifest",
                    "MerkleTree", "Crypto", "CompactEncoding"),
            swiftSettings: strict),
        // What a disk may hold after a power cut. Knows neither stores nor LMDB's pages but for the first two.
        .target(name: "HuntDisk", dependencies: ["HuntWorkload"], swiftSettings: strict),

        .executableTarget(
            name: "crash-writer",
            dependencies: [
                "HuntWorkload", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "corestore-hunt",
            dependencies: [
                "HuntWorkload", "HuntAudit", "HuntDisk",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + ours("Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "StorageLMDB"),
            swiftSettings: strict),

        .testTarget(
            name: "CrashHuntsTests",
            dependencies: ["HuntWorkload", "HuntAudit", "HuntDisk"]
                + ours(
                    "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine"
                ),
            path: "Tests", swiftSettings: strict),
    ]
)
