import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// `replication-transcripts.json`: our replicator in the place of either side of a recorded conversation.
@Suite struct ConversationVectorTests {
    static let names = ["download-10-linear", "sparse-get-and-live-append", "static-core"]

    @Test(arguments: names)
    func theRecordedRequestsAreAnsweredWithTheRecordedBytes(name: String) throws {
        let conversation = try Conversation(name)
        var core = try conversation.uploader()
        let peer = PeerID(1)
        core.open(peer)
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
            case .sync(let sync) where sync.length > core.log.length:
                try conversation.append(upTo: sync.length, to: &core)
            case .data(let data):
                let answer = answers.removeValue(forKey: data.request)
                #expect(answer == message.encodedBytes, "\(data)")
                compared += 1
            default:
                break
            }
        }
        #expect(answers.isEmpty, "nothing is answered that was not")
        #expect(compared > 4)
    }

    @Test(arguments: names)
    func aReaderFedTheRecordedAnswersHasTheVerifiedCore(name: String) throws {
        let conversation = try Conversation(name)
        var core = TestCore("reader", key: conversation.key)
        let peer = PeerID(1)
        core.open(peer)
        var fetched: [UInt64] = []
        for (sender, message) in conversation.messages where sender == conversation.uploaderRole {
            guard case .data(let recorded) = message else {
                core.receive([message], from: peer)
                try core.finishCommit()
                continue
            }
            // The seek was for a block at random: ours would be another.
            if recorded.proof.hash != nil { continue }
            var token: WantToken?
            if let block = recorded.proof.block { token = core.get(block.index) }
            let asked = core.takeOutbox().compactMap { if case .request(let request) = $1 { request } else { nil } }
            let request = try #require(asked.last, "\(recorded) answers nothing that we asked")
            #expect(request.parts.block?.index == recorded.proof.block?.index)
            #expect((request.parts.upgrade == nil) == (recorded.proof.upgrade == nil))
            var data = recorded
            data.request = request.id
            core.receive([.data(data)], from: peer)
            try core.finishCommit()
            if let token, let block = recorded.proof.block {
                #expect(core.outcomes[token] == .block(block.value))
                fetched.append(block.index)
            }
        }
        #expect(core.invalidData.isEmpty)
        let truth = try conversation.truth(length: core.log.length)
        #expect(core.log.head.tree == truth.head.tree)
        #expect(core.log.authority == truth.authority)
        #expect(core.log.blocks.keys.sorted() == fetched.sorted())
        for block in fetched {
            #expect(core.log.blocks[block] == truth.blocks[block])
        }
    }
}

/// A recorded conversation: who said what about the core, in order.
struct Conversation {
    let key: CoreKey
    let uploaderRole: String
    let messages: [(sender: String, message: WireMessage)]
    let blockCount: UInt64
    let blockSize: Int
    let writer: KeyPair?

    init(_ name: String) throws {
        let document = try Vectors.load("replication-transcripts", as: Document.self)
        let transcript = try #require(document.transcripts.first { $0.name == name })
        key = CoreKey(transcript.key.bytes32)
        uploaderRole = transcript.holder ?? transcript.writer
        blockCount = transcript.blocks
        blockSize = transcript.blockSize
        writer = try transcript.writerKeyPair.map { try KeyPair(secretKey: SecretBytes(copying: $0.secretKey.bytes)) }
        messages = try Self.messages(of: transcript.frames, about: key)
    }

    /// What was said on the channel of the core; each side numbers its channels itself.
    private static func messages(
        of frames: [TranscriptVectorTests.Frame], about key: CoreKey
    ) throws -> [(String, WireMessage)] {
        var channels: [String: UInt64] = [:]
        var messages: [(String, WireMessage)] = []
        for frame in frames {
            for item in try MuxItem.decode(frame.bytes.bytes) {
                switch item {
                case .open(let localID, let id, _) where id == key.discoveryKey.bytes.array:
                    channels[frame.sender] = localID
                case .message(let channel, let type, let body) where channel == channels[frame.sender]:
                    let message = try #require(try WireMessage.decode(type: type, body: body))
                    messages.append((frame.sender, message))
                default:
                    break
                }
            }
        }
        return messages
    }

    /// The log that was replicated.
    func truth(length: UInt64) throws -> TestLog {
        let blocks = (0..<length).map { Vectors.block($0, size: blockSize) }
        guard let writer else { return try TestLog(staticWith: blocks) }
        var log = TestLog(writtenBy: writer)
        try log.append(blocks, signedBy: writer)
        return log
    }

    func uploader() throws -> TestCore {
        var core = TestCore("uploader", key: key, log: try truth(length: blockCount))
        #expect(core.log.authority?.key == key)
        if writer == nil { core.log.head.signature = meaninglessSignature }
        return core
    }

    /// What a static core keeps in its signature field: it means nothing, and comes from the core that it was made of.
    private var meaninglessSignature: [UInt8]? {
        messages.lazy.compactMap { _, message in
            if case .data(let data) = message { data.proof.upgrade?.signature } else { nil }
        }.first
    }

    func append(upTo length: UInt64, to core: inout TestCore) throws {
        let writer = try #require(writer)
        let blocks = (core.log.length..<length).map { Vectors.block($0, size: blockSize) }
        try core.append(blocks, signedBy: writer)
    }

    private struct Document: Decodable {
        let transcripts: [Transcript]
    }

    private struct Transcript: Decodable {
        let name: String
        let writer: String
        let holder: String?
        let blocks: UInt64
        let blockSize: Int
        let key: Hex
        let writerKeyPair: Keys?
        let frames: [TranscriptVectorTests.Frame]

        struct Keys: Decodable {
            let secretKey: Hex
        }
    }
}

extension WireMessage {
    /// The message's body as it is sent.
    var encodedBytes: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.take()
    }
}
