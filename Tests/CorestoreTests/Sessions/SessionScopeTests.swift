import CompactEncoding
import Corestore
import Crypto
import Hypercore
import SecretStream
import StorageEngine
import Testing

/// What ends with a store session, and what does not.
@Suite(.timeLimit(.minutes(5))) struct SessionScopeTests {
    @Test func `all that was opened from a session's logs ends with it, and no other session of these logs`()
        async throws
    {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let outer = try await store.get(name: "log")
        try await outer.append([1])
        let log = try await session.get(name: "log")
        let further = [
            log, try await log.session(), try log.snapshot(), try await log.branch("draft"),
            try await log.session().session(options: SessionOptions(isReadOnly: true)),
            try await session.get(.name("log"), as: .utf8).log,
        ]
        for inner in further { #expect(inner.length == 1) }
        try await session.close()
        for inner in further {
            let error = #expect(throws: HypercoreError.self) { try inner.read(0) }
            #expect(error?.code == .closed)
        }
        #expect(outer.sessionCount == 1)
        #expect(try await outer.append([2]).length == 2)
        await #expect(throws: HypercoreError.self) { _ = try await log.session() }
        try await store.close()
    }

    @Test func `a session whose logs are closed or dropped holds on to none of them`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        for number in 0..<200 {
            let log = try await session.get(name: "log \(number)")
            if number.isMultiple(of: 2) { await log.close() }
        }
        #expect(store.openLogCount == 0)
        try await session.close()
        try await store.close()
    }

    @Test func `a log that is waited for does not come once the session is closed`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let exclusive = SessionOptions(isExclusive: true)
        let holder = try await store.get(name: "log", options: exclusive)
        let waiting = Task { try await session.get(name: "log", options: exclusive) }
        try await until { holder.sessionCount == 2 }
        try await session.close()
        let error = await #expect(throws: HypercoreError.self) { _ = try await waiting.value }
        #expect(error?.code == .closed)
        #expect(holder.sessionCount == 1)
        await holder.close()
        #expect(try await store.get(name: "log", options: exclusive).append([1]).length == 1)
        try await store.close()
    }

    @Test func `waits of a session's logs end with it`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let log = try await session.get(key: CoreKey(.zero))
        let waits = (0..<10).map { index in Task { try await log.get(UInt64(index)) } }
        for _ in 0..<100 { await Task.yield() }
        try await session.close()
        for wait in waits {
            let error = await #expect(throws: HypercoreError.self) { _ = try await wait.value }
            #expect(error?.code == .closed)
        }
        try await store.close()
    }

    @Test(arguments: [false, true]) func `every call of a closed session says that it is closed`(
        isRoot: Bool
    ) async throws {
        let store = try await Corestore.inMemory()
        let session = isRoot ? store : store.namespace("a")
        let log = try await session.get(name: "log")
        try await log.append([1])
        let (list, group) = (session.list(), session.group(.zero))
        try await session.close()
        try await session.close()
        for closed in [session, session.session(), session.namespace("b")] {
            await expectError(.closed) { _ = try await closed.get(name: "log") }
            await expectError(.closed) { _ = try await closed.get(key: log.key.text) }
            await expectError(.closed) { _ = try await closed.get(.name("log"), as: .utf8) }
            await expectError(.closed) { for try await _ in closed.list() {} }
            await expectError(.closed) { for try await _ in closed.list(namespace: .zero) {} }
            await expectError(.closed) { for try await _ in closed.group(.zero) {} }
            await expectError(.closed) { for try await _ in closed.audit() {} }
            await expectError(.closed) { _ = try closed.info(of: log.discoveryKey) }
            await expectError(.closed) { _ = try closed.createKeyPair("a") }
            await expectError(.closed) { _ = try await closed.staticify(log) }
            await expectError(.closed) { _ = try closed.notifyGroup(.zero) }
            await expectError(.closed) { _ = try closed.watch { _ in } }
            await expectError(.closed) { _ = try closed.findingPeers() }
            await expectError(.closed) { _ = try closed.replicate(as: .initiator) }
            await expectError(.closed) { try await closed.atomically { _ in } }
            await expectError(.closed) { _ = try closed.beginBatch() }
            await expectError(.closed) { try await closed.suspend() }
            await expectError(.closed) { try await closed.resume() }
            await expectError(.closed) { try await closed.compact() }
            await expectError(.closed) { _ = try await closed.storageInfo() }
            await expectError(.closed) { try await closed.trustHistory() }
            for await _ in closed.groupUpdates(of: .zero) { Issue.record("a closed session told of a group") }
            for await _ in closed.groupActivity { Issue.record("a closed session told of a group") }
            let stream = ReplicationStream(role: .initiator)
            closed.replicate(on: stream)
            guard case .closedLocally = await stream.waitUntilClosed() else {
                Issue.record("a closed session took up a stream")
                return
            }
            #expect(!closed.isOpen)
        }
        await expectError(.closed) { for try await _ in list {} }
        await expectError(.closed) { for try await _ in group {} }
        #expect(store.isOpen == !isRoot)
        try await store.close()
    }

    @Test func `a thousand sessions come and go and leave nothing`() async throws {
        let store = try await Corestore.inMemory()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let session = number.isMultiple(of: 2) ? store.session() : store.namespace("\(number)")
                    _ = try await session.get(name: "log \(number % 10)")
                    try await session.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(store.openLogCount == 0)
        try await store.close()
    }
}

@Suite(.timeLimit(.minutes(5))) struct ClosingStoreTests {
    @Test func `all who close a store return when it is closed, and it can be opened at once`() async throws {
        let directory = try TemporaryDirectory()
        for round in 0..<5 {
            let store = try await directory.open { $0.durability = .full }
            let log = try await store.get(name: "log")
            let before = log.length
            let appends = (0..<10).map { number in Task { try await log.append([UInt8(number)]) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await store.close() } }
                while try await group.next() != nil {
                    // Whoever was first to return, the files are let go of.
                    let again = try? await directory.open()
                    try #require(again != nil, "round \(round)")
                    try await again?.close()
                }
            }
            var count = before
            for append in appends where (try? await append.value) != nil { count += 1 }
            let again = try await directory.open()
            #expect(try await again.get(name: "log").length == count)
            try await again.close()
        }
    }

    @Test func `a store that is closed while everything is under way ends all of it with a typed error`() async throws {
        let (store, peer) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let far = try await peer.get(name: "far")
        try await far.append(contentsOf: (0..<200).map { [UInt8](repeating: UInt8($0 & 255), count: 1000) })
        let pipe = StorePipe(store, peer)
        let begun = Tally()
        let tasks = (0..<200).map { number in
            Task {
                let session = store.namespace("\(number % 7)")
                begun.add()
                while true {
                    // What need not wait gives nobody else a turn.
                    await Task.yield()
                    switch number % 5 {
                    case 0: try await session.get(name: "log").append([1])
                    case 1: _ = try await store.get(key: far.key).get(UInt64(number))
                    case 2: for try await _ in store.list() {}
                    case 3: try await store.atomically { _ in await Task.yield() }
                    default: for try await _ in store.audit() {}
                    }
                }
            }
        }
        try await until { begun.value == 200 }
        try await store.close()
        for task in tasks {
            guard case .failure(let error) = await task.result else { continue }
            let isTyped = (error as? CorestoreError)?.code == .closed || (error as? HypercoreError)?.code == .closed
            #expect(isTyped, "\(error)")
        }
        await pipe.cut()
        try await peer.close()
    }
}
