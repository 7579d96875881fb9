// swift-tools-version: 6.2
import PackageDescription

// Tests in which much happens at once, by themselves, for `scripts/sanitize`: to build all tests instrumented takes long, and
// these need nothing from the network. Their folders are links.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func ours(_ products: [String]) -> [Target.Dependency] {
    products.map { .product(name: $0, package: "swift-corestore") }
}

func tests(_ name: String, _ products: [String]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestSupport"] + ours(products), path: "\(name)Tests",
        swiftSettings: strict)
}

let package = Package(
    name: "corestore-sanitizing",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any; without what needs the network.
        .package(name: "swift-corestore", path: "../..", traits: [])
    ],
    targets: [
        .target(
            name: "TestSupport", dependencies: ours(["Manifest", "Crypto", "CompactEncoding"]), path: "TestSupport",
            swiftSettings: strict),
        tests("StorageEngine", ["StorageEngine", "StorageConformance"]),
        tests(
            "Corestore",
            [
                "Corestore", "Hypercore", "HypercoreStorage", "StorageEngine", "StorageLMDB", "SecretStream",
                "Manifest", "MerkleTree", "Crypto", "Zstandard", "CompactEncoding",
            ]),
    ]
)

// `scripts/sanitize --long`
if Context.environment["SANITIZE_LONG"] != nil {
    package.targets.append(
        tests(
            "Hypercore",
            [
                "Hypercore", "Bitfield", "HypercoreStorage", "Replication", "StorageEngine", "SecretStream", "Protomux",
                "Manifest", "MerkleTree", "Crypto", "CompactEncoding",
            ]))
}
