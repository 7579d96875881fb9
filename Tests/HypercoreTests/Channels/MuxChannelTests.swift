import Protomux
import Synchronization
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct MuxChannelTests {
    // MARK: Opening

    @Test func `a channel that both sides open is open, and each side has the other's handshake`() async throws {
        let link = ManualLink()
        let left = try link.first.open(protocol: "chat", id: [1], handshake: [10])
        let right = try link.second.open(protocol: "chat", id: [1], handshake: [20])
        link.settle()
        #expect(try await left.waitUntilOpened() == [20])
        #expect(try await right.waitUntilOpened() == [10])
        #expect(left.protocolName == "chat" && left.id == [1] && left.end == nil)
    }

    @Test func `what the other side opens is offered to who accepts it, with its id and handshake`() async throws {
        let link = ManualLink()
        let offered = Collected<[UInt8]>()
        try link.second.accept(protocol: "chat") { incoming in
            offered.add(incoming.handshake + (incoming.id ?? []))
            _ = try? incoming.accept(handshake: [9])
        }
        let channel = try link.first.open(protocol: "chat", id: [7], handshake: [1, 2])
        link.settle()
        #expect(try await channel.waitUntilOpened() == [9])
        #expect(offered.all == [[1, 2, 7]])
    }

    @Test func `an offer of one id goes before that of any, and both are asked once`() throws {
        let link = ManualLink()
        let asked = Collected<String>()
        try link.second.accept(protocol: "chat") { _ in asked.add("any") }
        try link.second.accept(protocol: "chat", id: [1]) { _ in asked.add("one") }
        for id in [[1], [2], nil] as [[UInt8]?] { _ = try link.first.open(protocol: "chat", id: id) }
        link.settle()
        #expect(asked.all == ["one", "any", "any"])
    }

    @Test func `a channel can be opened, and sent on, before the stream is started`() async throws {
        let link = ManualLink(isStarted: false)
        let left = try link.first.open(protocol: "chat")
        let right = try link.second.open(protocol: "chat")
        try await left.send([1])
        try left.enqueue([2], type: 300)
        link.start()
        link.settle()
        #expect(try await right.take(2) == [MuxMessage(body: [1]), MuxMessage(type: 300, body: [2])])
    }

    @Test func `messages wait for a channel that is accepted later, and are not lost`() async throws {
        let link = ManualLink()
        let incoming = try link.second.incomingChannels(protocol: "chat")
        let left = try link.first.open(protocol: "chat")
        for number in 0..<10 { try await left.send([UInt8(number)]) }
        link.settle()
        var offers = incoming.makeAsyncIterator()
        let right = try #require(await offers.next()).accept()
        try await left.send([10])
        link.settle()
        #expect(try await right.take(11).map(\.body) == (0...10).map { [UInt8($0)] })
    }

    @Test func `names that cannot be opened are refused in words`() {
        let link = ManualLink()
        for name in ["hypercore/alpha", "hypercore", String(repeating: "x", count: 257)] {
            #expect(expectRefusal { _ = try link.first.open(protocol: name) } == .invalidChannel)
        }
        #expect(expectRefusal { try link.first.accept(protocol: "hypercore") { _ in } } == .invalidChannel)
        #expect(
            expectRefusal { _ = try link.first.open(protocol: "chat", id: Array(repeating: 1, count: 1025)) }
                == .invalidChannel)
        link.settle()
        #expect(link.first.isIdle)
    }

    // MARK: Refusing

    @Test func `what nobody accepts is refused`() async throws {
        let link = ManualLink()
        let channel = try link.first.open(protocol: "chat")
        link.settle()
        guard case .refused = await channel.waitUntilClosed() else {
            Issue.record("\(String(describing: channel.end))")
            return
        }
        let error = await #expect(throws: ReplicationError.self) { try await channel.take(1) }
        #expect(error?.code == .refused)
        let unopened = await #expect(throws: ReplicationError.self) { _ = try await channel.waitUntilOpened() }
        #expect(unopened?.code == .refused)
        #expect(link.first.isIdle)
    }

    @Test func `what is let go of without an answer is refused, and so is what is refused in words`() throws {
        let link = ManualLink()
        let kept = Collected<IncomingChannel>()
        try link.second.accept(protocol: "dropped") { _ in }
        try link.second.accept(protocol: "kept") { kept.add($0) }
        try link.second.accept(protocol: "rejected") { $0.reject() }
        let channels = try ["dropped", "kept", "rejected"].map { try link.first.open(protocol: $0) }
        link.settle()
        #expect(channels.map { $0.end != nil } == [true, false, true])
        kept.removeAll()
        link.settle()
        #expect(channels[1].end != nil)
    }

    @Test func `an offer that was withdrawn is not asked any more, and its sequence ends`() async throws {
        let link = ManualLink()
        let incoming = try link.second.incomingChannels(protocol: "chat")
        link.second.stopAccepting(protocol: "chat")
        for await _ in incoming { Issue.record("a channel was offered") }
        let channel = try link.first.open(protocol: "chat")
        link.settle()
        #expect(channel.end != nil)
    }

    @Test func `channels that nobody looks at are refused past a bound`() throws {
        let link = ManualLink()
        let incoming = try link.second.incomingChannels(protocol: "chat")
        let channels = try (0..<70).map { try link.first.open(protocol: "chat", id: [UInt8($0)]) }
        link.settle()
        #expect(channels.count { $0.end != nil } == 6)
        withExtendedLifetime(incoming) {}
    }

    @Test func `a channel that was taken back before it was answered cannot be accepted`() throws {
        let link = ManualLink()
        let kept = Collected<IncomingChannel>()
        try link.second.accept(protocol: "chat") { kept.add($0) }
        let channel = try link.first.open(protocol: "chat")
        link.settle()
        channel.close()
        link.settle()
        let incoming = try #require(kept.all.first)
        #expect(expectRefusal { _ = try incoming.accept() } == .channelClosed)
        #expect(expectRefusal { _ = try incoming.accept() } == .channelClosed)
    }

    // MARK: Ending

    @Test func `either side may close, and what arrived before can still be read`() async throws {
        for closesFirst in [true, false] {
            let link = ManualLink()
            let (left, right) = try link.channels()
            try await left.send([1])
            try await right.send([2])
            link.settle()
            (closesFirst ? left : right).close()
            link.settle()
            let (closer, other) = closesFirst ? (left, right) : (right, left)
            guard case .closedLocally = await closer.waitUntilClosed(),
                case .closedByRemote = await other.waitUntilClosed()
            else {
                Issue.record("\(String(describing: closer.end)), \(String(describing: other.end))")
                return
            }
            #expect(try await left.rest().map(\.body) == [[2]])
            #expect(try await right.rest().map(\.body) == [[1]])
            await #expect(throws: ReplicationError.self) { try await left.send([3]) }
            await #expect(throws: ReplicationError.self) { try await right.send([3]) }
            left.close()
            #expect(link.first.isIdle && link.second.isIdle)
        }
    }

    @Test func `opened, sent on and closed at once, the other side still gets the message`() async throws {
        let link = ManualLink()
        let right = try link.second.open(protocol: "chat")
        let left = try link.first.open(protocol: "chat")
        try await left.send([1])
        left.close()
        link.settle()
        #expect(try await right.rest().map(\.body) == [[1]])
    }

    @Test func `the end of the stream ends its channels, and a failure is told`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels()
        let waiting = try link.first.open(protocol: "waiting")
        try link.second.accept(protocol: "other") { _ in }
        try await left.send([1])
        link.settle()
        link.first.close()
        link.settle()
        guard case .streamEnded(.closedLocally) = await left.waitUntilClosed(),
            case .streamEnded(.closedByRemote) = await right.waitUntilClosed()
        else {
            Issue.record("\(String(describing: left.end)), \(String(describing: right.end))")
            return
        }
        #expect(try await right.rest().map(\.body) == [[1]])
        await #expect(throws: ReplicationError.self) { _ = try await waiting.waitUntilOpened() }
        #expect(expectRefusal { _ = try link.first.open(protocol: "chat") } == .channelClosed)
        #expect(expectRefusal { try link.first.accept(protocol: "chat") { _ in } } == .channelClosed)

        let broken = ManualLink()
        let channel = try broken.channels().0
        broken.first.receive(Array(repeating: 0, count: 40))
        let error = await #expect(throws: ReplicationError.self) { _ = try await channel.rest() }
        #expect(error?.code == .stream)
    }

    @Test(arguments: [false, true])
    func `a message that came along with what ended the stream leaves no reader waiting`(comesBefore: Bool) async throws
    {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        let (left, right) = try pair.link.channels()
        let reader = Task { try await right.take(1) }
        try await until { right.inbox.readerCount == 1 }
        if comesBefore { try left.enqueue([1]) }
        try pair.link.first.state.withLock { state in
            // A request that is cut off, in a frame of its own.
            let core = try #require(state.cores.byChannel.keys.first)
            state.multiplexer.uncork()
            try state.multiplexer.send([255], type: 1, on: core)
            state.multiplexer.cork()
        }
        if !comesBefore { try left.enqueue([1]) }
        left.flush()
        pair.link.settle()
        if comesBefore {
            #expect(try await reader.value.map(\.body) == [[1]])
        } else {
            await #expect(throws: ReplicationError.self) { try await reader.value }
        }
        #expect(right.end != nil && copy.peerCount == 0)
    }

    @Test func `who waits for a message can be cancelled, and the next reader gets it`() async throws {
        let link = ManualLink()
        let (left, right) = try link.channels()
        let reader = Task { try await right.take(1) }
        try await until { right.inbox.readerCount == 1 }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        let opening = Task { try await link.first.open(protocol: "waiting").waitUntilOpened() }
        opening.cancel()
        await #expect(throws: (any Error).self) { try await opening.value }
        try await left.send([1])
        link.settle()
        #expect(try await right.take(1).map(\.body) == [[1]])
    }
}

// MARK: - Support

extension ManualLink {
    /// A channel that both sides have opened.
    func channels(receiveBufferByteCount: Int = 1 << 20) throws -> (MuxChannel, MuxChannel) {
        let left = try first.open(protocol: "chat", receiveBufferByteCount: receiveBufferByteCount)
        let right = try second.open(protocol: "chat", receiveBufferByteCount: receiveBufferByteCount)
        settle()
        return (left, right)
    }
}

extension MuxChannel {
    /// The next messages; those that are there, if the channel ends before.
    @discardableResult
    func take(_ count: Int) async throws -> [MuxMessage] {
        var taken: [MuxMessage] = []
        for try await message in messages {
            taken.append(message)
            if taken.count == count { break }
        }
        return taken
    }

    /// All messages up to the channel's end.
    func rest() async throws -> [MuxMessage] { try await take(.max) }
}

/// Why a call was refused.
func expectRefusal(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> ReplicationError.Code? {
    let error = #expect(throws: ReplicationError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.message.isEmpty == false, sourceLocation: sourceLocation)
    return error?.code
}
