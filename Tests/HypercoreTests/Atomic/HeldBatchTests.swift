import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct HeldBatchTests {
    @Test func `a batch that is held is committed at once, and reads its own changes before`() async throws {
        let store = try TestStore()
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        let batch = try store.registry.beginBatch()
        try batch.append([1], to: first)
        try batch.append(contentsOf: [[2], [3]], to: second)
        #expect(try batch.read(1, of: second) == [3] && first.length == 0 && second.length == 0)
        let before = try #require(store.writer).statistics
        try await batch.commit()
        let after = try #require(store.writer).statistics
        #expect(after.transactions == before.transactions + 1)
        #expect(try first.read(0) == [1] && second.length == 2)
    }

    @Test func `a batch that was cancelled, or dropped, has changed nothing`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let batch = try store.registry.beginBatch()
        try batch.append([1], to: log)
        batch.cancel()
        batch.cancel()
        await expectError(.closed) { try await batch.commit() }
        await expectError(.closed) { try batch.append([1], to: log) }
        do {
            let dropped = try store.registry.beginBatch()
            try dropped.append([1], to: log)
        }
        #expect(log.length == 0)
        #expect(try await log.append([2]).length == 1)
    }

    @Test func `a batch is committed once`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let batch = try store.registry.beginBatch()
        try batch.append([1], to: log)
        try await batch.commit()
        await expectError(.closed) { try await batch.commit() }
        try await store.registry.atomically { batch in
            try batch.append([2], to: log)
            try await batch.commit()
        }
        #expect(log.length == 2)
    }

    @Test func `a batch whose log was changed meanwhile is refused as a whole`() async throws {
        let store = try TestStore()
        let (first, second) = (try await store.writable("a"), try await store.writable("b"))
        let batch = try store.registry.beginBatch()
        try batch.append([1], to: first)
        try batch.append([1], to: second)
        try await second.append([9])
        await expectError(.conflict) { try await batch.commit() }
        #expect(first.length == 0 && second.length == 1)
    }

    @Test func `a batch of a log or a store that was closed says so`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let batch = try store.registry.beginBatch()
        try batch.append([1], to: log)
        await log.close()
        await expectError(.closed) { try await batch.commit() }
        store.registry.close()
        await expectError(.closed) { _ = try store.registry.beginBatch() }
    }

    @Test func `a branch takes no part in a batch`() async throws {
        let store = try TestStore()
        let branch = try await store.writable().branch("b")
        await expectError(.unsupported) {
            try await store.registry.atomically { batch in _ = try batch.append([1], to: branch) }
        }
    }
}
