import Testing

@testable import StorageEngine

@Suite struct WriterThreadTests {
    @Test func `a relaxed set that nobody competes with is committed on the caller's thread`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .relaxed)
        for number in 0..<10 {
            let thread = WatchedEngine.currentThread
            try await writer.commit(WriteSet(putting: "\(number)"))
            #expect(engine.writeThreads.last == thread)
            #expect(WatchedEngine.currentThread == thread)
        }
    }

    @Test func `full commits and flushes happen on one thread, which is not the caller's`() async throws {
        for durability in Durability.allCases {
            let engine = WatchedEngine()
            let writer = GroupWriter(engine, durability: durability)
            for number in 0..<5 {
                try await writer.commit(WriteSet(putting: "\(number)"))
                try await writer.flush()
            }
            #expect(Set(engine.syncThreads).count == 1)
            #expect(!engine.syncThreads.contains(WatchedEngine.currentThread))
            #expect(engine.syncThreads.count == 5)
            if durability == .full { #expect(Set(engine.writeThreads) == Set(engine.syncThreads)) }
            await writer.close()
        }
    }

    @Test func `a caller who is fed more and more sets leaves the rest to the writer thread`() async throws {
        let engine = WatchedEngine()
        let writer = GroupWriter(engine, durability: .relaxed)
        let last = GroupWriter.maximumInlineGroups + 5
        let thread = WatchedEngine.currentThread
        let fed = AsyncStream<Void>.makeStream()
        writer.feed(1, upTo: last) { fed.continuation.finish() }
        writer.drive()
        for await _ in fed.stream {}
        #expect(engine.writeThreads.count == last)
        #expect(engine.writeThreads.prefix(GroupWriter.maximumInlineGroups).allSatisfy { $0 == thread })
        #expect(engine.writeThreads.dropFirst(GroupWriter.maximumInlineGroups).allSatisfy { $0 != thread })
    }

    @Test func `closing waits for what is queued, and ends the thread`() async throws {
        let engine = WatchedEngine()
        var writer: GroupWriter? = GroupWriter(engine, durability: .full)
        weak let thread = try #require(writer).thread
        engine.holdNextWrite()
        _ = writer?.enqueue(WriteSet(putting: "first"))
        writer?.drive()
        await engine.waitUntilHeld()
        _ = writer?.enqueue(WriteSet(putting: "second"))
        async let closing: Void? = writer?.close()
        engine.resume()
        _ = await closing
        #expect(try engine.keys() == ["first", "second"])
        writer = nil
        while thread != nil { await Task.yield() }
    }

    @Test func `a writer that nobody keeps commits what it was driven to commit`() async throws {
        let engine = WatchedEngine()
        engine.holdNextWrite()
        let ticket = {
            let writer = GroupWriter(engine, durability: .full)
            let ticket = writer.enqueue(WriteSet(putting: "kept"))
            writer.drive()
            return ticket
        }()
        await engine.waitUntilHeld()
        engine.resume()
        #expect(try await ticket.entry.wait().get().transaction == 1)
        #expect(try engine.keys() == ["kept"])
    }
}

extension GroupWriter {
    /// Queues a set whose completion queues the next one, so that every group leads to another.
    fileprivate func feed(_ number: Int, upTo last: Int, then done: @escaping @Sendable () -> Void) {
        _ = enqueue(WriteSet(putting: "\(number)")) { _ in
            if number < last { self.feed(number + 1, upTo: last, then: done) } else { done() }
        }
    }
}
