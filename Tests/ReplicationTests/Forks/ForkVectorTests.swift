import Crypto
import MerkleTree
import Replication
import TestSupport
import Testing

/// `replication-transcripts.json`: the reference moves to a fork of ours, and we to one of the reference.
@Suite struct ForkVectorTests {
    /// A recorded conversation, where the writer cut its log back and what it appended then.
    struct Recording: Sendable {
        let name: String
        let cut: UInt64
        let appended: [UInt64]
        /// Whether the writer had done so before they met.
        let isApart: Bool

        func values(_ conversation: Conversation) -> [[UInt8]] {
            appended.map { Vectors.block($0, size: conversation.blockSize) }
        }
    }

    static let recordings = [
        Recording(name: "truncate-and-reorg", cut: 7, appended: [100, 101], isApart: false),
        Recording(name: "reorg-after-a-truncation-while-apart", cut: 21, appended: [100, 101, 102], isApart: true),
    ]

    @Test(arguments: recordings.indices)
    func questionsAboutAForkAreAnsweredWithTheRecordedBytes(number: Int) throws {
        let recording = Self.recordings[number]
        let conversation = try Conversation(recording.name)
        let writer = try #require(conversation.writer)
        let values = recording.values(conversation)
        var core = try conversation.uploader()
        if recording.isApart {
            try core.truncate(to: recording.cut, signedBy: writer)
            try core.append(values, signedBy: writer)
        }
        let peer = PeerID(1)
        core.open(peer)
        _ = core.takeOutbox()
        var answers: [UInt64: [UInt8]] = [:]
        var compared = 0
        for (sender, message) in conversation.messages {
            guard sender == conversation.uploaderRole else {
                core.receive([message], from: peer)
                for case (_, .data(let data)) in core.takeOutbox() {
                    answers[data.request] = WireMessage.data(data).encodedBytes
                }
                continue
            }
            switch message {
            case .sync(let sync) where sync.fork > core.log.head.tree.fork:
                try core.truncate(to: recording.cut, signedBy: writer)
                #expect(core.takeOutbox().first?.message == .range(RangeMessage(isDrop: true, start: 7, length: 5)))
            case .sync(let sync) where sync.length > core.log.length:
                try core.append(values, signedBy: writer)
            case .data(let data):
                #expect(answers.removeValue(forKey: data.request) == message.encodedBytes, "\(data)")
                if data.fork == 1 { compared += 1 }
            default:
                break
            }
        }
        #expect(answers.isEmpty, "nothing is answered that was not")
        #expect(compared >= 3)
    }

    @Test(arguments: recordings.indices)
    func aReaderFedTheRecordedAnswersMovesToTheFork(number: Int) throws {
        let recording = Self.recordings[number]
        let conversation = try Conversation(recording.name)
        let writer = try #require(conversation.writer)
        let own = try conversation.truth(length: conversation.blockCount)
        var truth = own
        try truth.truncate(to: recording.cut, signedBy: writer)
        try truth.append(recording.values(conversation), signedBy: writer)
        // Questions go through a block at random: one of the first seeds asks through those that were recorded.
        let core = try (1...500 as ClosedRange<UInt64>).lazy.compactMap { seed in
            try self.read(conversation, from: own, seed: seed)
        }.first { _ in true }
        let reader = try #require(core, "no seed asks what was asked")
        #expect(reader.log.head == truth.head)
        #expect(reader.reorganizations.map(\.ancestorLength) == [recording.cut])
        #expect(reader.log.contiguousLength == recording.cut)
        #expect(reader.log.blocks.allSatisfy { truth.blocks[$0] == $1 })
        #expect(reader.invalidData.isEmpty)
    }

    /// Feeds a reader of the old history what the writer sent of the new one; `nil` where it asks something else than was
    /// recorded.
    private func read(_ conversation: Conversation, from own: TestLog, seed: UInt64) throws -> TestCore? {
        let writer = conversation.uploaderRole
        var core = TestCore("reader", key: conversation.key, log: own, seed: seed)
        let peer = PeerID(1)
        core.open(peer)
        _ = core.takeOutbox()
        let start = try #require(conversation.messages.firstIndex { $0.sender == writer && $0.message.isOfTheFork })
        var said: [WireMessage] = []
        var recorded: [WireMessage] = []
        for (sender, message) in conversation.messages[start...] {
            guard sender == writer else {
                recorded.append(message)
                continue
            }
            guard case .data(var data) = message else {
                core.receive([message], from: peer)
                said += core.takeOutbox().map(\.message)
                continue
            }
            let request = try #require(recorded.lazy.compactMap(\.request).last { $0.id == data.request })
            if let block = request.parts.block?.index {
                _ = core.get(block)
                said += core.takeOutbox().map(\.message)
            }
            guard let ours = said.lazy.compactMap(\.request).last, ours.parts == request.parts,
                ours.fork == request.fork
            else { return nil }
            data.request = ours.id
            core.receive([.data(data)], from: peer)
            try core.finishCommit()
            said += core.takeOutbox().map(\.message)
        }
        // What others are told of it, and in which order.
        let news = recorded.filter { $0.kind == .range || $0.kind == .sync }.prefix(2)
        #expect(said.filter { $0.kind == .range || $0.kind == .sync }.prefix(2).map(\.kind) == [.range, .sync])
        #expect(said.first { $0.kind == .range } == news.first)
        #expect(said.first { $0.kind == .sync }?.isOfTheFork == true)
        return core
    }
}

extension WireMessage {
    fileprivate var request: RequestMessage? {
        if case .request(let request) = self { request } else { nil }
    }

    /// Whether it says that its sender has moved to fork 1.
    fileprivate var isOfTheFork: Bool {
        if case .sync(let sync) = self { sync.fork == 1 } else { false }
    }
}
