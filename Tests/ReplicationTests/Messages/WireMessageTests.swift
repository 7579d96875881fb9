import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

@Suite struct WireMessageTests {
    @Test func aTypeThatIsNotKnownIsIgnored() throws {
        #expect(try WireMessage.decode(type: 10, body: []) == nil)
        #expect(try WireMessage.decode(type: .max, body: [1, 2]) == nil)
    }

    @Test func aBlockIsWrittenFromBorrowedBytesAsFromItsOwn() throws {
        let node = TreeNode(index: 2, size: 5, hash: BLAKE2b.hash([2]))
        let value: [UInt8] = Array("borrowed".utf8)
        var message = DataMessage(
            request: 3, fork: 1,
            proof: Proof(
                block: Proof.Block(index: 0, value: value[...], nodes: [node]),
                seek: Proof.Seek(bytes: 4, nodes: [node]),
                upgrade: Proof.Upgrade(start: 0, length: 2, nodes: [node], additionalNodes: [], signature: [1, 2])),
            manifest: CoreManifest(singleSigner: PublicKey(.zero)))
        let expected = WireMessage.data(message).encodedBody
        message.proof.block?.value = []
        var writer = ByteWriter()
        message.encode(into: &writer, blockValue: value.span.bytes)
        #expect(writer.take() == expected)
    }

    @Test func theValueIsNotCopiedOutOfItsFrame() throws {
        let value = [UInt8](repeating: 7, count: 4096)
        let message = DataMessage(
            request: 1, fork: 0, proof: Proof(block: Proof.Block(index: 0, value: value[...], nodes: [])))
        let frame = [0, 0] + WireMessage.data(message).encodedBody
        guard case .data(let decoded) = try WireMessage.decode(type: 3, body: frame[2...]) else {
            Issue.record("data was decoded as another message")
            return
        }
        let slice = try #require(decoded.proof.block?.value)
        #expect(Array(slice) == value)
        frame.withUnsafeBytes { frame in
            slice.withUnsafeBytes { slice in
                #expect(frame.baseAddress.map { $0 + frame.count - value.count - 1 } == slice.baseAddress)
            }
        }
    }

    @Test func aBlockOfNoBytesIsABlock() throws {
        let message = DataMessage(request: 1, fork: 0, proof: Proof(block: Proof.Block(index: 4, value: [], nodes: [])))
        let body = WireMessage.data(message).encodedBody
        #expect(try WireMessage.decode(type: 3, body: body[...]) == .data(message))
    }

    @Test(
        arguments: [
            (4, [7]),  // noData
            (5, [0, 32]),  // want
            (6, [0, 32]),  // unwant
        ] as [(UInt64, [UInt8])])
    func trailingFlagsMayBeAbsent(type: UInt64, body: [UInt8]) throws {
        switch try WireMessage.decode(type: type, body: body[...]) {
        case .noData(let message): #expect(message == NoDataMessage(request: 7, reason: .unspecified))
        case .want(let message), .unwant(let message): #expect(message == WantMessage(start: 0, length: 32))
        default: Issue.record("type \(type) was decoded as another message")
        }
    }

    @Test func flagsThatAreNotKnownAreIgnored() throws {
        let sync = SyncMessage(
            fork: 1, length: 2, remoteLength: 3, canUpgrade: false, isUploading: false, isDownloading: false,
            hasManifest: false, allowsPush: false)
        #expect(try WireMessage.decode(type: 0, body: [0xe0, 1, 2, 3]) == .sync(sync))
        #expect(try WireMessage.decode(type: 0, body: [0xfd, 0x00, 0xff, 1, 2, 3]) == .sync(sync))
        #expect(try WireMessage.decode(type: 1, body: [0x40, 5, 6]) == .request(RequestMessage(id: 5, fork: 6)))
        #expect(try WireMessage.decode(type: 3, body: [0x60, 5, 6]) == .data(DataMessage(request: 5, fork: 6)))
        #expect(try WireMessage.decode(type: 4, body: [5, 2]) == .noData(NoDataMessage(request: 5)))
        #expect(try WireMessage.decode(type: 5, body: [5, 6, 2]) == .want(WantMessage(start: 5, length: 6)))
        #expect(try WireMessage.decode(type: 8, body: [4, 5, 6]) == .range(RangeMessage(start: 5, length: 6)))
    }

    @Test(arguments: [(UInt64(31), false), (32, true), (0, true)])
    func aBitfieldCountsFromAMultipleOf32(start: UInt64, isAligned: Bool) {
        #expect(BitfieldMessage(start: start, words: []).isAligned == isAligned)
    }

    @Test func aCapabilityHoldsForItsKeyStreamAndSideAlone() {
        let stream = Bytes64(low: BLAKE2b.hash([1]), high: BLAKE2b.hash([2]))
        let otherStream = Bytes64(low: BLAKE2b.hash([1]), high: BLAKE2b.hash([3]))
        let key = CoreKey(BLAKE2b.hash([4]))
        let local = ChannelCapability(key: key, handshakeHash: stream, isInitiator: true)
        let remote = ChannelCapability(key: key, handshakeHash: stream, isInitiator: false)
        #expect(local.accepts(remote: remote.local))
        #expect(remote.accepts(remote: local.local))
        #expect(!local.accepts(remote: local.local))
        for other in [
            ChannelCapability(key: CoreKey(.zero), handshakeHash: stream, isInitiator: false),
            ChannelCapability(key: key, handshakeHash: otherStream, isInitiator: false),
        ] {
            #expect(!local.accepts(remote: other.local))
        }
    }
}

