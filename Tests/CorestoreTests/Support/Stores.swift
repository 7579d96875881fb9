import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine
import Testing

extension Corestore {
    /// A store that need not last.
    static func inMemory(_ configure: (inout CorestoreOptions) -> Void = { _ in }) async throws -> Corestore {
        var options = CorestoreOptions(durability: .relaxed)
        configure(&options)
        return try await open(MemoryEngine(tables: Schema.tables), options: options)
    }

    /// Everything that the store lists.
    func listed(_ namespace: Corestore? = nil) async throws -> [DiscoveryKey] {
        var keys: [DiscoveryKey] = []
        for try await key in list(namespace: namespace?.namespace) { keys.append(key) }
        return keys
    }
}

/// Expects `body` to throw a ``CorestoreError`` with this code.
@discardableResult
func expectError(
    _ code: CorestoreError.Code, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> CorestoreError? {
    let error = await #expect(throws: CorestoreError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(
        words.isEmpty || error?.message.contains(words) == true, "\(String(describing: error))",
        sourceLocation: sourceLocation)
    return error
}

/// Returns when `condition` holds, which other tasks see to. The time limit of the suite ends a wait that is in vain.
func until(_ condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
