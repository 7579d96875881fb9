import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

/// What proofs are made of: the durable head at the time that a request was taken.
private struct ProofSource {
    let head: HeadRecord
    let prologueLength: UInt64
}

extension Core {
    /// Answers a peer's requests, in order, for as long as its stream takes more.
    ///
    /// The machine says which request is next; the proof is read without the core's lock.
    func answerRequests(on channel: PeerChannel) {
        repeat {
            guard channel.startAnswering() else { return }
            while channel.stream.acceptsUploads, let (answer, source) = nextAnswer(on: channel) {
                let result = prove(answer, from: source)
                turn { state, effects in
                    state.replicator.answered(
                        answer, with: result, log: CoreLogView(self, state), now: registry.now,
                        into: &effects.replication)
                }
                channel.stream.flushIfLarge()
            }
            channel.stopAnswering()
            // A request that came after the last look and before the stop was left to us.
        } while channel.stream.acceptsUploads && hasRequests(on: channel)
    }

    private func nextAnswer(on channel: PeerChannel) -> (Answer, ProofSource)? {
        var next: (Answer, ProofSource)?
        turn { state, effects in
            let log = CoreLogView(self, state)
            if let answer = state.replicator.nextAnswer(for: channel.peer, log: log, into: &effects.replication) {
                next = (
                    answer, ProofSource(head: state.durable, prologueLength: state.authority?.prologue?.length ?? 0)
                )
            }
        }
        return next
    }

    private func hasRequests(on channel: PeerChannel) -> Bool {
        state.withLock { $0.replicator.hasRequests(of: channel.peer) }
    }

    /// Puts together what was asked for, out of a durable head, in one snapshot of the store.
    private func prove(_ answer: Answer, from source: ProofSource) -> Result<Proof, AnswerFailure> {
        let head = source.head
        guard answer.fork == head.fork else { return .failure(.notAvailable) }
        let tree = stored.tree(spans: head.spans)
        do {
            return try registry.directory.engine.read { _ in
                let plan = try head.tree.plan(answer.parts, prologueLength: source.prologueLength, reading: tree)
                var value: [UInt8] = []
                if let block = plan.block {
                    guard let stored = try stored.block(block.index, spans: head.spans) else {
                        return .failure(.notAvailable)
                    }
                    value = stored
                }
                let signature = head.signature.isEmpty ? nil : head.signature
                return .success(try plan.assemble(value: value[...], signature: signature, reading: tree))
            }
        } catch let error as TreeError where error.code == .invalidOperation {
            return .failure(.invalidRequest)
        } catch {
            return .failure(.notAvailable)
        }
    }
}
