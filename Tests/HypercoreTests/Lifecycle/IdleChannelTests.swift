import Crypto
import Replication
import SecretStream
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct IdleChannelTests {
    @Test func `a channel closes when neither side wants the log any more, and its cores are let go of`() async throws {
        let pair = try Pair()
        let log = try await pair.writer.writable()
        try await log.append([1])
        await log.close()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(try await pair.link.moving { try await copy.get(0) } == [1])
        await copy.close()
        pair.link.advance(by: .seconds(19))
        #expect(!pair.link.first.isIdle && !pair.link.second.isIdle)
        pair.link.advance(by: .seconds(25))
        #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        #expect(pair.writer.openCount == 0 && pair.reader.openCount == 0)

        // Wanted again, it is replicated again on the same stream.
        let again = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(again.peerCount == 1)
        let writing = try await pair.writer.writable()
        try await writing.append([2])
        pair.link.settle()
        #expect(again.length == 2)
    }

    @Test func `a channel stays while either side wants the log`() async throws {
        for readerCloses in [true, false] {
            let pair = try Pair()
            let log = try await pair.writer.writable()
            let copy = try await pair.reader.reader(of: log.key)
            pair.link.settle()
            await (readerCloses ? copy : log).close()
            pair.link.advance(by: .seconds(300))
            #expect(!pair.link.first.isIdle && !pair.link.second.isIdle)
            await (readerCloses ? log : copy).close()
            pair.link.advance(by: .seconds(45))
            #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        }
    }

    @Test func `a log that is wanted again while it lingers keeps its channel`() async throws {
        let pair = try Pair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        await log.close()
        await copy.close()
        pair.link.advance(by: .seconds(19))
        let again = try await pair.reader.reader(of: log.key)
        let peer = try #require(again.peers.first)
        pair.link.advance(by: .seconds(100))
        #expect(again.peers == [peer])
    }

    @Test func `through a session that is not active a log is read and served, but brought to no stream`() async throws
    {
        let pair = try Pair()
        let log = try await pair.writer.session("log", isActive: false)
        try await log.append([1])
        pair.link.settle()
        #expect(pair.link.first.isIdle && log.peerCount == 0)

        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(try await pair.link.moving { try await copy.get(0) } == [1])
        #expect(log.peerCount == 1)
        try await log.append([2])
        pair.link.settle()
        #expect(copy.length == 2)

        // It does not keep the channel once nobody there wants the log.
        await copy.close()
        pair.link.advance(by: .seconds(45))
        #expect(pair.link.first.isIdle && pair.link.second.isIdle)
        #expect(try log.read(1) == [2])

        // An active session beside it brings the log back.
        let active = try await pair.writer.writable()
        pair.link.settle()
        #expect(active.peerCount == 1 && log.peerCount == 1)
    }

    @Test func `a snapshot keeps its log wanted as the session it was taken from does`() async throws {
        let pair = try Pair()
        let log = try await pair.writer.writable()
        try await log.append([1])
        await log.close()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        let snapshot = try copy.snapshot()
        await copy.close()
        pair.link.advance(by: .seconds(100))
        #expect(snapshot.peerCount == 1)
        await snapshot.close()
        pair.link.advance(by: .seconds(45))
        #expect(pair.link.second.isIdle)
    }

    @Test func `a wait through a session that is not active keeps the channel while it lasts`() async throws {
        let pair = try Pair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.session("log", isActive: false, isWriter: false)
        pair.link.settle()
        #expect(copy.peerCount == 1)
        async let block = copy.get(0)
        try await until { copy.waitCount == 1 }
        await log.close()
        pair.link.advance(by: .seconds(100))
        #expect(copy.peerCount == 1)
        let again = try await pair.writer.writable()
        try await again.append([1])
        pair.link.settle()
        #expect(try await block == [1])
    }

    @Test func `a peer that closes a channel we need, thinking that nobody does, is asked again at once`() async throws
    {
        for (isDownloading, reopens) in [(false, true), (true, false)] {
            let store = try TestStore()
            let log = try await store.writable()
            let stream = ReplicationStream(role: .initiator)
            store.registry.replicate(on: stream)
            let peer = ScriptedPeer(.responder, of: log.key)
            Link(stream, peer)
            var sync = SyncMessage.announcing(length: 0)
            sync.isDownloading = isDownloading
            peer.send(.sync(sync))
            try await until { log.peers.first?.status?.isUploading == true }
            let events = log.events
            peer.closeChannel()
            // Opened again, it is refused: the played peer knows only the one channel.
            var seen: [CoreEvent] = []
            for await event in events {
                seen.append(event)
                if case .peerRefused = event { break }
                if !reopens, event == .peerRemoved { break }
            }
            #expect(seen.contains(.peerRemoved))
            #expect(seen.contains { if case .peerRefused = $0 { true } else { false } } == reopens)
            peer.close()
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct ChannelLifecycleTests {
    @Test func `a log that a peer does not have is reported, and replicated once it has it`() async throws {
        let pair = try Pair()
        let copy = try await pair.reader.reader(of: TestStore.key())
        let events = copy.events
        let again = try await pair.reader.reader(of: TestStore.key("other"))
        pair.link.settle()
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .peerRefused(try #require(pair.link.second.remotePublicKey)))
        #expect(copy.peerCount == 0 && again.peerCount == 0)
        let log = try await pair.writer.writable()
        try await log.append([1])
        pair.link.settle()
        #expect(await iterator.next() == .peerAdded)
        #expect(try await pair.link.moving { try await copy.get(0) } == [1])
    }

    @Test func `a download whose commit failed goes on with the same peer, on the same connection`() async throws {
        for ordinal in 1...4 {
            let engine = FaultInjectingEngine(MemoryEngine(tables: TestStore.tables))
            let clock = ManualClock()
            let (writer, reader) = (try TestStore(clock: { clock.now }), try TestStore(engine, clock: { clock.now }))
            let log = try await writer.writable()
            try await log.append(contentsOf: numberedBlocks(0..<200))
            let copy = try await reader.reader(of: log.key)
            engine.inject(.init(.commit, ordinal: ordinal, error: StorageError(.full, "no room")))
            let download = try copy.download(end: 200)
            let link = ManualLink(writer, reader, clock: clock)
            let failed = copy.contiguousLength < 200
            if failed { #expect(copy.peerCount == 0 && log.peerCount == 0, "\(ordinal)") }
            // The peer may ask at once; it is told no until it is time.
            link.advance(by: .milliseconds(900))
            if failed { #expect(copy.peerCount == 0) }
            link.advance(by: .milliseconds(200))
            try await download.finished()
            #expect(copy.peerCount == 1 && log.peerCount == 1)
            #expect(try copy.treeHash() == log.treeHash() && copy.contiguousLength == 200)
        }
    }

    @Test func `a store that stays full is asked ever more rarely`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: TestStore.tables))
        let clock = ManualClock()
        let (writer, reader) = (try TestStore(clock: { clock.now }), try TestStore(engine, clock: { clock.now }))
        let log = try await writer.writable()
        try await log.append([1])
        let copy = try await reader.reader(of: log.key)
        let events = copy.events
        engine.inject(.init(.commit, isLasting: true, error: StorageError(.full, "no room")))
        let link = ManualLink(writer, reader, clock: clock)
        link.advance(by: .seconds(63))
        await copy.close()
        link.cut()
        var count = 0
        for await event in events where event == .peerAdded { count += 1 }
        // At 0, 1, 3, 7, 15, 31 and 63 seconds.
        #expect(count == 7)
    }

    @Test(arguments: [300_000, 333_333, 400_000, 600_000])
    func `a connection that breaks anywhere leaves nothing open, and the next one goes on`(limit: Int) async throws {
        let clock = ManualClock()
        let (writer, reader) = (try TestStore(clock: { clock.now }), try TestStore(clock: { clock.now }))
        let log = try await writer.writable()
        try await log.append(contentsOf: (0..<60).map { Array(repeating: UInt8($0), count: 20_000) })
        let copy = try await reader.reader(of: log.key)
        let download = try copy.download(end: 60)
        var connections = 0
        while copy.contiguousLength < 60 {
            let link = ManualLink(writer, reader, clock: clock, limit: limit)
            link.settle()
            #expect(copy.contiguousLength == 60 || (log.peerCount == 0 && copy.peerCount == 0))
            link.cut()
            connections += 1
            try #require(connections < 100, "no progress")
        }
        try await download.finished()
        await log.close()
        await copy.close()
        #expect(writer.openCount == 0 && reader.openCount == 0)
    }

    @Test func `a stream may end at any moment, whatever other threads do with it`() async throws {
        for _ in 0..<30 {
            let (writer, reader) = (try TestStore(), try TestStore())
            let logs = [try await writer.writable("one"), try await writer.writable("two")]
            for log in logs { try await log.append(contentsOf: numberedBlocks(0..<20)) }
            let pipe = MemoryPipe(writer.registry, reader.registry)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for log in logs {
                    group.addTask {
                        let copy = try await reader.reader(of: log.key)
                        _ = try? await copy.get(UInt64.random(in: 0..<20), timeout: .milliseconds(20))
                        await copy.close()
                    }
                }
                group.addTask {
                    let channel = try? pipe.initiator.open(protocol: "chat")
                    try? await channel?.send([1])
                }
                group.addTask {
                    for _ in 0..<Int.random(in: 0..<200) { await Task.yield() }
                    pipe.initiator.close()
                }
                try await group.waitForAll()
            }
            await pipe.waitUntilCut()
            for log in logs {
                #expect(log.peerCount == 0)
                await log.close()
            }
            try await until { writer.openCount == 0 && reader.openCount == 0 }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `sessions that come and go never lose the log, though nobody lingers`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let policy = IdlePolicy(linger: .zero ... .zero)
        let (writer, reader) = (try TestStore(idlePolicy: policy), try TestStore(idlePolicy: policy))
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<120))
        let key = log.key
        await log.close()
        let pipe = MemoryPipe(writer.registry, reader.registry)
        let pauses = (0..<120).map { _ in Int.random(in: 0..<20, using: &generator) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    for index in stride(from: worker, to: 120, by: 3) {
                        let copy = try await reader.reader(of: key)
                        #expect(try await copy.get(UInt64(index)) == Array("block \(index)".utf8), "seed \(seed)")
                        await copy.close()
                        for _ in 0..<pauses[index] { await Task.yield() }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await until { pipe.initiator.isIdle && pipe.responder.isIdle }
        #expect(writer.openCount == 0 && reader.openCount == 0)
        pipe.cut()
    }

    @Test func `logs opened on both sides at any time all meet on one stream`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let log = try await writer.writable("log \(number)")
                    try await log.append([UInt8(number)])
                    try await until { log.peerCount == 1 }
                }
                group.addTask {
                    let copy = try await reader.reader(of: TestStore.key("log \(number)"))
                    #expect(try await copy.get(0) == [UInt8(number)])
                    try await until { copy.peerCount == 1 }
                }
            }
            try await group.waitForAll()
        }
        pipe.cut()
    }
}

