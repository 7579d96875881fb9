import StorageEngine
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite struct DoubtRecordTests {
    @Test(arguments: HistoryDoubt.allCases) func `a doubt reads back as it was written`(reason: HistoryDoubt) throws {
        var record = try DoubtRecord(reason, after: DoubtRecord(.copied, after: nil))
        #expect(try DoubtRecord(decoding: record.encoded()) == record)
        record.settle()
        #expect(try DoubtRecord(decoding: record.encoded()) == record)
    }

    @Test func `trust in a log reads back as it was written`() throws {
        for record in [TrustRecord(), TrustRecord(confirmedEpoch: .max), TrustRecord(isOvertaken: true)] {
            #expect(try TrustRecord(decoding: record.encoded()) == record)
        }
    }

    @Test func `what is cut off or has bytes past its end is damage`() throws {
        let (doubt, trust) = (try DoubtRecord(.uncleanStop, after: nil).encoded(), TrustRecord().encoded())
        for bytes in truncations(of: doubt) + [doubt + [0]] {
            expectError(.damaged) { _ = try DoubtRecord(decoding: bytes) }
        }
        for bytes in truncations(of: trust) + [trust + [0], Array(trust.dropLast()) + [2]] {
            expectError(.damaged) { _ = try TrustRecord(decoding: bytes) }
        }
    }

    @Test func `a later version, and a reason of one, are refused as such`() throws {
        let doubt = try DoubtRecord(.copied, after: nil).encoded()
        expectError(.unsupportedVersion) { _ = try DoubtRecord(decoding: [2] + doubt.dropFirst()) }
        expectError(.unsupportedVersion) { _ = try DoubtRecord(decoding: doubt.dropLast() + Array("x".utf8)) }
        expectError(.unsupportedVersion) { _ = try TrustRecord(decoding: [2] + TrustRecord().encoded().dropFirst()) }
    }

    @Test func `a doubt concerns the logs that were not confirmed since it arose, until it is settled for all`() throws
    {
        var record = try DoubtRecord(.copied, after: nil)
        for epoch in 1...4 as ClosedRange<UInt64> {
            #expect(record.epoch == epoch && record.isOpen)
            for confirmed in 0...4 as ClosedRange<UInt64> {
                #expect(record.concerns(confirmedEpoch: confirmed) == (confirmed < epoch))
            }
            var settled = record
            settled.settle()
            #expect(!settled.isOpen && !settled.concerns(confirmedEpoch: 0))
            record = try DoubtRecord(.uncleanStop, after: record)
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct DoubtTests {
    let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))

    @Test func `what the engine doubts is kept across reopening, and the engine need not say it again`() async throws {
        var store = try TestDirectory(engine)
        try await store.directory.takeOverDoubt()
        #expect(store.directory.doubt == nil)
        for (number, reason) in [HistoryDoubt.copied, .uncleanStop, .copied].enumerated() {
            engine.raise(reason)
            store = try await store.reopened()
            try await store.directory.takeOverDoubt()
            #expect(engine.historyDoubt == nil)
            for _ in 0..<2 {
                #expect(store.directory.doubt?.reason == reason)
                #expect(store.directory.doubt?.epoch == UInt64(number + 1))
                store = try await store.reopened()
                try await store.directory.takeOverDoubt()
            }
        }
    }

    @Test func `a crash between keeping the doubt and settling it repeats it`() async throws {
        engine.raise(.uncleanStop)
        let store = try TestDirectory(engine)
        // The first sync brings the record to the disk, the second one is the engine's own.
        engine.inject(.init(.sync, ordinal: 2))
        await #expect(throws: StorageError.self) { try await store.directory.takeOverDoubt() }
        #expect(engine.historyDoubt == .uncleanStop)
        let again = try await store.reopened()
        #expect(again.directory.doubt?.epoch == 1)
        try await again.directory.takeOverDoubt()
        #expect(engine.historyDoubt == nil)
        #expect(again.directory.doubt?.epoch == 2)
    }

    @Test(arguments: [FaultInjectingEngine.Operation.commit, .sync])
    func `a doubt that cannot be kept is not settled`(operation: FaultInjectingEngine.Operation) async throws {
        let store = try TestDirectory(engine)
        try await store.create(1)
        engine.raise(.copied)
        engine.inject(.init(operation))
        await #expect(throws: StorageError.self) { try await store.directory.takeOverDoubt() }
        #expect(engine.historyDoubt == .copied)
    }

    @Test func `a user who trusts the store settles its doubts, but not the next one`() async throws {
        engine.raise(.copied)
        var store = try TestDirectory(engine)
        try await store.directory.takeOverDoubt(isTrusted: true)
        #expect(store.directory.doubt == nil && engine.historyDoubt == nil)
        engine.raise(.copied)
        store = try await store.reopened()
        try await store.directory.takeOverDoubt()
        #expect(store.directory.doubt != nil)
        try await store.directory.settleDoubt(with: store.writer)
        #expect(store.directory.doubt == nil)
        store = try await store.reopened()
        try await store.directory.takeOverDoubt()
        #expect(store.directory.doubt == nil)
        engine.raise(.uncleanStop)
        try await store.directory.takeOverDoubt()
        #expect(store.directory.doubt?.reason == .uncleanStop)
    }

    @Test func `a store that is only read settles nothing`() async throws {
        _ = try await TestDirectory(engine).reopened()
        engine.raise(.copied)
        let commits = engine.count(of: .commit)
        try await CoreDirectory(engine: engine, writer: nil).takeOverDoubt(isTrusted: true)
        #expect(engine.historyDoubt == .copied && engine.count(of: .commit) == commits)
    }

    @Test func `making a core writes as much in a doubtful store as in any other`() async throws {
        var store = try TestDirectory(engine)
        try await store.create(1)
        var counts = [engine.count(of: .write)]
        try await store.create(2)
        counts.append(engine.count(of: .write))
        engine.raise(.copied)
        store = try await store.reopened()
        try await store.directory.takeOverDoubt()
        let before = engine.count(of: .write)
        try await store.create(3)
        #expect(engine.count(of: .write) - before == counts[1] - counts[0])
    }

    @Test func `trust in a log is stored beside it, and not beside one that is gone`() async throws {
        let store = try TestDirectory(engine)
        let core = try await store.create(1)
        #expect(try core.trust() == TrustRecord())
        let record = TrustRecord(confirmedEpoch: 7, isOvertaken: true)
        try await store.writer.commit(core.writeSet(changingTrustTo: record))
        #expect(try core.trust() == record)
        let missing = StoredCore(number: CoreNumber(99), engine: engine)
        let error = await #expect(throws: StorageError.self) {
            try await store.writer.commit(missing.writeSet(changingTrustTo: record))
        }
        #expect(error?.code == .conflict)
    }
}

extension DoubtRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension TrustRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}
