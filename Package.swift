// swift-tools-version: 6.2
import PackageDescription

// Every target is written in Swift 6 mode with the upcoming features below; see STYLE in CONTRIBUTING.md.
// `Lifetimes` names the lifetime of the borrowed readers in CompactEncoding and StorageEngine (SE-0456 spans).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

/// A product of an outer package, present only while `trait` is on: a consumer with `traits: []` resolves nothing.
func outer(_ name: String, _ package: String, trait: String = "NIO") -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: [trait]))
}

let libraries = [
    "CompactEncoding", "Crypto", "Zstandard", "StorageEngine", "StorageConformance", "Bitfield", "StorageLMDB",
    "MerkleTree",
    "SecretStream", "Protomux", "Manifest", "HypercoreStorage", "Replication", "Hypercore", "Corestore",
    "CorestoreNIO",
]

let package = Package(
    name: "swift-corestore",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: libraries.map { .library(name: $0, targets: [$0]) } + [
        .executable(name: "corestore", targets: ["CorestoreCLI"])
    ],
    traits: [
        .trait(name: "NIO", description: "CorestoreNIO: the TCP transport on SwiftNIO, as a service."),
        .trait(
            name: "CommandLine", description: "The `corestore` command.", enabledTraits: ["NIO"]),
        .default(enabledTraits: ["NIO", "CommandLine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Floor 0: the C libraries, and the wire primitives.
        system("CCorestoreLMDB", pkgConfig: "lmdb", apt: "liblmdb-dev", brew: "lmdb"),
        system("CCorestoreSodium", pkgConfig: "libsodium", apt: "libsodium-dev", brew: "libsodium"),
        system("CCorestoreZstd", pkgConfig: "libzstd", apt: "libzstd-dev", brew: "zstd"),
        module("CompactEncoding"),

        // Floor 1: hashes and keys; compression; what a storage backend is; bitfields.
        module("Crypto", ["CompactEncoding", "CCorestoreSodium"]),
        module("Zstandard", ["CCorestoreZstd"]),
        module("StorageEngine"),
        module("StorageConformance", ["StorageEngine"]),
        module("Bitfield"),

        // Floor 2: one concern each, none knows the others.
        module("StorageLMDB", ["StorageEngine", "Zstandard", "CCorestoreLMDB"]),
        module("MerkleTree", ["Crypto", "CompactEncoding"]),
        module("SecretStream", ["Crypto", "CompactEncoding", "CCorestoreSodium"]),
        module("Protomux", ["CompactEncoding"]),

        // Floors 3 and 4: who may sign; what is persisted; the replication protocol.
        module("Manifest", ["MerkleTree", "Crypto", "CompactEncoding"]),
        module(
            "HypercoreStorage",
            ["StorageEngine", "Bitfield", "Manifest", "MerkleTree", "Crypto", "CompactEncoding"]),
        module("Replication", ["Bitfield", "Manifest", "MerkleTree", "Crypto", "CompactEncoding"]),

        // Floors 5 and 6: the log, and the store of many.
        module(
            "Hypercore",
            [
                "HypercoreStorage", "Replication", "StorageEngine", "SecretStream", "Protomux", "Bitfield",
                "Manifest", "MerkleTree", "Crypto", "Zstandard", "CompactEncoding", "CCorestoreSodium",
            ]),
        module(
            "Corestore",
            [
                "Hypercore", "HypercoreStorage", "Replication", "StorageEngine", "StorageLMDB", "SecretStream",
                "Protomux",
                "Manifest", "Crypto", "Zstandard", "CompactEncoding",
            ]),

        // Floors 7 and 8: the transport, and the command line.
        module(
            "CorestoreNIO",
            [
                "Corestore", "Hypercore", "SecretStream", "Crypto",
                outer("NIOCore", "swift-nio"), outer("NIOPosix", "swift-nio"),
                outer("Logging", "swift-log"), outer("Metrics", "swift-metrics"),
                outer("ServiceLifecycle", "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "CorestoreCLI",
            dependencies: [
                "CorestoreNIO", "Corestore", "Hypercore", "Replication", "Crypto", "CompactEncoding", "StorageEngine",
                outer("ArgumentParser", "swift-argument-parser", trait: "CommandLine"),
                outer("UnixSignals", "swift-service-lifecycle"), outer("Logging", "swift-log"),
            ], swiftSettings: strict),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["Manifest", "Crypto", "CompactEncoding"], path: "Tests/TestSupport",
            swiftSettings: strict),
        // Whole stores over a simulated network: a few runs among the tests, thousands by `scripts/hunt`.
        .target(
            name: "Simulation",
            dependencies: [
                "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "Replication", "SecretStream",
                "Protomux",
                "MerkleTree", "Crypto", "CompactEncoding", "TestSupport",
            ], path: "Tests/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate", swiftSettings: strict),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation"], swiftSettings: strict),
        tests("CompactEncoding", ["CompactEncoding"]),
        tests("Crypto", ["Crypto", "CompactEncoding"]),
        tests("Zstandard", ["Zstandard"]),
        tests("StorageEngine", ["StorageEngine", "StorageConformance"]),
        tests("Bitfield", ["Bitfield"]),
        tests("StorageLMDB", ["StorageLMDB", "StorageEngine", "StorageConformance", "CCorestoreLMDB"]),
        tests("MerkleTree", ["MerkleTree", "Manifest", "Replication", "Crypto", "CompactEncoding"]),
        tests("SecretStream", ["SecretStream", "Crypto", "CompactEncoding", "CCorestoreSodium"]),
        tests("Protomux", ["Protomux", "CompactEncoding"]),
        tests("Manifest", ["Manifest", "MerkleTree", "Crypto", "CompactEncoding"]),
        tests(
            "HypercoreStorage",
            ["HypercoreStorage", "StorageEngine", "Bitfield", "Manifest", "MerkleTree", "Crypto", "CompactEncoding"]),
        tests(
            "Replication", ["Replication", "Bitfield", "Manifest", "MerkleTree", "Crypto", "CompactEncoding"]),
        tests(
            "Hypercore",
            [
                "Hypercore", "Bitfield", "HypercoreStorage", "Replication", "StorageEngine", "SecretStream", "Protomux",
                "Manifest", "MerkleTree", "Crypto", "CompactEncoding",
            ]),
        tests(
            "Corestore",
            [
                "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "StorageLMDB", "SecretStream",
                "Manifest", "MerkleTree", "Crypto", "Zstandard", "CompactEncoding",
            ]),
        tests(
            "CorestoreNIO",
            [
                "CorestoreNIO", "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "SecretStream", "Crypto",
                "CompactEncoding",
                outer("NIOCore", "swift-nio"), outer("NIOPosix", "swift-nio"),
                outer("Logging", "swift-log"), outer("Metrics", "swift-metrics"),
                outer("ServiceLifecycle", "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "CorestoreCLITests",
            dependencies: ["CorestoreCLI", "Corestore", "Hypercore", "Crypto", "TestSupport"], swiftSettings: strict),
    ]
)
