import Crypto
import HypercoreStorage
import Manifest
import Replication
import StorageEngine
import Synchronization

extension Core {
    /// Who may sign the log, as it is stored.
    var manifest: CoreManifest? { state.withLock { $0.authority?.manifest } }

    /// Who may sign the log.
    ///
    /// - Throws: `.notAvailable` while only its key is known.
    func requireAuthority() throws(HypercoreError) -> TreeAuthority {
        guard let authority = state.withLock({ $0.authority }) else { throw HypercoreError.unknownManifest(key) }
        return authority
    }

    /// Stores what `given` knows of the core and the store does not: manifest, key pair, name. In a read-only store nothing
    /// happens.
    ///
    /// - Parameter given: a valid identity of this core.
    /// - Throws: `.invalidManifest`, `.anotherCore`, `.conflict`.
    func adopt(_ given: CoreIdentity) async throws {
        precondition(given.key == key, "the identity of \(given.key) was given to \(key)")
        guard let writer else { return }
        for _ in 0..<Self.maximumSigningAttempts {
            let ticket = try state.withLock { state -> CommitTicket? in
                try requireChangeable(state)
                guard let completed = try state.identity.completed(by: given) else { return nil }
                return enqueue(completed, in: &state, through: writer)
            }
            guard let ticket else { return }
            // A peer may have taught the manifest meanwhile; a name that was taken is taken the next time, too.
            if try await isAdopted(ticket, through: writer) { return }
        }
        throw HypercoreError(
            .conflict, key: key, "who the log is was changed meanwhile, or its name was given to another; open it again"
        )
    }

    /// Waits for a commit.
    ///
    /// - Returns: `false` where what it was to change was changed by somebody else before.
    private func isAdopted(_ ticket: CommitTicket, through writer: GroupWriter) async throws(StorageError) -> Bool {
        do {
            try await writer.commit(ticket)
            return true
        } catch {
            guard error.code == .conflict else { throw error }
            return false
        }
    }

    /// Queues the change of who the core is.
    ///
    /// Whatever is staged after it builds on it, lest a manifest that a peer brings overwrites a key pair.
    private func enqueue(
        _ completed: CoreIdentity, in state: inout CoreState, through writer: GroupWriter
    ) -> CommitTicket {
        let before = state.identity
        state.identity = completed
        // The core stays until this has ended: opened again before, it would not know of it.
        state.underway.push([])
        let set = stored.writeSet(changingIdentityFrom: before, to: completed)
        return writer.enqueue(set) { [self] outcome in
            turn { state, effects in
                state.underway.popFirst()
                switch outcome {
                case .success: become(completed, after: before, in: &state, &effects)
                case .failure where state.identity == completed: state.identity = before
                case .failure: break
                }
            }
            endIfUnused()
        }
    }

    /// Takes over a stored change of who the core is, and tells everybody.
    private func become(
        _ completed: CoreIdentity, after before: CoreIdentity, in state: inout CoreState, _ effects: inout TurnEffects
    ) {
        if state.authority == nil, let manifest = completed.manifest {
            do {
                learn(try CoreManifest(decoding: manifest), completed, in: &state)
            } catch {
                preconditionFailure("a manifest was stored that does not decode: \(error)")
            }
            state.machine?.replicator.localChanged(
                .manifestSet, log: CoreLogView(self, state), into: &effects.replication)
        }
        let couldSign = state.canSign
        if let signer = state.authority.flatMap({ registry.signer(for: completed, authority: $0) }) {
            state.hold(signer)
        }
        guard !couldSign, state.canSign else { return }
        // A store that cannot be read now cannot be written either, and whoever opens the log anew finds out.
        state.trust = (try? registry.trust(stored.trust(), isFrozen: state.trust.isFrozen, signs: true)) ?? state.trust
        // Blocks that came from elsewhere before the store knew that it signs the log: somebody may sign it there.
        if before.alias == nil, completed.derivesKeyPair, completed.alias != nil, completed.seed == nil,
            state.durable.length > state.prologueLength
        {
            overtake(in: &state, &effects)
        }
    }
}

extension CoreState {
    /// How many blocks the manifest fixes.
    var prologueLength: UInt64 { authority?.prologue?.length ?? 0 }

    /// Takes a signer whose key the store holds.
    mutating func hold(_ signer: CoreSigner) {
        if signer.signsAlone { self.signer = signer } else { cosigner = signer }
    }
}

extension HypercoreError {
    static func unknownManifest(_ key: CoreKey) -> HypercoreError {
        HypercoreError(
            .notAvailable, key: key,
            "the log's manifest is not known yet, so nobody can tell who signs it: a peer brings it, or setManifest")
    }
}
