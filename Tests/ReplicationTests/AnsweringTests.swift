import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// How requests of a peer are answered (PROTOCOL §7, Answering).
@Suite struct AnsweringTests {
    private let peer = PeerID(1)

    private func answers(_ core: inout TestCore, _ requests: RequestMessage...) -> [WireMessage] {
        core.receive(requests.map(WireMessage.request), from: peer)
        return core.takeOutbox().map(\.message)
    }

    private func opened(_ core: TestCore) -> TestCore {
        var core = core
        core.open(peer)
        _ = core.takeOutbox()
        return core
    }

    private func block(_ index: UInt64, nodes: UInt64 = 0) -> ProofRequest {
        ProofRequest(block: .init(index: index, nodes: nodes))
    }

    @Test func aHeldBlockIsAnsweredAndAnAbsentOneIsNotAvailable() throws {
        let world = try World(count: 10)
        var core = opened(world.holder("sparse") { $0 != 4 })
        #expect(
            answers(&core, RequestMessage(id: 1, fork: 0, parts: block(3))) == [
                .data(DataMessage(request: 1, fork: 0, proof: try world.truth.proof(of: block(3))))
            ])
        for index in [4, 10, 1 << 52] as [UInt64] {
            #expect(
                answers(&core, RequestMessage(id: 2, fork: 0, parts: block(index))) == [
                    .noData(NoDataMessage(request: 2, reason: .notAvailable))
                ], "block \(index)")
        }
        #expect(core.uploadCount == 1)
    }

    @Test func anotherForkIsAnsweredWithTheManifestAtMost() throws {
        let world = try World(count: 10)
        var core = opened(world.writer())
        let request = RequestMessage(id: 1, fork: 1, parts: block(3))
        #expect(answers(&core, request) == [.noData(NoDataMessage(request: 1, reason: .notAvailable))])
        let withManifest = RequestMessage(id: 1, fork: 1, parts: block(3), wantsManifest: true)
        #expect(
            answers(&core, withManifest) == [
                .data(DataMessage(request: 1, fork: 0, manifest: world.truth.authority?.manifest))
            ])
    }

    @Test func anEmptyCoreAnswersWithNothingOrItsManifest() throws {
        let world = try World()
        var core = opened(world.writer())
        let parts = ProofRequest(upgrade: .init(start: 0, length: 5))
        #expect(
            answers(&core, RequestMessage(id: 1, fork: 0, parts: parts)) == [.data(DataMessage(request: 1, fork: 0))])
        #expect(
            answers(&core, RequestMessage(id: 1, fork: 0, parts: parts, wantsManifest: true)) == [
                .data(DataMessage(request: 1, fork: 0, manifest: world.truth.authority?.manifest))
            ])
    }

    @Test func aRequestThatIsCancelledBeforeItsProofIsThereIsNotAnswered() throws {
        let world = try World(count: 10)
        var replicator = Replicator(key: world.key, seed: 1)
        var effects = Effects()
        replicator.peerOpened(peer, supportsSeeks: true, log: world.truth, into: &effects)
        for id in 1...3 as ClosedRange<UInt64> {
            let request = RequestMessage(id: id, fork: 0, parts: block(id))
            replicator.receive(.request(request), from: peer, log: world.truth, now: 0, into: &effects)
        }
        var answers: [Answer] = []
        while let answer = replicator.nextAnswer(for: peer, log: world.truth, into: &effects) { answers.append(answer) }
        #expect(answers.map(\.parts) == [block(1), block(2), block(3)])
        replicator.receive(
            .cancel(CancelMessage(request: 2)), from: peer, log: world.truth, now: 0, into: &effects)
        _ = effects.take()
        for answer in answers {
            let proof = try world.truth.proof(of: answer.parts)
            replicator.answered(answer, with: .success(proof), log: world.truth, now: 0, into: &effects)
        }
        let sent = effects.take().compactMap { if case .send(_, .data(let data)) = $0 { data.request } else { nil } }
        #expect(sent == [1, 3])
    }

    @Test func aBlockThatGoesAwayWhileItIsReadIsNotAvailable() throws {
        let world = try World(count: 10)
        var replicator = Replicator(key: world.key, seed: 1)
        var effects = Effects()
        replicator.peerOpened(peer, supportsSeeks: true, log: world.truth, into: &effects)
        let request = RequestMessage(id: 1, fork: 0, parts: block(1))
        replicator.receive(.request(request), from: peer, log: world.truth, now: 0, into: &effects)
        let answer = try #require(replicator.nextAnswer(for: peer, log: world.truth, into: &effects))
        _ = effects.take()
        replicator.answered(answer, with: .failure(.notAvailable), log: world.truth, now: 0, into: &effects)
        let sent = effects.take().compactMap { if case .send(_, let message) = $0 { message } else { nil } }
        #expect(sent == [.noData(NoDataMessage(request: 1, reason: .notAvailable))])
    }

    @Test func manyPlainAnswersAreGivenAFewAtATime() throws {
        let world = try World(count: 10)
        var replicator = Replicator(key: world.key, seed: 1)
        var effects = Effects()
        replicator.peerOpened(peer, supportsSeeks: true, log: world.truth, into: &effects)
        for id in 1...100 as ClosedRange<UInt64> {
            let request = RequestMessage(id: id, fork: 9, parts: block(0))
            replicator.receive(.request(request), from: peer, log: world.truth, now: 0, into: &effects)
        }
        var rounds: [Int] = []
        repeat {
            _ = effects.take()
            #expect(replicator.nextAnswer(for: peer, log: world.truth, into: &effects) == nil)
            rounds.append(effects.list.filter { if case .send = $0 { true } else { false } }.count)
        } while effects.list.contains { if case .answersReady = $0 { true } else { false } }
        #expect(rounds == [64, 36])
    }

    @Test func requestsWithAPriorityAreAnsweredFirstAndOthersInTheOrderOfTheirArrival() throws {
        let world = try World(count: 10)
        var core = opened(world.writer())
        core.isStalled = true
        for (id, priority) in [(1, 0), (2, 1), (3, 0), (4, 2), (5, 0), (6, 1)] as [(UInt64, UInt64)] {
            let request = RequestMessage(
                id: id, fork: 0, parts: block(id), priority: RequestMessage.Priority(rawValue: priority))
            #expect(answers(&core, request).isEmpty)
        }
        core.receive([.cancel(CancelMessage(request: 3))], from: peer)
        core.resume()
        let ids = core.takeOutbox().compactMap { sent -> UInt64? in
            if case .data(let data) = sent.message { data.request } else { nil }
        }
        #expect(ids == [2, 4, 6, 1, 5], "and the cancelled one never")
    }

    @Test func aRequestThatReusesAnIdReplacesTheOlder() throws {
        let world = try World(count: 10)
        var core = opened(world.writer())
        core.isStalled = true
        for index in [3, 8] as [UInt64] { _ = answers(&core, RequestMessage(id: 5, fork: 0, parts: block(index))) }
        core.resume()
        #expect(
            core.takeOutbox().map(\.message) == [
                .data(DataMessage(request: 5, fork: 0, proof: try world.truth.proof(of: block(8))))
            ])
    }

    @Test func whatIsClearedOrCutOffWhileItWaitsIsNotAvailable() throws {
        let world = try World(count: 10)
        var core = opened(world.writer())
        core.isStalled = true
        _ = answers(&core, RequestMessage(id: 1, fork: 0, parts: block(3)))
        core.clear(3..<4)
        _ = core.takeOutbox()
        core.resume()
        #expect(core.takeOutbox().map(\.message) == [.noData(NoDataMessage(request: 1, reason: .notAvailable))])
        core.isStalled = true
        _ = answers(&core, RequestMessage(id: 2, fork: 0, parts: block(8)))
        try core.log.truncate(to: 5, signedBy: world.keyPair)
        core.turn { $0.localChanged(.truncated(oldLength: 10), log: $1, into: &$2) }
        _ = core.takeOutbox()
        core.resume()
        #expect(core.takeOutbox().map(\.message) == [.noData(NoDataMessage(request: 2, reason: .notAvailable))])
    }

    @Test func aLogMayBeBorrowedForTheCall() throws {
        let world = try World(count: 10)
        var replicator = Replicator(key: world.key, seed: 1)
        var effects = Effects()
        let bytes: [UInt8] = [0]
        let log = BorrowedLog(log: world.truth, borrowed: bytes.span)
        replicator.peerOpened(peer, supportsSeeks: true, log: log, into: &effects)
        replicator.flush(log: log, now: 0, into: &effects)
        #expect(effects.list.count == 2)
    }
}

/// A log that must not outlive what it borrows from, as one over a store's snapshot.
private struct BorrowedLog: LogView, ~Escapable {
    let log: TestLog
    let borrowed: Span<UInt8>

    @_lifetime(copy borrowed)
    init(log: TestLog, borrowed: Span<UInt8>) {
        self.log = log
        self.borrowed = borrowed
    }

    var head: SignedHead { log.head }
    var authority: TreeAuthority? { log.authority }
    var contiguousLength: UInt64 { log.contiguousLength }
    func node(at index: UInt64) -> TreeNode? { log.node(at: index) }
    func has(_ block: UInt64) -> Bool { log.has(block) }
    func firstMissing(in range: Range<UInt64>) -> UInt64? { log.firstMissing(in: range) }
    func firstStored(in range: Range<UInt64>) -> UInt64? { log.firstStored(in: range) }
    func storedWords(from start: UInt64, count: Int) -> [UInt32] { log.storedWords(from: start, count: count) }
}
