import Crypto
import Foundation
import StorageEngine
import Testing

@testable import Corestore
@testable import Hypercore

/// What was closed is gone: nothing of it is kept in memory by something that refers to it in a circle.
@Suite(.timeLimit(.minutes(5))) struct LettingGoTests {
    @Test func `a store that is closed in the middle of everything leaves nothing in memory`() async throws {
        let remains = try await Remains.ofBusyStores { store, reader, pipe in
            try await store.close()
            try await reader.close()
            _ = await pipe.initiator.waitUntilClosed()
            _ = await pipe.responder.waitUntilClosed()
        }
        try await remains.expectNone()
    }

    @Test func `a connection that ends first leaves nothing in memory either`() async throws {
        let remains = try await Remains.ofBusyStores { store, reader, pipe in
            await pipe.cut()
            try await store.close()
            try await reader.close()
        }
        try await remains.expectNone()
    }

    @Test func `a log that has neither a session nor a peer is gone while its store goes on`() async throws {
        let (store, reader) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let pipe = StorePipe(store, reader)
        let remains = Remains()
        for session in try await remains.makeBusy(store, reader).sessions { await session.close() }
        await pipe.cut()
        try await remains.expectNone()
        #expect(store.openLogCount == 0 && reader.openLogCount == 0)
        try await store.close()
        try await reader.close()
    }
}

/// Objects that are to be gone, by what they are.
private final class Remains {
    private var objects: [(name: String, object: () -> AnyObject?)] = []

    func note(_ name: String, _ object: AnyObject) {
        objects.append((name, { [weak object] in object }))
    }

    /// Waits for tasks that are about to end, and hold nothing any more after that; then says what is left.
    func expectNone() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, objects.contains(where: { $0.object() != nil }) { await Task.yield() }
        let left = objects.filter { $0.object() != nil }.map(\.name)
        #expect(left.isEmpty)
    }

    /// Has two stores replicate, read, wait and follow, and closes them by `close`.
    static func ofBusyStores(
        closingBy close: (Corestore, Corestore, StorePipe) async throws -> Void
    ) async throws -> Remains {
        let remains = Remains()
        let (store, reader) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let pipe = StorePipe(store, reader)
        let kept = try await remains.makeBusy(store, reader)
        for (name, end) in [("the store", store), ("the reader", reader)] {
            remains.note(name, end)
            remains.note("\(name)'s root", end.root)
            remains.note("\(name)'s registry", end.root.registry)
        }
        remains.note("the initiator", pipe.initiator)
        remains.note("the responder", pipe.responder)
        try await close(store, reader, pipe)
        withExtendedLifetime(kept) {}
        return remains
    }

    /// Has logs of two stores replicated, followed, searched for and waited for.
    func makeBusy(_ store: Corestore, _ reader: Corestore) async throws -> BusyLogs {
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: [[1], [2], [3]])
        let copy = try await reader.get(key: log.key)
        let download = try copy.download()
        #expect(try await copy.get(2) == [3])
        let (snapshot, search) = (try copy.snapshot(), copy.findingPeers())
        let chat = try log.extension(named: "chat")
        let (events, messages) = (copy.events, chat.messages)
        let tasks = [
            Task { _ = try? await copy.get(1_000) },
            Task { _ = try? await snapshot.update() },
            Task { for await _ in events {} },
            Task { for await _ in messages {} },
        ]
        for (name, session) in [("the log", log), ("the copy", copy), ("the snapshot", snapshot)] {
            note(name, session)
            note("\(name)'s core", session.core)
        }
        note("the download", download)
        note("the search", search)
        note("the extension", chat)
        return BusyLogs(sessions: [log, copy, snapshot], others: [download, search, chat], tasks: tasks)
    }
}

/// What goes on for as long as it is held, or until the sessions are closed.
private struct BusyLogs {
    let sessions: [Hypercore]
    let others: [AnyObject]
    let tasks: [Task<Void, Never>]
}
