import CompactEncoding
import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoreGroupTests {
    private let topic = Bytes32(Array(repeating: 7, count: 32))!
    private let otherTopic = Bytes32(Array(repeating: 8, count: 32))!

    @Test func `a long group is listed whole, in either order`() async throws {
        let store = try await Corestore.inMemory()
        var keys: Set<DiscoveryKey> = []
        for index in 0..<600 {
            let log = try await store.get(name: "log \(index)")
            if index < 300 {
                try await log.setGroup(topic)
                keys.insert(log.discoveryKey)
            } else if index < 310 {
                try await log.setGroup(otherTopic)
            }
            await log.close()
        }
        let oldest = try await store.listed(topic)
        #expect(oldest.count == 300 && Set(oldest.map(\.discoveryKey)) == keys)
        #expect(oldest.map(\.timestamp) == oldest.map(\.timestamp).sorted())
        #expect(try await store.listed(topic, order: .newestFirst) == oldest.reversed())
        #expect(try await store.listed(otherTopic).count == 10)
        #expect(try await store.listed(.zero).isEmpty)
        let middle = oldest[150].timestamp
        #expect(try await store.listed(topic, since: middle) == oldest.filter { $0.timestamp >= middle })
        try await store.close()
        await expectError(.closed) { _ = try await store.listed(topic) }
    }

    @Test func `subscribers hear of their own group, until the store is closed`() async throws {
        let store = try await Corestore.inMemory()
        let (log, other) = (try await store.get(name: "log"), try await store.get(name: "other"))
        try await log.setGroup(topic)
        try await other.setGroup(otherTopic)
        var updates = store.groupUpdates(of: topic).makeAsyncIterator()
        try await other.append([1])
        try await log.append([1])
        let update = try #require(await updates.next())
        #expect(update.topic == topic && update.discoveryKey == log.discoveryKey)
        #expect(try await store.listed(topic) == [update])
        try await store.close()
        #expect(await updates.next() == nil)
        var late = store.groupUpdates(of: topic).makeAsyncIterator()
        #expect(await late.next() == nil)
    }
}

extension Corestore {
    fileprivate func listed(
        _ topic: Bytes32, since: UInt64 = 0, order: GroupOrder = .oldestFirst
    ) async throws -> [GroupUpdate] {
        var found: [GroupUpdate] = []
        for try await update in group(topic, since: since, order: order) { found.append(update) }
        return found
    }
}
