import CompactEncoding
import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite(.timeLimit(.minutes(5))) struct CoreDirectoryTests {
    @Test func `a core that was created is found, and is who it was said to be`() async throws {
        let store = try TestDirectory()
        let alias = Alias(namespace: Sample.bytes32(1), name: Array("name".utf8))
        let created = try await store.create(7, alias: alias)
        let found = try #require(try store.directory.find(Sample.key(7).discoveryKey))
        #expect(found.number == created.number)
        #expect(try store.directory.identity(of: found).key == Sample.key(7))
        #expect(try store.directory.identity(of: found).alias == alias)
        #expect(try found.head() == HeadRecord())
        #expect(try found.presence() == nil)
        #expect(try store.directory.resolve(alias) == Sample.key(7).discoveryKey)
    }

    @Test func `what was not created is not found`() async throws {
        let store = try TestDirectory()
        try await store.create(1, alias: Alias(namespace: .zero, name: [1]))
        #expect(try store.directory.find(Sample.key(2).discoveryKey) == nil)
        #expect(try store.directory.resolve(Alias(namespace: .zero, name: [2])) == nil)
        #expect(try store.directory.resolve(Alias(namespace: Sample.bytes32(1), name: [1])) == nil)
    }

    @Test func `a core is created once: the second time ends with a conflict and changes nothing`() async throws {
        let store = try TestDirectory()
        let first = try await store.create(1)
        let (_, ticket) = try store.directory.create(
            CoreIdentity(key: Sample.key(1), alias: Alias(namespace: .zero, name: [9])), with: store.writer)
        let error = await #expect(throws: StorageError.self) { try await store.writer.commit(ticket) }
        #expect(error?.code == .conflict)
        #expect(try store.directory.find(Sample.key(1).discoveryKey)?.number == first.number)
        #expect(try store.directory.resolve(Alias(namespace: .zero, name: [9])) == nil)
        try await store.create(2)
    }

    @Test func `of two creations in one group the first one wins`() async throws {
        let store = try TestDirectory()
        let tickets = try (0..<2).map { _ in
            try store.directory.create(CoreIdentity(key: Sample.key(1)), with: store.writer).1
        }
        try await store.writer.commit(tickets[0])
        let error = await #expect(throws: StorageError.self) { try await store.writer.commit(tickets[1]) }
        #expect(error?.code == .conflict)
    }

    @Test func `core numbers are given out once, also across reopening`() async throws {
        var store = try TestDirectory()
        var numbers: [UInt32] = []
        for round in 0..<4 {
            for index in 0..<5 { numbers.append(try await store.create(round * 5 + index).number.value) }
            store = try await store.reopened()
        }
        #expect(numbers == Array(0..<20))
    }

    @Test func `a number that a failed creation took is not given to two cores`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        var store = try TestDirectory(engine)
        try await store.create(0)
        engine.inject(.init(.commit))
        await #expect(throws: StorageError.self) { try await store.create(1) }
        let second = try await store.create(2)
        store = try await store.reopened()
        let third = try await store.create(3)
        let found = try #require(try store.directory.find(Sample.key(2).discoveryKey))
        #expect(found.number == second.number && third.number != second.number)
    }

    @Test func `a read-only directory finds what is there, and has nothing to write with`() async throws {
        let store = try TestDirectory()
        try await store.create(1)
        let readOnly = try CoreDirectory(engine: store.engine, writer: nil)
        #expect(try readOnly.find(Sample.key(1).discoveryKey) != nil)
        #expect(readOnly.writer == nil)
    }

    @Test func `a store of a later layout is refused, and left as it is`() async throws {
        let store = try TestDirectory()
        try await store.create(1)
        var set = WriteSet()
        set.put(Schema.store, RecordKey.format, number: Schema.version + 1)
        try await store.writer.commit(set)
        expectError(.unsupportedVersion) { _ = try CoreDirectory(engine: store.engine, writer: store.writer) }
        let format = try store.engine.read { try $0.number(Schema.store, RecordKey.format) }
        #expect(format == Schema.version + 1)
    }
}

// MARK: - Lists

