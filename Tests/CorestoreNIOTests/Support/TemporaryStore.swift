import Corestore
import Foundation
import Hypercore
import StorageEngine

/// Opens a store in a directory of its own for as long as `body` runs. It need not survive a power cut.
func withStore<Result>(
    _ options: CorestoreOptions = CorestoreOptions(durability: .relaxed), _ body: (Corestore) async throws -> Result
) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "corestore-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    let store = try await Corestore.open(at: directory.path, options: options)
    let result: Result
    do {
        result = try await body(store)
    } catch {
        try? await store.close()
        throw error
    }
    try await store.close()
    return result
}

/// Opens one store to serve from and one to copy into.
func withTwoStores<Result>(_ body: (Corestore, Corestore) async throws -> Result) async throws -> Result {
    try await withStore { origin in
        try await withStore { copy in
            try await body(origin, copy)
        }
    }
}

extension Hypercore {
    /// All blocks, which are expected to be stored here; a block that is not is `nil`.
    func storedBlocks() throws -> [[UInt8]?] {
        try (0..<length).map { try read($0) }
    }
}
