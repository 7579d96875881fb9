import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Synchronization

/// The changes that one signature is made for.
struct SigningBatch {
    fileprivate(set) var entries: [HeadLine.Entry]
    /// Where the log stands after each of them, and after all.
    fileprivate(set) var results: [Hypercore.AppendResult] = []
    fileprivate(set) var end: LogPlace
    /// The signature that is waited for.
    fileprivate(set) var signature: PendingSignature?
}

extension Core {
    /// How often a batch is signed again because the log has moved meanwhile, before it is given up.
    static let maximumSigningAttempts = 8
    /// About how many bytes are signed together at most.
    static let signedByteLimit = 16 << 20

    /// Lets `signer` sign the log from now on, in place of any other.
    ///
    /// Where its signature alone is not enough, it is only checked that the manifest declares it: shares are asked of it
    /// through a ``SignableTree``.
    ///
    /// - Throws: `.invalidManifest`; where it cannot be read whether the history is in doubt.
    func use(_ signer: any AsyncSigner) throws {
        let authority = state.withLock { $0.authority } ?? TreeAuthority(assumedFor: key)
        let remote = try RemoteSigner(authority, signer: signer)
        guard authority.quorum == 1 else { return }
        try state.withLock { state in
            // Nobody asks after the trust in a log that cannot be signed here.
            if !state.canSign {
                state.trust = registry.trust(try stored.trust(), isFrozen: state.trust.isFrozen, signs: true)
            }
            state.remoteSigner = remote
        }
    }

    /// Signs what waits in line, batch by batch, until nothing is left: whatever arrives while a signature is made is
    /// signed with the next one.
    ///
    /// It runs in a task of its own, so that no caller who gives up takes the others' signature along; one at a time
    /// (`HeadLine.isSigning`).
    func signBatches() async {
        while takeBatch() {
            do {
                try await signBatch()
            } catch {
                endBatch { .failed(error) }
            }
        }
    }

    /// Hands what waits at the front of the line to the signer.
    private func takeBatch() -> Bool {
        serving { state, _ in
            let limit = min(Self.signedByteLimit, (writer?.engine.maximumTransactionByteCount ?? .max) / 2)
            let start = LogPlace(state.staged)
            let entries = state.line.popReady(byteLimit: limit)
            state.line.isSigning = !entries.isEmpty
            guard !entries.isEmpty else { return false }
            state.line.batch = SigningBatch(
                entries: entries, end: entries.reduce(start) { $0.after($1.step) })
            return true
        }
    }

    /// Signs the batch on the head that is staged, again where that has moved meanwhile: a peer may have brought a longer
    /// history, and changes that were chained on a failed commit are taken back.
    private func signBatch() async throws {
        let writer = try requireWriter()
        for _ in 0..<Self.maximumSigningAttempts {
            guard let round = try draftBatch() else { return }
            var signature: [UInt8] = []
            if round.isSigned {
                signature = try await round.signer.sign(
                    round.draft.head.tree, hashing: hashing, before: registry.signingDeadline, round.signature)
            }
            let room = try await writer.room(for: round.byteCount)
            if try stage(round.draft, signature: signature, room: room, through: writer) { return }
        }
        throw HypercoreError(
            .conflict, key: key,
            "the log was changed by others each of \(Self.maximumSigningAttempts) times that it was signed")
    }

    /// What one signature is asked for.
    private struct SigningRound: Sendable {
        let draft: CoreDraft
        let signer: RemoteSigner
        let signature: PendingSignature
        let byteCount: Int
        /// Whether the draft's tree needs a signature: not where the manifest fixes it, or there are no blocks.
        let isSigned: Bool
    }

    /// Makes the changes of the batch, one after the other, on the staged head. Those that cannot be made fail alone;
    /// those that were prepared for another place are sent away to be prepared again.
    ///
    /// - Returns: `nil` where nothing is left to be signed.
    private func draftBatch() throws -> SigningRound? {
        try serving { state, served in
            guard var batch = state.line.batch, let signer = state.remoteSigner else { return nil }
            try requireChangeable(state)
            var draft = CoreDraft(on: state.staged)
            batch.results = []
            while batch.results.count < batch.entries.count {
                let entry = batch.entries[batch.results.count]
                guard entry.place == nil || entry.place == LogPlace(draft.head) else {
                    batch.entries.remove(at: batch.results.count)
                    served.add([entry.ticket], .again)
                    continue
                }
                do {
                    try entry.edit?(&draft, state)
                    batch.results.append(Hypercore.AppendResult(draft.head))
                } catch {
                    // It may have left its mark on the draft, which is therefore begun anew.
                    batch.entries.remove(at: batch.results.count)
                    served.add([entry.ticket], .failed(error))
                    (draft, batch.results) = (CoreDraft(on: state.staged), [])
                }
            }
            guard !batch.entries.isEmpty else {
                state.line.batch = nil
                return nil
            }
            let signature = PendingSignature()
            batch.end = LogPlace(draft.head)
            batch.signature = signature
            state.line.batch = batch
            return SigningRound(
                draft: draft, signer: signer, signature: signature,
                byteCount: batch.entries.reduce(0) { $0 + $1.byteCount },
                isSigned: draft.head.length > state.prologueLength)
        }
    }

    /// Queues the signed batch as one write set.
    ///
    /// - Returns: `false` where the log has moved, so that it is to be signed anew.
    private func stage(
        _ draft: CoreDraft, signature: [UInt8], room: GroupWriter.Room, through writer: GroupWriter
    ) throws -> Bool {
        try serving { state, served in
            // Without a batch, the log has ended, and everybody was told.
            guard let batch = state.line.batch else { return true }
            try requireChangeable(state)
            guard draft.base == state.staged else { return false }
            let commit = try enqueue(draft, signature: signature, in: &state, room: room, through: writer)
            state.line.batch = nil
            for (entry, result) in zip(batch.entries, batch.results) {
                served.add([entry.ticket], .staged(result, commit))
            }
            return true
        }
    }

    /// Ends the batch with nothing of it queued.
    private func endBatch(_ turn: () -> TurnTicket.Turn) {
        serving { state, served in
            served.add((state.line.batch?.entries ?? []).map(\.ticket), turn())
            state.line.batch = nil
        }
    }
}
