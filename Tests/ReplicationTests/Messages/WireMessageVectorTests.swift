import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// `wire-messages.json`, both ways.
@Suite struct WireMessageVectorTests {
    private static let document: Result<WireMessageVectors, any Error> = Result { try Vectors.load("wire-messages") }

    @Test func everyKindOfMessageHasAVector() throws {
        let kinds = try Self.document.get().cases.compactMap(\.id)
        #expect(Set(kinds) == Set(WireMessage.Kind.allCases.map(\.rawValue)))
    }

    @Test func everyMessageEncodesToItsBytes() throws {
        for vector in try Self.document.get().cases {
            guard let message = vector.message else { continue }
            #expect(message.kind.rawValue == vector.id)
            #expect(message.encodedBody == vector.hex.bytes, "\(message)")
        }
    }

    @Test func everyBodyDecodesToItsMessage() throws {
        for vector in try Self.document.get().cases {
            guard let message = vector.message, let type = vector.id else { continue }
            #expect(try WireMessage.decode(type: type, body: vector.hex.bytes[...]) == message)
        }
    }

    @Test func theChannelHandshakeReadsAndWrites() throws {
        let handshakes = try Self.document.get().cases.filter { $0.id == nil }
        for vector in handshakes {
            let handshake = try #require(vector.handshake)
            var writer = ByteWriter()
            handshake.encode(into: &writer)
            #expect(writer.take() == vector.hex.bytes)
            #expect(try ChannelHandshake(decoding: vector.hex.bytes[...]) == handshake)
        }
        #expect(!handshakes.isEmpty)
    }

    @Test func aValueIsASliceOfItsFrameWhereverTheFrameLies() throws {
        for vector in try Self.document.get().cases {
            guard let message = vector.message, let type = vector.id else { continue }
            let frame = [9, 9, 9] + vector.hex.bytes
            #expect(try WireMessage.decode(type: type, body: frame[3...]) == message)
        }
    }

    @Test func everyCutIsRefusedOrReadsAnOlderForm() throws {
        for vector in try Self.document.get().cases {
            guard let message = vector.message, let type = vector.id else { continue }
            for length in 0..<vector.hex.bytes.count {
                let cut = Array(vector.hex.bytes.prefix(length))
                guard let older = try? WireMessage.decode(type: type, body: cut[...]) else { continue }
                #expect(message.mayLoseItsEnd, "\(message) was read from its first \(length) bytes as \(older)")
            }
        }
    }

    @Test func bytesAfterAMessageAreIgnored() throws {
        for vector in try Self.document.get().cases {
            guard let message = vector.message, let type = vector.id, !message.mayLoseItsEnd else { continue }
            let longer = vector.hex.bytes + [0, 1, 2]
            #expect(try WireMessage.decode(type: type, body: longer[...]) == message)
        }
    }
}

extension WireMessage {
    var encodedBody: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.take()
    }

    /// Whether a message's end may be missing: an extension's payload has no length, and trailing flags may be absent.
    var mayLoseItsEnd: Bool {
        switch self {
        case .extension: true
        case .noData, .want, .unwant: true
        default: false
        }
    }
}