@Suite(.timeLimit(.minutes(5))) struct HalfHandshakeTests {
    @Test func `a peer that never finishes the handshake is given up, and its stream holds nothing`() async throws {
        let clock = ManualClock()
        let store = try TestStore(clock: { clock.now })
        let log = try await store.writable()
        let link = ManualLink(clock: clock, isStarted: false)
        link.startFirst()
        let channel = try link.first.open(protocol: "chat")
        store.registry.replicate(on: link.first)
        await log.close()
        #expect(store.openCount == 1)
        link.advance(by: .seconds(15))
        #expect(store.openCount == 0 && channel.end != nil && log.peerCount == 0)
        _ = await link.first.waitUntilClosed()
    }

    @Test(arguments: 0..<8)
    func `garbage on an open stream ends it, and nothing else`(position: Int) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append([1])
        let copy = try await reader.reader(of: log.key)
        let (bad, good) = (ManualLink(writer, reader), ManualLink(writer, reader))
        #expect(log.peerCount == 2)
        // The length of a message, and no message.
        let garbage = [40, 0, 0] + [UInt8](repeating: 0x20, count: 40 + position)
        (position.isMultiple(of: 2) ? bad.first : bad.second).receive(garbage)
        bad.settle()
        #expect(log.peerCount == 1 && copy.peerCount == 1)
        #expect(try await good.moving { try await copy.get(0) } == [1])
    }

    @Test func `keep-alives go out in time, and can be changed on an open stream`() async throws {
        let link = ManualLink()
        link.settle()
        let before = link.firstWriteCount
        link.advance(by: .seconds(21))
        #expect(link.firstWriteCount == before + 4)
        link.first.setKeepAliveInterval(nil)
        link.second.setKeepAliveInterval(nil)
        link.first.setSilenceTimeout(.seconds(30))
        link.advance(by: .seconds(31))
        #expect(link.firstWriteCount == before + 4)
        guard case .failed(let error) = await link.first.waitUntilClosed(), error.code == .stream else {
            Issue.record("the silence was not noticed")
            return
        }
    }
}

/// Two stores that are joined, under one time.
private struct Pair {
    let (writer, reader): (TestStore, TestStore)
    let link: ManualLink

    init() throws {
        let clock = ManualClock()
        (writer, reader) = (try TestStore(clock: { clock.now }), try TestStore(clock: { clock.now }))
        link = ManualLink(writer, reader, clock: clock)
    }
}
