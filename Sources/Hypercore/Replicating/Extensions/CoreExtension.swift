import Synchronization

/// An application's own messages between the peers of one log, under a name that they agree on (PROTOCOL §7, message 9).
///
/// ```swift
/// let cursors = try log.extension(named: "cursors")
/// cursors.broadcast(encoded(position))
/// for await message in cursors.messages { move(message.peer, decoded(message.payload)) }
/// ```
///
/// Messages are not kept for peers that come later, and not relayed. A name that the other side has not registered is
/// ignored there. What arrives waits for its reader, up to ``receiveBufferByteCount``; after that the oldest give way, for
/// neither the log nor its other peers must wait for an application.
///
/// It ends with its session, with ``close()``, or when nobody holds it or reads its messages.
public final class CoreExtension: Sendable {
    /// What may wait to be read, where nothing else is said.
    public static let defaultReceiveBufferByteCount = 1 << 20
    /// The longest name, in bytes of UTF-8.
    public static let maximumNameByteCount = ExtensionTable.maximumNameByteCount

    /// A message of a peer.
    public struct Message: Hashable, Sendable {
        /// Who sent it.
        public let peer: RemotePeer
        /// What it holds, in an encoding that is up to the extension.
        public let payload: [UInt8]
    }

    /// What the extension is called at both sides.
    public let name: String
    /// How many bytes may wait to be read, counting 64 for each message beside its own.
    public var receiveBufferByteCount: Int { inbox.byteLimit }

    private let core: Core
    private let registration: ExtensionTable.ID
    private let inbox: Inbox<Message>

    init(name: String, core: Core, registration: ExtensionTable.ID, inbox: Inbox<Message>) {
        self.name = name
        self.core = core
        self.registration = registration
        self.inbox = inbox
    }

    deinit {
        close()
    }
}

extension Hypercore {
    /// Registers an extension of this log: from now on, messages of this name are received from all its peers.
    ///
    /// Several may be registered under one name; each receives all messages.
    ///
    /// - Parameters:
    ///   - name: from 1 to 1,024 bytes of UTF-8.
    ///   - receiveBufferByteCount: how much may wait to be read.
    /// - Throws: `.outOfBounds` for a name that is empty or too long; `.closed`.
    public func `extension`(
        named name: String, receiveBufferByteCount: Int = CoreExtension.defaultReceiveBufferByteCount
    ) throws(HypercoreError) -> CoreExtension {
        try requireOpen()
        guard (1...CoreExtension.maximumNameByteCount).contains(name.utf8.count) else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "an extension's name has 1 to \(CoreExtension.maximumNameByteCount) bytes, not \(name.utf8.count)")
        }
        let inbox = Inbox<CoreExtension.Message>(byteLimit: receiveBufferByteCount)
        let registration = core.register(name, of: tie, inbox)
        guard let registration else { throw HypercoreError(.closed, key: key, "the log was closed") }
        return CoreExtension(name: name, core: core, registration: registration, inbox: inbox)
    }
}

// MARK: - Sending

extension CoreExtension {
    /// Sends a message to one peer, as soon as its stream has room.
    ///
    /// - Throws: `HypercoreError`: `.notAvailable` where the peer is gone; `.tooLarge` for what fits in no frame (16 MiB);
    ///   `.closed`. `CancellationError`, and then nothing was sent.
    public func send(_ payload: [UInt8], to peer: RemotePeer) async throws {
        let channel = peer.channel
        try await channel.stream.waitForRoom { !channel.isOver.load(ordering: .relaxed) }
        try core.send(payload, named: name, by: registration, to: channel)
        channel.stream.flush()
    }

    /// Sends a message to all peers that the log has now. It waits for none of them: one whose stream is so slow that
    /// ``ReplicationStream/Configuration/backlogByteCount`` wait to be sent already is left out.
    ///
    /// - Returns: to how many peers it is on its way.
    /// - Throws: `.tooLarge` for what fits in no frame (16 MiB); `.closed`.
    @discardableResult
    public func broadcast(_ payload: [UInt8]) throws(HypercoreError) -> Int {
        let streams = try core.broadcast(payload, named: name, by: registration)
        for stream in streams { stream.flush() }
        return streams.count
    }
}

// MARK: - Receiving

extension CoreExtension {
    /// How many messages were not read in time and gave way to later ones.
    public var droppedCount: UInt64 { inbox.droppedCount }

    /// The messages of all peers, as they arrive, those of one peer in order; each goes to one reader of this extension.
    ///
    /// It ends when the extension does and all that had arrived was read, and where the reading task is cancelled.
    public var messages: Messages { Messages(source: self) }

    /// The messages of an extension. Keeps it registered.
    public struct Messages: AsyncSequence, Sendable {
        fileprivate let source: CoreExtension

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

        /// Reads the messages of an extension.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let source: CoreExtension

            public func next() async -> Message? {
                // Nothing but a cancellation is thrown.
                do { return try await source.inbox.next() } catch { return nil }
            }
        }
    }

    /// Ends the extension: no more messages are received. Closing again does nothing.
    public func close() {
        core.unregister(registration)
    }
}
