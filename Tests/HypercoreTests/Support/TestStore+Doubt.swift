import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

extension TestStore {
    /// An engine that can be made to doubt what it holds.
    static func doubtfulEngine() -> FaultInjectingEngine { FaultInjectingEngine(MemoryEngine(tables: Schema.tables)) }

    /// The same store, opened again after something happened that makes the engine doubt what it holds.
    func reopened(doubting reason: HistoryDoubt, isTrusted: Bool = false) async throws -> TestStore {
        try #require(engine as? FaultInjectingEngine).raise(reason)
        let store = try await reopened()
        try await store.registry.directory.takeOverDoubt(isTrusted: isTrusted)
        return store
    }

    /// A store whose log has so many numbered blocks, opened again with a doubt.
    static func doubtful(_ reason: HistoryDoubt = .copied, length: Int) async throws -> TestStore {
        let store = try TestStore(doubtfulEngine())
        try await store.writable().append(contentsOf: numberedBlocks(0..<length))
        return try await store.reopened(doubting: reason)
    }
}

extension Hypercore {
    /// Expects that nothing can be appended or cut, for this reason.
    func expectStopped(_ stop: AppendingStop, sourceLocation: SourceLocation = #_sourceLocation) async {
        #expect(appendingStop == stop && !isWritable && holdsSigningKey, sourceLocation: sourceLocation)
        let (length, fork) = (length, fork)
        for attempt in [
            { try await self.append([1]) as Any }, { try await self.append(contentsOf: []) as Any },
            { try await self.truncate(to: 0) as Any },
        ] {
            let error = await expectError(.appendingStopped, sourceLocation: sourceLocation) { _ = try await attempt() }
            #expect(error?.message == stop.description, sourceLocation: sourceLocation)
        }
        #expect(self.length == length && self.fork == fork, sourceLocation: sourceLocation)
    }
}
