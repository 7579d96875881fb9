import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// `replication-conflict.json`: our machine in the place of either side, when two histories of one fork meet.
@Suite struct ConflictVectorTests {
    /// The side that finds out first: what an upgrade brings is not signed, so it asks for the whole tree.
    @Test func theShorterSideAsksAndTellsAsRecorded() throws {
        let meeting = try Meeting()
        var core = try meeting.core("a")
        core.open(PeerID(1))
        for (kind, body) in try meeting.said(by: "b") where kind != .data {
            core.receive([body], from: PeerID(1))
        }
        #expect(try core.said(.request) == meeting.bytes("a", .request).prefix(1))
        for case .data(let data) in try meeting.said(by: "b").map(\.message) {
            #expect(!core.replicator.isFrozen)
            core.receive([.data(data)], from: PeerID(1))
            if data.request > 0 { #expect(try core.said(.request) == meeting.bytes("a", .request).suffix(1)) }
        }
        #expect(core.replicator.isFrozen && core.conflicts.map(\.length) == [8])
        #expect(try core.said(.data) == meeting.bytes("a", .data)[...])
        #expect(core.closedChannels == [PeerID(1)])
    }

    /// The side that is asked, and then told.
    @Test func theLongerSideAnswersAsRecordedAndIsConvinced() throws {
        let meeting = try Meeting()
        var core = try meeting.core("b")
        core.open(PeerID(1))
        for case (let kind, let message) in try meeting.said(by: "a") {
            if kind == .data { #expect(try core.said(.data) == meeting.bytes("b", .data)[...]) }
            #expect(!core.replicator.isFrozen)
            core.receive([message], from: PeerID(1))
        }
        #expect(core.replicator.isFrozen && core.conflicts.map(\.length) == [8])
        #expect(core.closedChannels == [PeerID(1)])
    }
}

extension TestCore {
    /// The bodies of the messages of a kind that it has to send, which are taken.
    fileprivate mutating func said(_ kind: WireMessage.Kind) throws -> ArraySlice<[UInt8]> {
        var kept: [[UInt8]] = []
        for (_, message) in takeOutbox() where message.kind == kind { kept.append(message.encodedBytes) }
        return kept[...]
    }
}

/// The recorded meeting of two writers with one key.
private struct Meeting {
    private let document: Document
    private let keyPair: KeyPair

    init() throws {
        document = try Vectors.load("replication-conflict")
        keyPair = KeyPair(seed: SecretBytes(copying: document.seed.bytes))
    }

    func core(_ side: String) throws -> TestCore {
        var log = TestLog(writtenBy: keyPair)
        try log.append(try #require(document.blocks[side]).map { Array($0.utf8) }, signedBy: keyPair)
        let key = CoreKey(document.key.bytes32)
        #expect(log.authority?.key == key)
        return TestCore(side, key: key, log: log)
    }

    func said(by side: String) throws -> [(kind: WireMessage.Kind, message: WireMessage)] {
        try document.messages.filter { $0.from == side }.map { recorded in
            let kind = try #require(WireMessage.Kind.allCases.first { "\($0)" == recorded.kind })
            let message = try #require(try WireMessage.decode(type: kind.rawValue, body: recorded.body.bytes[...]))
            return (kind, message)
        }
    }

    func bytes(_ side: String, _ kind: WireMessage.Kind) -> [[UInt8]] {
        document.messages.filter { $0.from == side && $0.kind == "\(kind)" }.map(\.body.bytes)
    }

    private struct Document: Decodable {
        let key: Hex
        let seed: Hex
        let blocks: [String: [String]]
        let messages: [Message]

        struct Message: Decodable {
            let from: String
            let kind: String
            let body: Hex
        }
    }
}
