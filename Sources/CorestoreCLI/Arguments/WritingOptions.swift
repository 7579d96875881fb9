import ArgumentParser
import Corestore
import Hypercore
import StorageEngine

/// How safe what is written is; an option of every command that writes to a store.
struct DurabilityOption: ParsableArguments {
    private enum Choice: String, ExpressibleByArgument, CaseIterable {
        case full, relaxed
    }

    @Option(
        name: .customLong("durability"),
        help: "What is written survives a power cut (full), or only the end of this program (relaxed), which is faster."
    )
    private var choice = Choice.full

    var durability: Durability {
        switch choice {
        case .full: .full
        case .relaxed: .relaxed
        }
    }
}

/// How a command stores blocks.
struct StoringOptions: ParsableArguments {
    @OptionGroup var durability: DurabilityOption

    @Option(
        help: ArgumentHelp(
            "Compress blocks as they are stored: none, zstd, or zstd:1 (fastest) to zstd:19 (smallest).",
            valueName: "kind"),
        completion: .list(["none", "zstd", "zstd:1", "zstd:9", "zstd:19"]))
    var compression = CompressionArgument.none

    /// How to open a store to which only peers add.
    var mirrorOptions: CorestoreOptions {
        CorestoreOptions(
            durability: durability.durability, isWritable: false, compression: compression.compression)
    }
}

/// The options of a command that adds blocks to a store.
struct WritingOptions: ParsableArguments {
    @OptionGroup var storing: StoringOptions

    @Flag(
        help: """
            Say that nothing is missing from this store, and that its cores are appended to nowhere else: for a store \
            that was copied, moved, restored or broken off.
            """)
    var trustHistory = false

    /// How to open the store.
    var storeOptions: CorestoreOptions {
        CorestoreOptions(
            durability: storing.durability.durability, compression: storing.compression.compression,
            trustsHistory: trustHistory)
    }

    /// Opens the core of `name` to append to it, and makes it where there is none.
    func openCore(_ name: String, _ encryption: EncryptionOption, in store: Corestore) async throws -> Hypercore {
        let core = try await store.get(name: name, options: SessionOptions(encryption: encryption.encryption()))
        // Opening the store settled its doubts, but not what a peer has shown of this core.
        if trustHistory { try await core.trustHistory() }
        return core
    }
}

/// A compression on the command line: none, zstd or zstd:LEVEL.
struct CompressionArgument: ExpressibleByArgument, Equatable {
    static let none = CompressionArgument(compression: .none)
    /// What a store takes.
    private static let levels = 1...19

    let compression: BlockCompression

    private init(compression: BlockCompression) {
        self.compression = compression
    }

    init?(argument: String) {
        let prefix = "zstd:"
        switch argument {
        case "none": compression = .none
        case "zstd": compression = .zstd()
        case _ where argument.hasPrefix(prefix):
            guard let level = Int(argument.dropFirst(prefix.count)), Self.levels.contains(level) else { return nil }
            compression = .zstd(level: level)
        default: return nil
        }
    }

    var defaultValueDescription: String {
        switch compression {
        case .none: "none"
        case .zstd(let level): "zstd:\(level)"
        }
    }
}
