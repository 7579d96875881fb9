import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct ChannelBackPressureTests {
    @Test func `a reader that is too slow loses its channel, and nobody else notices`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        _ = try copy.download()
        let link = ManualLink(writer, reader)
        // Room for ten messages of 36 bytes, with what each costs beside them.
        let (left, right) = try link.channels(receiveBufferByteCount: 1000)
        for number in 0..<10 { try await left.send(Array(repeating: UInt8(number), count: 36)) }
        link.settle()
        #expect(right.end == nil && right.inbox.byteCount == 1000)

        try await log.append([1])
        try await left.send([99])
        link.settle()
        guard case .failed(let error) = await right.waitUntilClosed(), error.code == .channelOverflow,
            case .closedByRemote = await left.waitUntilClosed()
        else {
            Issue.record("\(String(describing: right.end)), \(String(describing: left.end))")
            return
        }
        #expect(try await copy.get(0) == [1])
        // What had arrived can be read, and then the reader learns why nothing follows.
        #expect(try await right.take(10).map { $0.body[0] } == Array(0..<10))
        let told = await #expect(throws: ReplicationError.self) { try await right.take(1) }
        #expect(told?.code == .channelOverflow)
        try await log.append([2])
        link.settle()
        #expect(copy.contiguousLength == 2 && log.peerCount == 1)
    }

    @Test func `all channels together hold no more than the stream lets them`() async throws {
        var configuration = ReplicationStream.Configuration()
        configuration.receiveBufferByteCount = 5000
        let link = ManualLink(configuration: configuration)
        let offered = Collected<MuxChannel>()
        try link.second.accept(protocol: "chat") { if let channel = try? $0.accept() { offered.add(channel) } }
        let senders = try (0..<10).map { try link.first.open(protocol: "chat", id: [$0]) }
        for sender in senders { try await sender.send(Array(repeating: 1, count: 936)) }
        link.settle()
        #expect(
            offered.all.map { $0.end == nil } == [true, true, true, true, true] + Array(repeating: false, count: 5))
        #expect(link.second.state.withLock { $0.receiveBudget.takenByteCount } == 5000)

        // What is read, or let go of unread, makes room again.
        try await offered.all[0].take(1)
        for channel in offered.all { channel.close() }
        offered.removeAll()
        link.settle()
        #expect(link.second.state.withLock { $0.receiveBudget.takenByteCount } == 0)
    }

    @Test func `many empty messages are not free, and one large message alone is taken`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels(receiveBufferByteCount: 640)
        try await left.send(Array(repeating: 1, count: 5000))
        link.settle()
        #expect(try await right.take(1).first?.body.count == 5000)
        for _ in 0..<10 { try left.enqueue([]) }
        left.flush()
        link.settle()
        #expect(right.end == nil)
        try await left.send([])
        link.settle()
        #expect(right.end != nil)
    }

    @Test func `a reader that keeps up may get any amount`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels(receiveBufferByteCount: 10_000)
        for number in 0..<200 {
            try await left.send(Array(repeating: UInt8(truncatingIfNeeded: number), count: 5000))
            link.settle()
            #expect(try await right.take(1).first?.body.first == UInt8(truncatingIfNeeded: number))
        }
        #expect(right.end == nil && right.inbox.byteCount == 0)
    }

    @Test func `a sender waits while the transport takes nothing, and goes on when it does`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels()
        link.firstIsWritable = false
        let sender = Task { try await left.send([1]) }
        try await until { link.first.waiterCount == 1 }
        link.settle()
        #expect(right.inbox.byteCount == 0)
        link.firstIsWritable = true
        try await sender.value
        link.settle()
        #expect(try await right.take(1).map(\.body) == [[1]])
    }

    @Test func `a sender that waits is told when it is cancelled, or its channel or stream ends`() async throws {
        for ending in 0..<4 {
            let link = ManualLink()
            let (left, right) = try link.channels()
            link.firstIsWritable = false
            let sender = Task { try await left.send([1]) }
            try await until { link.first.waiterCount == 1 }
            switch ending {
            case 0: sender.cancel()
            case 1: left.close()
            case 2:
                right.close()
                link.settle()
            default: link.first.close()
            }
            if ending == 0 {
                await #expect(throws: CancellationError.self) { try await sender.value }
            } else {
                let error = await #expect(throws: ReplicationError.self) { try await sender.value }
                #expect(error?.code == .channelClosed, "\(ending)")
            }
            #expect(link.first.waiterCount == 0)
        }
    }

    @Test func `what is enqueued without waiting is bounded, and leaves as one write`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels(receiveBufferByteCount: 64 << 20)
        let before = link.firstWriteCount
        for number in 0..<100 { #expect(try left.enqueue([UInt8(number)])) }
        #expect(link.firstWriteCount == before)
        left.flush()
        #expect(link.firstWriteCount == before + 1)
        link.settle()
        #expect(try await right.take(100).map { $0.body[0] } == Array(0..<100))

        let megabyte = Array(repeating: UInt8(1), count: 1 << 20)
        var hadRoom: [Bool] = []
        let code = expectRefusal { while true { hadRoom.append(try left.enqueue(megabyte)) } }
        #expect(code == .backlogged && hadRoom.count == 16)
        #expect(!hadRoom.contains(true))
        left.flush()
        link.settle()
        #expect(try left.enqueue([1]))
    }

    @Test func `what is flushed into a transport that takes nothing is bounded too`() throws {
        let link = ManualLink()
        let left = try link.channels(receiveBufferByteCount: 64 << 20).0
        link.firstIsWritable = false
        let megabyte = Array(repeating: UInt8(1), count: 1 << 20)
        var count = 0
        let code = expectRefusal {
            while true {
                try left.enqueue(megabyte)
                left.flush()
                count += 1
            }
        }
        #expect(code == .backlogged && count == 16)
        link.firstIsWritable = true
        #expect(try left.enqueue([1]))
    }

    @Test func `a message that fits in no frame is refused alone`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels(receiveBufferByteCount: 32 << 20)
        let largest = ReplicationStream.largestFrameByteCount - 16
        await #expect(throws: ReplicationError.self) { try await left.send(Array(repeating: 0, count: 16 << 20)) }
        try await left.send(Array(repeating: 7, count: largest))
        try await left.send([1])
        link.settle()
        #expect(try await right.take(2).map(\.body.count) == [largest, 1])
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `messages of several channels and a log all arrive, each channel's in order`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        let download = try copy.download(end: 100)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try pipe.responder.accept(protocol: "echo") { incoming in
            guard let channel = try? incoming.accept() else { return }
            Task.detached {
                for try await message in channel.messages {
                    try await channel.send(message.body, type: message.type + 1)
                }
                channel.close()
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in 0..<4 as Range<UInt8> {
                let sizes = (0..<50).map { _ in Int.random(in: 0..<3000, using: &generator) }
                let channel = try pipe.initiator.open(protocol: "echo", id: [id])
                group.addTask {
                    for (number, size) in sizes.enumerated() {
                        try await channel.send(Array(repeating: id, count: size), type: UInt64(number))
                    }
                }
                group.addTask {
                    let echoes = try await channel.take(50)
                    #expect(echoes.map(\.type) == (1...50).map { UInt64($0) }, "seed \(seed)")
                    #expect(echoes.map(\.body) == sizes.map { Array(repeating: id, count: $0) }, "seed \(seed)")
                    channel.close()
                }
            }
            group.addTask { for block in numberedBlocks(0..<100) { try await log.append(block) } }
            try await group.waitForAll()
        }
        try await download.finished()
        #expect(try copy.treeHash() == log.treeHash(), "seed \(seed)")
        pipe.cut()
    }
}

extension ReplicationStream {
    /// The longest frame of the multiplexer.
    static var largestFrameByteCount: Int { (1 << 24) - 1 - 17 }

    /// How many tasks wait for room.
    var waiterCount: Int { state.withLock { $0.roomWaiters.count } }
}
