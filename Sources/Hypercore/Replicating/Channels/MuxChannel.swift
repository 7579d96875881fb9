import Protomux

/// A channel of an application's own protocol on a ``ReplicationStream``, beside those of the logs.
///
/// ```swift
/// let chat = try stream.open(protocol: "chat", handshake: Array("alice".utf8))
/// try await chat.send(Array("hello".utf8))
/// for try await message in chat.messages { show(message.body) }
/// ```
///
/// The other side takes it by ``ReplicationStream/accept(protocol:id:_:)``, or by opening the same protocol and id itself.
/// Messages may be sent at once, without waiting for that.
///
/// **Back-pressure.** ``send(_:type:)`` waits while much is on its way. What arrives waits for its reader, up to
/// ``receiveBufferByteCount``, and on all channels of the stream up to
/// ``ReplicationStream/Configuration/receiveBufferByteCount``: a peer that sends more than that ahead of the reader has the
/// channel closed, for the logs on the same stream must not wait for an application, nor memory grow.
///
/// The stream holds the channel until either side closes it, or the stream ends.
public final class MuxChannel: Sendable {
    /// What may wait to be read, where nothing else is said: as much as the largest frame holds.
    public static let defaultReceiveBufferByteCount = 16 << 20

    /// The stream that carries it.
    public let stream: ReplicationStream
    /// The name of its protocol, as this side opened it.
    public let protocolName: String
    /// What tells it apart from others of its protocol.
    public let id: [UInt8]?

    /// The multiplexer's name for it.
    let channel: ChannelID
    let inbox: Inbox<MuxMessage>
    private let opening = OnceSignal<Result<[UInt8], ReplicationError>>()
    private let ending = OnceSignal<MuxChannelEnd>()

    init(
        _ channel: ChannelID, protocol name: String, id: [UInt8]?, on stream: ReplicationStream,
        receiveBufferByteCount: Int, sharing budget: ByteBudget
    ) {
        self.channel = channel
        self.stream = stream
        protocolName = name
        self.id = id
        inbox = Inbox(byteLimit: receiveBufferByteCount, sharing: budget)
    }

    /// How many bytes may wait to be read, counting 64 for each message beside its own. One message that finds nothing
    /// before it is taken whatever its size.
    public var receiveBufferByteCount: Int { inbox.byteLimit }
}

// MARK: - Sending

extension MuxChannel {
    /// Sends a message as soon as the stream has room. Messages of one task arrive in the order in which they were sent.
    ///
    /// - Parameters:
    ///   - body: what the message holds.
    ///   - type: the number of the message within its protocol.
    /// - Throws: `ReplicationError`: `.channelClosed`, `.messageTooLarge`; `CancellationError`, and then nothing was sent.
    public func send(_ body: [UInt8], type: UInt64 = 0) async throws {
        try await stream.waitForRoom { self.end == nil }
        try enqueue(body, type: type)
        flush()
    }

    /// Adds a message to what leaves together, with the next ``flush()`` or whatever else the stream sends.
    ///
    /// - Returns: whether more can be added; if not, wait: ``send(_:type:)`` does.
    /// - Throws: `.channelClosed`, `.messageTooLarge`; `.backlogged` where ``ReplicationStream/Configuration/backlogByteCount``
    ///   wait to be sent already.
    @discardableResult
    public func enqueue(_ body: [UInt8], type: UInt64 = 0) throws(ReplicationError) -> Bool {
        try stream.enqueue(body, type: type, on: self)
    }

    /// Sends what was enqueued, all of it in as few frames as possible.
    public func flush() {
        stream.flush()
    }
}

// MARK: - Receiving

extension MuxChannel {
    /// The messages of the other side, in order, as they arrive; each goes to one reader, however many there are.
    ///
    /// It ends when the channel does and all that had arrived was read. It throws `ReplicationError` where the channel was
    /// refused or has failed, or the stream has; `CancellationError` where the task is cancelled.
    public var messages: Messages { Messages(inbox: inbox) }

    /// The messages of a channel.
    public struct Messages: AsyncSequence, Sendable {
        fileprivate let inbox: Inbox<MuxMessage>

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbox: inbox) }

        /// Reads the messages of a channel.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let inbox: Inbox<MuxMessage>

            public func next() async throws -> MuxMessage? { try await inbox.next() }
        }
    }
}

// MARK: - Opening and ending

extension MuxChannel {
    /// Waits until both sides have opened the channel.
    ///
    /// - Returns: what the other side sent with its open.
    /// - Throws: `ReplicationError`: `.refused`, or `.channelClosed` where it ended before that; `CancellationError`.
    public func waitUntilOpened() async throws -> [UInt8] {
        try await opening.waitUnlessCancelled().get()
    }

    /// Closes the channel; the other side is told. What has arrived can still be read. Closing again does nothing.
    public func close() {
        stream.close(self, .closedLocally)
    }

    /// Waits until the channel has ended, and says how. Cancelling the waiting task does not end the wait.
    public func waitUntilClosed() async -> MuxChannelEnd {
        await ending.wait()
    }

    /// How the channel has ended; `nil` while it has not.
    public var end: MuxChannelEnd? { ending.value }
}

// MARK: - For the stream, under its lock

extension MuxChannel {
    /// The other side has opened it.
    func opened(handshake: ArraySlice<UInt8>) -> Wake? {
        opening.settle(.success(Array(handshake)))
    }

    /// It is over.
    func ended(_ end: MuxChannelEnd) -> [Wake] {
        let unopened = end.error ?? ReplicationError(.channelClosed, "the channel was closed before it was opened")
        return [
            ending.settle(end), opening.settle(.failure(unopened)), inbox.finish(throwing: end.error),
        ].compactMap(\.self)
    }
}
