import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization

// Changes whose signature was made beforehand, by whoever: they wait for nobody's turn, because they fit one place only.

extension Core {
    /// Makes a change that moves the head to what `signature` is over, and waits for its commit.
    ///
    /// - Throws: `.invalidSignature`, `.prologueMismatch` where the signature is not one over the log as the change would
    ///   leave it, which is so as well where the log has moved since it was made; nothing is stored then.
    func move(_ change: HeadChange, signature: [UInt8]) async throws -> Hypercore.AppendResult {
        do {
            let writer = try requireWriter()
            let authority = try requireAuthority()
            for _ in 0..<Self.maximumSigningAttempts {
                guard let draft = try draft(change) else { continue }
                // Outside the lock: verifying many signatures takes a while.
                try authority.verify(signature, of: draft.head.tree, hashing: hashing)
                let room = try await writer.room(for: change.byteCount)
                guard let commit = try stage(draft, signature: signature, room: room, through: writer) else { continue }
                if try await isCommitted(commit, through: writer) { return Hypercore.AppendResult(draft.head) }
            }
            throw HypercoreError(.conflict, key: key, "the log was changed by others each time; sign it anew")
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Makes the change on what is staged; `nil` where that has moved while the change was prepared.
    private func draft(_ change: HeadChange) throws -> CoreDraft? {
        let place = state.withLock { LogPlace($0.staged) }
        let edit: HeadChange.Edit
        switch change.making {
        case .anywhere(let made): edit = made
        case .atPlace(let prepare): edit = try prepare(place)
        }
        return try state.withLock { state in
            try requireChangeable(state)
            guard LogPlace(state.staged) == place else { return nil }
            var draft = CoreDraft(on: state.staged)
            try edit(&draft, state)
            return draft
        }
    }

    /// Queues a signed draft; `nil` where the log has moved.
    private func stage(
        _ draft: CoreDraft, signature: [UInt8], room: GroupWriter.Room, through writer: GroupWriter
    ) throws -> CommitTicket? {
        try serving { state, _ in
            try requireChangeable(state)
            guard draft.base == state.staged else { return nil }
            return try enqueue(draft, signature: signature, in: &state, room: room, through: writer)
        }
    }
}
