import Crypto
import HypercoreStorage
import MerkleTree
import Replication
import SecretStream
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// What is not on disk is told to nobody: a peer that heard of it would hold a history that a crash takes back.
@Suite(.timeLimit(.minutes(5))) struct DurableHeadTests {
    @Test func `what is under way is shown neither to readers nor to peers`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let peer = ScriptedPeer(.responder, of: log.key)
        var heard = peer.heard.makeAsyncIterator()
        let stream = ReplicationStream(role: .initiator)
        store.registry.replicate(on: stream)
        Link(stream, peer)

        gate.shut()
        let first = Task { try await log.append([100]) }
        await gate.waitUntilHolding()
        let second = Task { try await log.append([101]) }
        try await until { log.gatheredLength == 5 }
        #expect(try log.length == 3 && log.byteLength == 21 && !log.has(3) && log.read(3) == nil)

        // The peer asks for all that there may be: its state, the longer tree, and blocks that are under way.
        peer.send(.sync(.announcing(length: 0)))
        peer.send(.request(.init(id: 1, fork: 0, parts: .init(upgrade: .init(start: 0, length: 5)))))
        peer.send(.request(.init(id: 2, fork: 0, parts: .init(block: .init(index: 4, nodes: 0)))))
        peer.send(.request(.init(id: 3, fork: 0, parts: .init(upgrade: .init(start: 0, length: 3)))))
        var told: [WireMessage] = []
        while !told.contains(where: { $0.answers(3) }), let next = await heard.next() {
            if case .message(let message) = next { told.append(message) }
        }
        #expect(told.allSatisfy { $0.longestLength <= 3 }, "\(told)")
        #expect(told.contains { $0.longestLength == 3 })

        gate.open()
        #expect(try await first.value.length == 4)
        #expect(try await second.value.length == 5)
        while let next = await heard.next() {
            if case .message(let message) = next, message.longestLength == 5 { break }
        }
        #expect(log.length == 5)
        stream.close()
    }

    @Test func `an append that fails was never told`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let log = try await store.writable()
        let peer = ScriptedPeer(.responder, of: log.key)
        var heard = peer.heard.makeAsyncIterator()
        let stream = ReplicationStream(role: .initiator)
        store.registry.replicate(on: stream)
        Link(stream, peer)
        try await until { log.peerCount == 1 }
        for round in 1...3 {
            engine.inject(.init(.commit))
            await expectError(.storage) { try await log.append(Array(repeating: 1, count: 100 * round)) }
        }
        try await log.append([1])
        var told: [WireMessage] = []
        while !told.contains(where: { $0.longestLength > 0 }), let next = await heard.next() {
            if case .message(let message) = next { told.append(message) }
        }
        #expect(told.last?.longestLength == 1)
        stream.close()
    }
}

extension SyncMessage {
    /// What a peer with so many blocks, all of them held, says first.
    static func announcing(length: UInt64) -> SyncMessage {
        SyncMessage(
            fork: 0, length: length, remoteLength: 0, canUpgrade: true, isUploading: true, isDownloading: true,
            hasManifest: true, allowsPush: false)
    }
}

extension WireMessage {
    /// Whether this is the answer, of whatever kind, to a request.
    fileprivate func answers(_ request: UInt64) -> Bool {
        switch self {
        case .data(let data): data.request == request
        case .noData(let noData): noData.request == request
        default: false
        }
    }

    /// The longest log that the message speaks of.
    fileprivate var longestLength: UInt64 {
        switch self {
        case .sync(let sync): sync.length
        case .range(let range): range.isDrop ? 0 : range.start + range.length
        case .bitfield(let bitfield):
            bitfield.words.enumerated().reduce(0) { longest, word in
                word.element == 0
                    ? longest
                    : bitfield.start + UInt64(32 * word.offset + 32 - word.element.leadingZeroBitCount)
            }
        case .data(let data):
            max(
                data.proof.block.map { $0.index + 1 } ?? 0,
                data.proof.upgrade.map { upgrade in
                    (upgrade.nodes + upgrade.additionalNodes).map { FlatTree.blocks(under: $0.index).upperBound }
                        .max() ?? 0
                } ?? 0)
        default: 0
        }
    }
}
