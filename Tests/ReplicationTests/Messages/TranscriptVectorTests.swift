import CompactEncoding
import Crypto
import Replication
import TestSupport
import Testing

/// `replication-transcripts.json`: what two reference peers wrote, read and written again.
@Suite struct TranscriptVectorTests {
    private static let transcripts: Result<[Transcript], any Error> = Result {
        try Vectors.load("replication-transcripts", as: Document.self).transcripts
    }

    @Test func everyMessageOfEveryConversationReadsAndWritesTheSame() throws {
        var kinds: Set<WireMessage.Kind> = []
        for transcript in try Self.transcripts.get() {
            for (position, frame) in transcript.frames.enumerated() {
                for case .message(_, let type, let body) in try MuxItem.decode(frame.bytes.bytes) {
                    let message = try #require(
                        try WireMessage.decode(type: type, body: body), "\(transcript.name), frame \(position)")
                    #expect(message.encodedBody == Array(body), "\(transcript.name), frame \(position)")
                    kinds.insert(message.kind)
                }
            }
        }
        #expect(kinds.isSuperset(of: [.sync, .request, .data, .range]))
    }

    @Test func bothSidesProveThatTheyKnowTheKey() throws {
        for transcript in try Self.transcripts.get() {
            let key = CoreKey(transcript.key.bytes32)
            var opened: Set<String> = []
            for frame in transcript.frames {
                let isInitiator = frame.sender == "initiator"
                for case .open(_, let id, let handshakeBytes) in try MuxItem.decode(frame.bytes.bytes)
                where id == key.discoveryKey.bytes.array {
                    let handshake = try ChannelHandshake(decoding: handshakeBytes)
                    let sender = ChannelCapability(
                        key: key, handshakeHash: transcript.handshakeHash.bytes64, isInitiator: isInitiator)
                    let receiver = ChannelCapability(
                        key: key, handshakeHash: transcript.handshakeHash.bytes64, isInitiator: !isInitiator)
                    #expect(handshake.supportsSeeks)
                    #expect(sender.local == handshake.capability, "\(transcript.name), \(frame.sender)")
                    #expect(receiver.accepts(remote: handshake.capability), "\(transcript.name), \(frame.sender)")
                    #expect(!sender.accepts(remote: handshake.capability), "one's own must not be mirrored")
                    opened.insert(frame.sender)
                }
            }
            #expect(opened.count == 2, "\(transcript.name)")
        }
    }
}

extension TranscriptVectorTests {
    struct Document: Decodable {
        let transcripts: [Transcript]
    }

    struct Transcript: Decodable {
        let name: String
        let key: Hex
        let handshakeHash: Hex
        let frames: [Frame]
    }

    struct Frame: Decodable {
        let sender: String
        let bytes: Hex

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            sender = try container.decode(String.self)
            bytes = try container.decode(Hex.self)
        }
    }
}
