// swift-tools-version: 6.2
import PackageDescription

// A storage backend that lives outside swift-corestore, as anybody's would: it knows the protocols of `StorageEngine` and
// nothing else. With the same settings as the root package; `traits: []` keeps what only the transport needs out.
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
    name: "storage-rocksdb",
    platforms: [.macOS(.v15)],
    products: [.library(name: "StorageRocksDB", targets: ["StorageRocksDB"])],
    dependencies: [
        // Named, because a bare path is called after its folder, and a clone may have any.
        .package(name: "swift-corestore", path: "../..", traits: [])
    ],
    targets: [
        .systemLibrary(
            name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"]), .brew(["rocksdb"])]),
        .target(
            name: "StorageRocksDB", dependencies: ["CRocksDB", ours("StorageEngine")], swiftSettings: strict),
        .testTarget(
            name: "StorageRocksDBTests",
            dependencies: [
                "StorageRocksDB", "CRocksDB", ours("StorageEngine"), ours("StorageConformance"), ours("Corestore"),
                ours("Hypercore"), ours("HypercoreStorage"), ours("SecretStream"), ours("Crypto"),
            ], swiftSettings: strict),
    ]
)
