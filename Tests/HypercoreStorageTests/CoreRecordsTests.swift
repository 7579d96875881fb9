import CompactEncoding
import Crypto
import StorageEngine
import Testing

@testable import HypercoreStorage

@Suite(.timeLimit(.minutes(5))) struct CoreRecordsTests {
    @Test func `a new core has an identity and the head of an empty log`() async throws {
        let store = try TestDirectory()
        let alias = Alias(namespace: .zero, name: Array("name".utf8))
        let created = try await store.create(1, alias: alias)
        let (core, records) = try #require(try store.directory.open(Sample.key(1).discoveryKey))
        #expect(core.number == created.number)
        #expect(records.identity == CoreIdentity(key: Sample.key(1), alias: alias))
        #expect(records.head == HeadRecord() && records.trust == TrustRecord() && !records.isFrozen)
        #expect(records.presence == nil && records.group == nil && records.marks == nil)
        #expect(try store.directory.open(Sample.key(2).discoveryKey)?.core.number == nil)
    }

    @Test(arguments: [0, 1, 40]) func `each record is found, past any number of branches, and those of others are not`(
        branchCount: Int
    ) async throws {
        let store = try TestDirectory()
        try await store.create(1)
        let core = try await store.create(2)
        try await store.create(3)
        let written = try await store.writeEveryRecord(of: core, branchCount: branchCount)
        let records = try #require(try store.directory.open(Sample.key(2).discoveryKey)).records
        #expect(records.head == written.head && records.presence == written.presence)
        #expect(records.trust == written.trust && records.isFrozen)
        #expect(records.group == written.group && records.marks == written.marks)
        for neighbour in [1, 3] {
            let records = try #require(try store.directory.open(Sample.key(neighbour).discoveryKey)).records
            #expect(records.identity.key == Sample.key(neighbour) && records.head == HeadRecord())
            #expect(records.presence == nil && records.group == nil && records.marks == nil && !records.isFrozen)
        }
    }

    @Test(arguments: [.identity, .head, .presence, .trust, .conflict, .group, .marks] as [RecordKey.CoreRecord])
    func `a record that does not decode is damage`(kind: RecordKey.CoreRecord) async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        try await store.overwrite(Schema.cores, RecordKey.record(core.number, kind), with: [1, 2, 3])
        expectError(.damaged) { _ = try store.directory.open(Sample.key(1).discoveryKey) }
    }

    @Test(arguments: [.identity, .head] as [RecordKey.CoreRecord])
    func `a record that every core has is not missed in silence`(kind: RecordKey.CoreRecord) async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        try await store.create(2)
        var set = WriteSet()
        set.removeRecord(Schema.cores, RecordKey.record(core.number, kind))
        try await store.writer.commit(set)
        expectError(.damaged) { _ = try store.directory.open(Sample.key(1).discoveryKey) }
    }

    @Test func `a pointer that leads nowhere is damage, and a kind that is not known is passed over`() async throws {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let unknown = Array(RecordKey.record(core.number, .generations).dropLast()) + [7]
        try await store.overwrite(Schema.cores, unknown, with: [1, 2, 3])
        #expect(try store.directory.open(Sample.key(1).discoveryKey)?.records.head == HeadRecord())
        try await store.overwrite(Schema.cores, RecordKey.pointer(Sample.key(1).discoveryKey), with: [9, 0, 0, 0])
        expectError(.damaged) { _ = try store.directory.open(Sample.key(1).discoveryKey) }
    }
}

/// What was written of a core, of every kind of record.
private struct WrittenRecords {
    let head: HeadRecord
    let presence = PresenceRecord(revision: 3, baseLength: 5, contiguousLength: 2)
    let trust = TrustRecord(confirmedEpoch: 4, isOvertaken: true)
    let group = GroupRecord(topic: Sample.bytes32(9), timestamp: 77)
    let marks = MarkRecord(run: 6, length: 5)
}

extension TestDirectory {
    fileprivate func writeEveryRecord(of core: StoredCore, branchCount: Int) async throws -> WrittenRecords {
        let written = WrittenRecords(head: try Sample.head(length: 5))
        let conflict = ConflictRecord(
            fork: 0, length: 3, remotePublicKey: PublicKey(Sample.bytes32(8)), ours: [1], theirs: [2])
        let records: [(RecordKey.CoreRecord, [UInt8])] = [
            (.head, written.head.encoded()), (.presence, written.presence.encoded()),
            (.trust, written.trust.encoded()), (.conflict, conflict.encoded()), (.generations, [1, 0, 0, 0]),
            (.group, written.group.encoded()), (.marks, written.marks.encoded()),
        ]
        for (kind, record) in records {
            try await overwrite(Schema.cores, RecordKey.record(core.number, kind), with: record)
        }
        for number in 0..<branchCount {
            let key = RecordKey.branch(core.number, Array("branch \(number)".utf8))
            try await overwrite(Schema.cores, key, with: HeadRecord().encoded())
        }
        try await overwrite(Schema.cores, RecordKey.userData(core.number, [1]), with: [1])
        return written
    }
}