@Suite struct HostileMessageTests {
    @Test(
        arguments: [
            // A block's path of 65 nodes, an upgrade's of 129, as many additional ones.
            (3, [1, 0, 0, 0, 0, 65], 5), (3, [8, 0, 0, 0, 0, 129], 5), (3, [8, 0, 0, 0, 0, 0, 129], 6),
            // A signature of 262,145 bytes, cut short: named by where it begins.
            (3, [8, 0, 0, 0, 0, 0, 0, 0xfe, 1, 0, 4, 0], 7),
            // 65,537 words of a bitfield.
            (7, [0, 0xfe, 1, 0, 1, 0], 1),
            // 2^53, which nobody may send.
            (2, [0xff, 0, 0, 0, 0, 0, 0, 0x20, 0], 0),
            // A manifest of version 3.
            (3, [16, 0, 0, 3], 3),
            // A name that is not UTF-8.
            (9, [1, 0xff], 0),
        ] as [(UInt64, [UInt8], Int)])
    func whatIsRefusedIsNamedByItsOffset(type: UInt64, body: [UInt8], offset: Int) {
        let error = #expect(throws: CompactDecodingError.self) { try WireMessage.decode(type: type, body: body[...]) }
        #expect(error?.offset == offset, "\(String(describing: error))")
    }

    @Test func longListsAreRefusedThoughTheirBytesAreThere() {
        let node = TreeNode(index: 0, size: 0, hash: .zero)
        func upgrade(nodes: Int, signature: Int) -> Proof {
            Proof(
                upgrade: Proof.Upgrade(
                    start: 0, length: 1, nodes: [TreeNode](repeating: node, count: nodes), additionalNodes: [],
                    signature: [UInt8](repeating: 1, count: signature)))
        }
        func isAccepted(_ message: WireMessage) -> Bool {
            (try? WireMessage.decode(type: message.kind.rawValue, body: message.encodedBody[...])) == message
        }
        func path(_ count: Int) -> WireMessage {
            .data(
                DataMessage(
                    request: 0, fork: 0,
                    proof: Proof(hash: Proof.Hash(index: 0, nodes: [TreeNode](repeating: node, count: count)))))
        }
        func name(_ count: Int) -> WireMessage {
            .extension(ExtensionMessage(name: String(repeating: "n", count: count), payload: []))
        }
        typealias Limits = MessageLimits
        #expect(isAccepted(path(Limits.pathNodes)))
        #expect(!isAccepted(path(Limits.pathNodes + 1)))
        let most = upgrade(nodes: Limits.upgradeNodes, signature: Limits.signatureByteLength)
        #expect(isAccepted(.data(DataMessage(request: 0, fork: 0, proof: most))))
        let signature = upgrade(nodes: 0, signature: Limits.signatureByteLength + 1)
        #expect(!isAccepted(.data(DataMessage(request: 0, fork: 0, proof: signature))))
        #expect(isAccepted(name(Limits.extensionNameByteLength)))
        #expect(!isAccepted(name(Limits.extensionNameByteLength + 1)))
        #expect(
            isAccepted(.bitfield(BitfieldMessage(start: 0, words: [UInt32](repeating: 1, count: Limits.bitfieldWords))))
        )
    }

    @Test func randomBytesNeverTrapAndWhatIsReadIsWrittenAndReadTheSame() throws {
        let seed: UInt64 = 0x7769_7265
        var generator = SeededGenerator(seed: seed)
        for round in 0..<10_000 {
            let type = UInt64.random(in: 0...10, using: &generator)
            var body = generator.bytes(Int.random(in: 0...120, using: &generator))
            // Large first bytes begin wide integers; small ones get further into a message.
            for position in body.indices where Bool.random(using: &generator) { body[position] &= 0x1f }
            guard let message = try? WireMessage.decode(type: type, body: body[...]) else { continue }
            #expect(
                try WireMessage.decode(type: type, body: message.encodedBody[...]) == message,
                "seed \(seed), round \(round): type \(type), \(body.hex)")
        }
    }

    @Test func vectorsWithBytesChangedNeverTrap() throws {
        let seed: UInt64 = 0x6d75_7461
        var generator = SeededGenerator(seed: seed)
        let vectors: WireMessageVectors = try Vectors.load("wire-messages")
        for vector in vectors.cases {
            guard let type = vector.id else { continue }
            for _ in 0..<200 {
                var body = vector.hex.bytes
                for _ in 0...Int.random(in: 0...2, using: &generator) {
                    guard let position = body.indices.randomElement(using: &generator) else { break }
                    body[position] = UInt8.random(in: 0...255, using: &generator)
                }
                guard let message = try? WireMessage.decode(type: type, body: body[...]) else { continue }
                #expect(
                    try WireMessage.decode(type: type, body: message.encodedBody[...]) == message,
                    "seed \(seed): type \(type), \(body.hex)")
            }
        }
    }
}
