public import CompactEncoding
import Crypto
import HypercoreStorage
public import Manifest
import MerkleTree
import Synchronization

// MARK: - The manifest

extension Hypercore {
    /// Who may sign the log, and what it must begin with; `nil` while only its key is known.
    public var manifest: CoreManifest? { core.manifest }

    /// Teaches a log of which only the key is known its manifest. A peer that has it brings it, too.
    ///
    /// - Throws: `.invalidManifest` for the manifest of another log; `.notWritable` in a read-only store, `.closed`,
    ///   `.storage`.
    public func setManifest(_ manifest: CoreManifest) async throws {
        try requireLive()
        _ = try core.requireWriter()
        do {
            try await core.adopt(try CoreIdentity(key: key, manifest: manifest.encoded).validated())
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }
}

// MARK: - What is signed

extension Hypercore {
    /// The tree hash of the first `length` blocks (PROTOCOL §2).
    ///
    /// - Throws: `.outOfBounds` past the log's end; `.notAvailable` where a log that was downloaded in parts lacks nodes of
    ///   it: ``get(_:options:)-(UInt64,_)`` of block `length - 1` brings them; `.closed`.
    public func treeHash(length: UInt64) throws -> Bytes32 {
        core.hashing.tree(try tree(ofLength: length, fork: nil).roots)
    }

    /// The bytes that the first signer of the log signs for its first `length` blocks; see ``SignableTree``.
    ///
    /// - Throws: as ``signableTree(length:fork:)``; `.invalidManifest` where nobody signs the log.
    public func signable(length: UInt64? = nil, fork: UInt64? = nil) throws -> [UInt8] {
        let tree = try signableTree(length: length, fork: fork)
        guard !tree.authority.manifest.signers.isEmpty else {
            throw HypercoreError(.invalidManifest, key: key, "nobody signs this log: its manifest has no signers")
        }
        return tree.signable()
    }

    /// The log's tree as one to be signed: as it is, or as it would be after a truncation.
    ///
    /// - Parameters:
    ///   - length: how many blocks it has; all of them where none is given.
    ///   - fork: the fork it belongs to; the log's own where none is given. ``truncate(to:fork:signature:)`` begins the next
    ///     one.
    /// - Throws: as ``treeHash(length:)``; `.notAvailable` while the manifest is not known.
    public func signableTree(length: UInt64? = nil, fork: UInt64? = nil) throws -> SignableTree {
        signable(try tree(ofLength: length, fork: fork), drafted: [], of: try core.requireAuthority())
    }

    /// The tree that the log has once these blocks are appended to it as it is now. Nothing is appended.
    ///
    /// A session that encrypts encrypts them, so that the tree is the one that ``append(contentsOf:signature:)`` of the same
    /// blocks through the same session leads to; the encryption has to make the same of them again.
    ///
    /// - Throws: `.notAvailable` while the manifest is not known; `.prologueMismatch`, `.blockTooLarge`,
    ///   `.encryptionFailed`, `.closed`.
    public func signableTree(appending blocks: some Collection<[UInt8]>) throws -> SignableTree {
        try requireLive()
        do {
            let authority = try core.requireAuthority()
            var draft = CoreDraft(on: head)
            let leaves: Leaves
            if let cipher {
                let encryptor = try cipher.encryptor(of: core)
                leaves = try Leaves(
                    of: Array(blocks), encryptedBy: encryptor, at: LogPlace(draft.head), core: core)
            } else {
                leaves = try Leaves(of: blocks, core: core)
            }
            try draft.append(leaves, hashing: core.hashing)
            try core.requirePrologue(of: draft, authority.prologue)
            return signable(draft.head.tree, drafted: draft.nodes, of: authority)
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    private func tree(ofLength length: UInt64?, fork: UInt64?) throws -> TreeHead {
        try requireOpen()
        let head = head
        guard length ?? 0 <= head.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "the log has \(head.length) blocks, and no tree of \(length ?? 0)")
        }
        do {
            return try head.tree.truncated(
                to: length ?? head.length, fork: fork, reading: core.stored.tree(spans: head.spans))
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }

    private func signable(_ tree: TreeHead, drafted: [TreeNode], of authority: TreeAuthority) -> SignableTree {
        SignableTree(
            tree, of: authority,
            nodes: DraftedNodes(drafted: drafted, below: core.stored.tree(spans: head.spans)), hashing: core.hashing,
            storedSigner: core.state.withLock { $0.signer ?? $0.cosigner })
    }
}

// MARK: - Changes with a given signature

extension Hypercore {
    /// Appends blocks with the signature over the log as it is afterwards, which may have been made anywhere; see
    /// ``SignableTree``. The store needs no key of the log.
    ///
    /// The signature is verified before anything is stored.
    ///
    /// - Throws: `.invalidSignature` where it is not one over the log with these blocks, also because the log has moved since
    ///   it was made; `.prologueMismatch`; `.notAvailable` while the manifest is not known; as ``append(_:maxLength:)``.
    @discardableResult
    public func append(
        contentsOf blocks: some Collection<[UInt8]>, signature: [UInt8]
    ) async throws -> AppendResult {
        try requireLive()
        let cipher = cipher
        let result = try await core.append(blocks, encryptedBy: cipher, signature: signature)
        return result.withoutPadding(cipher?.paddingByteCount ?? 0)
    }

    /// Cuts the log at `length` and begins a new fork, with the signature over it as it is afterwards; see
    /// ``signableTree(length:fork:)`` and ``truncate(to:fork:)``.
    ///
    /// - Throws: `.invalidSignature`; `.notAvailable` while the manifest is not known; as ``truncate(to:fork:)``.
    public func truncate(to length: UInt64, fork: UInt64? = nil, signature: [UInt8]) async throws {
        try requireLive()
        try await core.truncate(to: length, fork: fork, signature: signature)
    }
}
