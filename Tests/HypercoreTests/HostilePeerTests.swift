import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree
import Protomux
import Replication
import SecretStream
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct HostileStreamTests {
    /// A writable log on a stream to a peer that the test plays.
    private func connected(
        to peer: ScriptedPeer, _ store: TestStore
    ) async throws -> ReplicationStream {
        let stream = ReplicationStream(role: .initiator)
        store.registry.replicate(on: stream)
        Link(stream, peer)
        return stream
    }

    private func failure(of stream: ReplicationStream) async -> ReplicationError.Code? {
        guard case .failed(let error) = await stream.waitUntilClosed() else { return nil }
        return error.code
    }

    @Test func `a peer that does not know the key it asks for loses the stream`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let peer = ScriptedPeer(.responder, of: log.key, claimedKey: TestStore.key("other"))
        let stream = try await connected(to: peer, store)
        #expect(await failure(of: stream) == .wrongCapability)
        #expect(log.peerCount == 0)
        // It was not told anything of the log either.
        for await heard in peer.heard {
            if case .message(let message) = heard { Issue.record("a stranger was told \(message)") }
        }
        #expect(try await log.append([2]).length == 2)
    }

    @Test func `a peer that asks for a log that is not here is refused, and keeps the stream`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let peer = ScriptedPeer(.responder, of: TestStore.key("unknown"))
        let stream = try await connected(to: peer, store)
        var heard = peer.heard.makeAsyncIterator()
        guard case .channelClosed(.rejected) = await heard.next() else {
            Issue.record("an unknown log was not refused")
            return
        }
        #expect(log.peerCount == 0)
        stream.close()
        guard case .closedLocally = await stream.waitUntilClosed() else {
            Issue.record("the stream had ended before it was closed")
            return
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `bytes that are no stream end it, and nothing else`(
        seed: UInt64
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try TestStore()
        let log = try await store.writable()
        let stream = ReplicationStream(role: seed.isMultiple(of: 2) ? .initiator : .responder)
        store.registry.replicate(on: stream)
        let garbage = generator.bytes(Int.random(in: 1...5000, using: &generator))
        stream.receive(garbage)
        // A length that promises more than has come leaves it waiting; the end of the connection ends that.
        stream.transportClosed(nil)
        _ = await stream.waitUntilClosed()
        #expect(try await log.append([1]).length == 1)
    }

    @Test func `a byte that was changed on the way ends the stream`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append([1])
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        #expect(try await copy.get(0) == [1])
        pipe.link.inject([20, 0, 0] + Array(repeating: 7, count: 20))
        #expect(await failure(of: pipe.responder) == .stream)
        #expect(copy.peerCount == 0)
        #expect(try copy.read(0) == [1])
    }

    @Test func `requests that nobody can answer hold up neither the thread nor those that come after them`()
        async throws
    {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let peer = ScriptedPeer(.responder, of: log.key)
        let stream = try await connected(to: peer, store)
        for id in 1...10 as ClosedRange<UInt64> {
            peer.send(.request(.init(id: id, fork: 0, parts: .init(upgrade: .init(start: 0, length: 100 + id)))))
        }
        peer.send(.request(.init(id: 11, fork: 0, parts: .init(block: .init(index: 1, nodes: 0)))))
        for await heard in peer.heard {
            guard case .message(.data(let data)) = heard else { continue }
            #expect(data.request == 11 && data.proof.block?.value == Array("block 1".utf8)[...])
            break
        }
        stream.close()
    }

    @Test(
        arguments: [[0, 0], [0, 3, 9], [0, 1], [1, 0, 0xff], [1, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]])
    func `a frame that breaks the rules ends the stream or is ignored, and the log lives on`(
        frame: [UInt8]
    ) async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let peer = ScriptedPeer(.responder, of: log.key)
        let stream = try await connected(to: peer, store)
        var heard = peer.heard.makeAsyncIterator()
        _ = await heard.next()
        peer.sendFrame(frame)
        peer.close()
        switch await stream.waitUntilClosed() {
        case .closedByRemote: break
        case .failed(let error): #expect(error.code == .protocolViolation)
        case .closedLocally: Issue.record("nobody closed the stream here")
        }
        try await until { log.peerCount == 0 }
        #expect(try await log.append([2]).length == 2)
    }
}

// MARK: - Lies about a log

