import Crypto
import StorageEngine
import Testing

@testable import HypercoreStorage

@Suite struct UnreadableBlockTests {
    @Test func `a block that the engine cannot read is damage, named by core and block`() async throws {
        let (unreadable, key, spans) = try await core(withUnreadable: Schema.blocks)
        let error = #expect(throws: StorageRecordError.self) { _ = try unreadable.block(7, spans: spans) }
        #expect(error?.code == .damaged)
        #expect(error?.message == "block 7 of core \(key): the value does not decompress")
        #expect(throws: StorageRecordError.self) { try unreadable.withBlock(7, spans: spans) { _ in } }
    }

    @Test func `without its key, a core is named by its number`() async throws {
        let (unreadable, _, spans) = try await core(withUnreadable: Schema.blocks, removingIdentity: true)
        let error = #expect(throws: StorageRecordError.self) { _ = try unreadable.block(7, spans: spans) }
        #expect(error?.message == "block 7 of core number \(unreadable.number.value): the value does not decompress")
    }

    @Test func `what the caller throws goes through as it is`() async throws {
        let (readable, _, spans) = try await core(withUnreadable: Schema.bitfield)
        let error = #expect(throws: StorageError.self) {
            try readable.withBlock(7, spans: spans) { _ in throw StorageError(.corrupt, "the caller's") }
        }
        #expect(error?.message == "the caller's")
    }

    /// A core of ten blocks, read through an engine that cannot read one table.
    private func core(
        withUnreadable table: Table, removingIdentity removesIdentity: Bool = false
    ) async throws -> (StoredCore, CoreKey, Spans) {
        let store = try TestDirectory()
        let core = try await store.create(1)
        let (head, _) = try await store.append(Sample.blocks(10), to: core)
        if removesIdentity {
            var set = WriteSet()
            set.removeRecord(Schema.cores, RecordKey.record(core.number, .identity))
            try await store.writer.commit(set)
        }
        let engine = EngineWithUnreadableValues(store.engine, table)
        return (StoredCore(number: core.number, engine: engine), Sample.key(1), head.spans)
    }
}
