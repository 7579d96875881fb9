import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

extension Core {
    /// Puts a proof together, out of one head and what is stored here.
    ///
    /// - Parameter prologueLength: see `TreeHead.plan(_:prologueLength:reading:)`.
    /// - Returns: `nil` where the asked block is not stored.
    /// - Throws: `TreeError`, `StorageError`, `StorageRecordError`.
    func proof(_ parts: ProofRequest, of head: HeadRecord, prologueLength: UInt64) throws -> Proof? {
        try registry.directory.engine.read { snapshot in
            let log = StoredLog(stored, spans: head.spans, in: snapshot)
            return try proof(parts, of: head, prologueLength: prologueLength, reading: log)
        }
    }

    /// As ``proof(_:of:prologueLength:)``, for one of many proofs out of one snapshot.
    func proof(
        _ parts: ProofRequest, of head: HeadRecord, prologueLength: UInt64, reading log: borrowing StoredLog
    ) throws -> Proof? {
        let plan = try head.tree.plan(parts, prologueLength: prologueLength, reading: log)
        var value: [UInt8] = []
        if let block = plan.block {
            guard let stored = try log.block(block.index) else { return nil }
            value = stored
        }
        let signature = head.signature.isEmpty ? nil : head.signature
        return try plan.assemble(value: value[...], signature: signature, reading: log)
    }

    /// Verifies a proof that was brought by hand, and stores what it proves, as if a peer had brought it.
    ///
    /// - Throws: `TreeError`, `ManifestError`, `HypercoreError`; nothing is stored then.
    func apply(_ proof: Proof, fork: UInt64?, manifest: CoreManifest?) async throws -> VerifiedProof {
        _ = try requireWriter()
        if let value = proof.block?.value, value.count > Hypercore.maximumBlockByteCount {
            throw HypercoreError(
                .blockTooLarge, key: key,
                "a block of \(value.count) bytes is larger than the \(Hypercore.maximumBlockByteCount) that a log takes"
            )
        }
        let claimed = try manifest.map { try TreeAuthority(key: key, manifest: $0) }
        for _ in 0..<Self.maximumSigningAttempts {
            let (base, nodes, known) = state.withLock { state in
                (
                    state.staged.tree,
                    StagedTree(staged: state.underway, stored: stored.tree(spans: state.staged.spans)), state.authority
                )
            }
            let tree = try tree(base, inFork: fork ?? base.fork)
            let authority = known ?? claimed ?? TreeAuthority(assumedFor: key)
            let verified = try tree.verified(proof, by: authority, reading: nodes, hashing: hashing)
            // A signature that the assumed signer made proves that it is the signer.
            let learnt = known == nil && (claimed != nil || proof.upgrade != nil) ? authority : nil
            let batch = VerifiedBatch(
                fork: tree.fork, baseLength: base.length,
                nodes: try verified.nodes.filter { try nodes.node(at: $0.index) != $0 },
                blocks: try missing(of: verified.block.map { [($0.index, $0.value)] } ?? []),
                head: verified.upgrade.map { SignedHead(tree: $0.head, signature: $0.signature) },
                manifest: learnt.map { $0.isCompat ? .assumed(for: key) : $0.manifest })
            guard batch.bringsAnything else { return verified }
            if try await merge(batch, onto: base) { return verified }
        }
        throw HypercoreError(.conflict, key: key, "the log was changed by others each time that the proof was verified")
    }

    /// What a proof is verified against: the log's tree, or, of a log that is empty here, the beginning of another fork.
    private func tree(_ base: TreeHead, inFork fork: UInt64) throws(HypercoreError) -> TreeHead {
        if fork == base.fork { return base }
        guard base.length == 0, fork > base.fork else {
            throw HypercoreError(
                .conflict, key: key, "the proof is of fork \(fork), and the log is in fork \(base.fork) here")
        }
        return TreeHead(fork: fork)
    }
}

extension VerifiedBatch {
    fileprivate var bringsAnything: Bool {
        head != nil || manifest != nil || !blocks.isEmpty || !nodes.isEmpty
    }
}

extension TreeHead {
    /// What `proof` proves of this tree, its signature verified.
    fileprivate func verified(
        _ proof: Proof, by authority: TreeAuthority, reading nodes: StagedTree, hashing: any TreeHashing
    ) throws -> VerifiedProof {
        switch try verify(proof, reading: nodes, hashing: hashing) {
        case .proven(let proven): return proven
        case .unsigned(let unsigned):
            try authority.check(unsigned.requestedHead, from: proof.upgrade?.start ?? 0)
            return try unsigned.accept { head, signature in
                try authority.verify(signature, of: head, hashing: hashing)
                return true
            }
        }
    }
}

extension HypercoreError {
    /// Words what went wrong with a proof: it proves nothing, or what it would need is not here.
    static func proving(_ error: any Error, key: CoreKey) -> any Error {
        guard let error = error as? TreeError else { return translating(error, key: key) }
        let code: Code =
            switch error.code {
            case .missingNode: .notAvailable
            case .staleUpgrade: .conflict
            case .invalidSignature: .invalidSignature
            case .treeTooLarge: .tooLarge
            case .invalidOperation, .invalidChecksum, .invalidProof: .invalidProof
            }
        return HypercoreError(code, key: key, error.message)
    }
}
