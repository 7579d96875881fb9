import CompactEncoding
import Crypto
import Protomux
import Replication
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ChannelLifecycleTests {
    @Test func `a log that a peer does not have is reported, and replicated once it has it`() async throws {
        let pair = try ClockedPair()
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
        var limits = ReplicationLimits()
        (limits.shortestLinger, limits.longestLinger) = (0, 0)
        let (writer, reader) = (try TestStore(limits: limits), try TestStore(limits: limits))
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
        try await until { writer.openCount == 0 && reader.openCount == 0 }
        pipe.cut()
    }

    // MARK: What other threads may do between two steps, one by one

    @Test func `a channel that was idle a moment ago and is wanted again is not closed`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        let peer = try #require(copy.peers.first)
        pair.link.second.close(peer.channel, because: .unwanted)
        pair.link.settle()
        #expect(copy.peers == [peer] && log.peerCount == 1)
    }

    @Test func `a channel that is over before its core hears that it is open is no peer`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        let channel = try #require(copy.peers.first).channel
        pair.link.cut()
        copy.core.peerOpened(channel, supportsSeeks: true)
        #expect(copy.peerCount == 0 && log.peerCount == 0)
    }

    @Test func `a core whose open by the other side is being answered is opened after that`() async throws {
        let core = try await TestStore().writable().core
        var (here, there) = (Multiplexer(), Multiplexer())
        here.pair(protocol: CoreChannels.protocolName)
        var events: [Multiplexer.Event] = []
        let id = core.discoveryKey.bytes.array
        for _ in 0..<2 { _ = try there.open(protocol: CoreChannels.protocolName, id: id, into: &events) }
        for frame in there.takeFrames() { try here.receive(frame, into: &events) }
        let requests = events.compactMap { if case .pairRequested(let request) = $0 { request } else { nil } }
        #expect(requests.count == 2)

        var cores = CoreChannels()
        #expect(cores.keepUntilAnswered(core) == nil)
        for request in requests { cores.beginAnswering(request) }
        #expect(cores.keepUntilAnswered(core) == true && cores.keepUntilAnswered(core) == false)
        #expect(cores.unopened.count == 1 && !cores.isEmpty)
        #expect(cores.endAnswering(requests[0]) == nil)
        #expect(cores.endAnswering(requests[1]) === core)
        #expect(cores.isEmpty && cores.keepUntilAnswered(core) == nil)
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