@Suite(.timeLimit(.minutes(5))) struct TamperingTests {
    /// A way to change an answer, such that it no longer proves what it says.
    enum Lie: String, CaseIterable, Sendable {
        case blockByte, longerBlock, emptyBlock, nodeHash, nodeSize, missingNode, extraNode
        case upgradeNode, signatureByte, noSignature, longerUpgrade

        func applied(to message: WireMessage) -> WireMessage {
            guard case .data(var data) = message else { return message }
            apply(to: &data.proof)
            return .data(data)
        }

        private func apply(to proof: inout Proof) {
            switch self {
            case .blockByte: if let first = proof.block?.value.indices.first { proof.block?.value[first] ^= 1 }
            case .longerBlock: proof.block?.value.append(0)
            case .emptyBlock: proof.block?.value = []
            case .nodeHash: changeFirstNode { TreeNode(index: $0.index, size: $0.size, hash: .zero) }(&proof)
            case .nodeSize: changeFirstNode { TreeNode(index: $0.index, size: $0.size + 1, hash: $0.hash) }(&proof)
            case .missingNode: _ = proof.block?.nodes.popLast()
            case .extraNode: proof.block?.nodes.append(TreeNode(index: 1, size: 1, hash: .zero))
            case .upgradeNode:
                guard let node = proof.upgrade?.nodes.first else { return }
                proof.upgrade?.nodes[0] = TreeNode(index: node.index, size: node.size, hash: .zero)
            case .signatureByte: proof.upgrade?.signature?[10] ^= 1
            case .noSignature: proof.upgrade?.signature = nil
            case .longerUpgrade: proof.upgrade?.length += 1
            }
        }

        private func changeFirstNode(_ change: @escaping (TreeNode) -> TreeNode) -> (inout Proof) -> Void {
            { proof in
                guard let node = proof.block?.nodes.first else { return }
                proof.block?.nodes[0] = change(node)
            }
        }
    }

    @Test(arguments: Lie.allCases) func `nothing of a lie is stored, and an honest peer makes up for it`(
        lie: Lie
    ) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<11))
        let copy = try await reader.reader(of: log.key)
        let liar = LyingPeer(of: log.key) { lie.applied(to: $0) }
        writer.registry.replicate(on: liar.honest)
        reader.registry.replicate(on: liar.reader)
        let download = try copy.download(end: 11)
        try await until { copy.isPausingAPeer || copy.contiguousLength == 11 }
        #expect(copy.isPausingAPeer, "the lie was not noticed")
        try expectOnlyTruth(in: copy, of: log)

        let honest = MemoryPipe(writer.registry, reader.registry)
        try await download.finished()
        honest.cut()
        liar.reader.close()
        #expect(try copy.treeHash() == log.treeHash())
        let again = try #require(try await reader.reopened().stored(log.key))
        #expect(again.contiguousLength == 11)
        try expectOnlyTruth(in: again, of: log)
    }

    @Test func `a peer that gives another log for the one that was asked for is not believed`() async throws {
        let (liar, reader) = (try TestStore(), try TestStore())
        let key = TestStore.key()
        // The liar has a log of its own, signed with its own key, and says that it is the one.
        let other = try await liar.writable("other")
        try await other.append(contentsOf: numberedBlocks(0..<4))
        let copy = try await reader.reader(of: key)
        let peer = ScriptedPeer(.responder, of: key)
        let stream = ReplicationStream(role: .initiator)
        reader.registry.replicate(on: stream)
        Link(stream, peer)
        peer.send(.sync(.announcing(length: 4)))
        peer.send(.range(.init(start: 0, length: 4)))
        _ = try copy.download(end: 4)

        let head = other.core.durableHead
        let tree = other.core.stored.tree(spans: head.spans)
        for await heard in peer.heard {
            guard case .message(.request(let request)) = heard else { continue }
            let plan = try head.tree.plan(request.parts, prologueLength: 0, reading: tree)
            let value = try plan.block.flatMap { try other.read($0.index) } ?? []
            let proof = try plan.assemble(value: value[...], signature: head.signature, reading: tree)
            peer.send(.data(DataMessage(request: request.id, fork: 0, proof: proof)))
            try await until { copy.isPausingAPeer || copy.length > 0 }
            break
        }
        #expect(copy.length == 0 && copy.isPausingAPeer)
        #expect(try copy.storedBlocks(of: 4) == [])
        stream.close()
    }

    /// Whatever is stored is what the writer wrote, and the tree is one that it signed.
    private func expectOnlyTruth(in copy: Hypercore, of log: Hypercore) throws {
        #expect(copy.length == 0 || copy.length == log.length)
        if copy.length > 0 { #expect(try copy.treeHash() == log.treeHash()) }
        for index in 0..<log.length {
            if let block = try copy.read(index) { #expect(try block == log.read(index)) }
        }
    }
}

extension Hypercore {
    /// Whether a peer was caught at a lie and is asked nothing more.
    fileprivate var isPausingAPeer: Bool {
        core.state.withLock { state in
            state.peers.keys.contains { state.machine?.replicator.status(of: $0)?.isPaused == true }
        }
    }
}