@Suite(.timeLimit(.minutes(5))) struct CoreListingTests {
    @Test func `an empty store has an empty list`() throws {
        let store = try TestDirectory()
        #expect(try store.directory.list(limit: 10) == [])
        #expect(try store.named(in: .zero) == [])
    }

    @Test(arguments: [1, 2, 3, 7, 20, 21, 100]) func `pages of any size make the whole list, each core once`(
        limit: Int
    ) async throws {
        let store = try TestDirectory()
        for number in 0..<20 { try await store.create(number) }
        var (listed, last) = ([DiscoveryKey](), DiscoveryKey?.none)
        while true {
            let page = try store.directory.list(after: last, limit: limit)
            #expect(page.count <= limit)
            listed += page
            last = page.last
            if page.count < limit { break }
        }
        #expect(listed == (0..<20).map { Sample.key($0).discoveryKey }.sorted())
    }

    @Test func `a namespace lists its named cores in the order of their names`() async throws {
        let store = try TestDirectory()
        let namespace = Sample.bytes32(500)
        for (number, name) in ["b", "a", "", "ba", "c"].enumerated() {
            try await store.create(number, alias: Alias(namespace: namespace, name: Array(name.utf8)))
        }
        try await store.create(10, alias: Alias(namespace: .zero, name: Array("a".utf8)))
        try await store.create(11)
        #expect(
            try store.named(in: namespace) == [2, 1, 0, 3, 4].map { Sample.key($0).discoveryKey })
        #expect(try store.named(in: .zero) == [Sample.key(10).discoveryKey])
        #expect(try store.directory.list(limit: 100).count == 7)
    }
}

// MARK: - Damage

@Suite(.timeLimit(.minutes(5))) struct DamagedDirectoryTests {
    private let alias = Alias(namespace: .zero, name: Array("name".utf8))

    @Test(arguments: [0, 1, 31, 33]) func `an alias that leads to no discovery key is damage, not a free name`(
        byteCount: Int
    ) async throws {
        let store = try TestDirectory()
        try await store.create(1, alias: alias)
        try await store.overwrite(
            Schema.store, RecordKey.alias(alias), with: Array(repeating: 1, count: byteCount))
        expectError(.damaged) { _ = try store.directory.resolve(alias) }
        expectError(.damaged) { _ = try store.named(in: .zero) }
    }

    @Test(arguments: [0, 31, 33]) func `a primary key of another length is damage, not a new store`(
        byteCount: Int
    ) async throws {
        let store = try TestDirectory()
        try await store.overwrite(Schema.store, RecordKey.primaryKey, with: Array(repeating: 1, count: byteCount))
        expectError(.damaged) { _ = try store.directory.primaryKey() }
    }

    @Test func `a pointer that does not decode, or leads nowhere, is damage`() async throws {
        let store = try TestDirectory()
        let key = Sample.key(1).discoveryKey
        try await store.create(1)
        try await store.overwrite(Schema.cores, RecordKey.pointer(key), with: [1])
        expectError(.damaged) { _ = try store.directory.find(key) }
        try await store.overwrite(Schema.cores, RecordKey.pointer(key), with: [9, 0, 0, 0])
        let core = try #require(try store.directory.find(key))
        expectError(.damaged) { _ = try store.directory.identity(of: core) }
        expectError(.damaged) { _ = try core.head() }
    }

    @Test func `records and pages that do not decode are damage, and the other cores are not`() async throws {
        let store = try TestDirectory()
        let (damaged, whole) = (try await store.create(1), try await store.create(2))
        for kind in [.identity, .head, .presence] as [RecordKey.CoreRecord] {
            try await store.overwrite(Schema.cores, RecordKey.record(damaged.number, kind), with: [1, 2, 3])
        }
        try await store.overwrite(Schema.bitfield, LogKey(damaged.number, page: 0), with: [1, 2, 3])
        try await store.overwrite(Schema.tree, LogKey(damaged.number, .first, index: 0), with: [0, 1])
        expectError(.damaged) { _ = try store.directory.identity(of: damaged) }
        expectError(.damaged) { _ = try damaged.head() }
        expectError(.damaged) { _ = try damaged.presence() }
        expectError(.damaged) { _ = try damaged.bitfieldPages.page(at: 0) }
        expectError(.damaged) { _ = try damaged.tree(spans: Spans()).node(at: 0) }
        #expect(try store.directory.identity(of: whole).key == Sample.key(2))
        #expect(try whole.head() == HeadRecord())
    }
}

// MARK: - The primary key

@Suite(.timeLimit(.minutes(5))) struct PrimaryKeyTests {
    @Test func `the primary key is set once and kept`() async throws {
        var store = try TestDirectory()
        #expect(try store.directory.primaryKey() == nil)
        try await store.directory.setPrimaryKey(try guarded(1), with: store.writer)
        #expect(try store.directory.primaryKey() == Sample.bytes32(1))
        let error = await #expect(throws: StorageError.self) {
            try await store.directory.setPrimaryKey(try guarded(2), with: store.writer)
        }
        #expect(error?.code == .conflict)
        store = try await store.reopened()
        #expect(try store.directory.primaryKey() == Sample.bytes32(1))
    }

    private func guarded(_ number: Int) throws -> GuardedBytes {
        try GuardedBytes(count: 32) { target in
            Sample.bytes32(number).withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }
}
