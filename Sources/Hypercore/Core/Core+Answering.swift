import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine

extension Core {
    /// Answers a peer's requests, in order, for as long as its stream takes more.
    ///
    /// The machine says which requests are next; their proofs are read without the core's lock. Several are taken and
    /// given back in one turn of the lock, and only so many that their blocks stay small in memory.
    func answerRequests(on channel: PeerChannel) {
        guard channel.startAnswering() else { return }
        repeat {
            var round = AnswerRound()
            repeat {
                exchange(&round, on: channel)
                channel.stream.flushIfLarge()
                prove(&round)
            } while !round.isEmpty
        } while !channel.stopAnswering()
    }

    /// One turn: hands over what was proven, and takes the next requests if the stream accepts their answers.
    private func exchange(_ round: inout AnswerRound, on channel: PeerChannel) {
        let takesMore = channel.stream.acceptsUploads
        guard takesMore || !round.isEmpty else { return }
        turn { state, effects in
            let log = CoreLogView(self, state)
            let now = registry.now
            for (answer, proof) in round.takeProven() {
                state.machine?.replicator.answered(
                    answer, with: proof, log: log, now: now, into: &effects.replication)
            }
            round.head = state.durable
            round.prologueLength = state.authority?.prologue?.length ?? 0
            while takesMore, round.hasRoom,
                let answer = state.machine?.replicator.nextAnswer(
                    for: channel.peer, log: log, into: &effects.replication)
            {
                round.requests.append(answer)
            }
        }
    }

    /// Puts together what was asked for, out of one durable head and in one snapshot of the store.
    private func prove(_ round: inout AnswerRound) {
        guard !round.requests.isEmpty else { return }
        do {
            let (head, prologueLength) = (round.head, round.prologueLength)
            try registry.directory.engine.read { snapshot in
                let log = StoredLog(stored, spans: head.spans, in: snapshot)
                while round.provenByteCount < AnswerRound.byteLimit, let answer = round.requests.popFirst() {
                    round.add(answer, prove(answer, head, prologueLength, reading: log))
                }
            }
        } catch {
            // The store cannot be read: nothing is available from it.
            while let answer = round.requests.popFirst() { round.add(answer, .failure(.notAvailable)) }
        }
    }

    private func prove(
        _ answer: Answer, _ head: HeadRecord, _ prologueLength: UInt64, reading log: borrowing StoredLog
    ) -> Result<Proof, AnswerFailure> {
        guard answer.fork == head.fork else { return .failure(.notAvailable) }
        do {
            guard let proof = try proof(answer.parts, of: head, prologueLength: prologueLength, reading: log) else {
                return .failure(.notAvailable)
            }
            return .success(proof)
        } catch let error as TreeError where error.code == .invalidOperation {
            return .failure(.invalidRequest)
        } catch {
            return .failure(.notAvailable)
        }
    }
}

/// Requests of one peer that are being answered: taken, and proven but not yet handed over.
private struct AnswerRound {
    /// How many requests are taken at a time.
    static let requestLimit = 128
    /// From how many bytes of blocks on, what is proven is handed over first.
    static let byteLimit = 256 << 10

    var requests: ArraySlice<Answer> = []
    private var proven: [(Answer, Result<Proof, AnswerFailure>)] = []
    /// How many bytes the blocks of these proofs have.
    private(set) var provenByteCount = 0
    /// What proofs are made of: the durable head when the requests were taken.
    var head = HeadRecord()
    var prologueLength: UInt64 = 0

    var isEmpty: Bool { requests.isEmpty && proven.isEmpty }
    var hasRoom: Bool { requests.count < Self.requestLimit }

    mutating func add(_ answer: Answer, _ proof: Result<Proof, AnswerFailure>) {
        if case .success(let proof) = proof { provenByteCount += proof.block?.value.count ?? 0 }
        proven.append((answer, proof))
    }

    mutating func takeProven() -> [(Answer, Result<Proof, AnswerFailure>)] {
        defer { (proven, provenByteCount) = ([], 0) }
        return proven
    }
}
