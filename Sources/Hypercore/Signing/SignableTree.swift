public import CompactEncoding
public import Crypto
import HypercoreStorage
public import Manifest
import MerkleTree

/// A tree that is to be signed: that of a log at some length, or of a log with blocks that are not appended yet.
///
/// It is what the signers of a log that takes several of them sign, each where its key is. Their shares are put together to
/// the signature that appends or truncates the log.
///
/// ```swift
/// let tree = try log.signableTree(appending: blocks)
/// let shares = [try tree.share(by: alice), try await tree.share(by: bobsHardwareKey)]
/// try await log.append(contentsOf: blocks, signature: tree.assemble(shares))
/// ```
public struct SignableTree: Sendable {
    /// Whose tree it is.
    public let authority: TreeAuthority
    /// What is stated of it: its hash, length and fork.
    public let statement: TreeStatement
    let head: TreeHead
    let nodes: DraftedNodes<StoredTree>
    let hashing: any TreeHashing
    /// What signs with the key that the store holds.
    let storedSigner: CoreSigner?

    init(
        _ head: TreeHead, of authority: TreeAuthority, nodes: DraftedNodes<StoredTree>, hashing: any TreeHashing,
        storedSigner: CoreSigner?
    ) {
        self.authority = authority
        self.head = head
        self.nodes = nodes
        self.hashing = hashing
        self.storedSigner = storedSigner
        statement = TreeStatement(treeHash: hashing.tree(head.roots), length: head.length, fork: head.fork)
    }

    /// The tree's length, in blocks.
    public var length: UInt64 { head.length }
    /// The fork that the tree belongs to.
    public var fork: UInt64 { head.fork }
    /// The hash over the tree's roots.
    public var treeHash: Bytes32 { statement.treeHash }

    /// The bytes that the signer at `index` of the manifest signs: 112, or 80 for a core from before manifests
    /// (PROTOCOL §3). They differ from signer to signer in version 0 only.
    ///
    /// - Precondition: `index` is one of the manifest's signers.
    public func signable(bySigner index: Int = 0) -> [UInt8] {
        authority.signable(statement, bySigner: index)
    }
}

// MARK: - Shares

extension SignableTree {
    /// The share of `signer`.
    ///
    /// - Parameters:
    ///   - signer: one of the manifest's.
    ///   - length: the length of a shorter tree that the share is to vouch for, where the manifest allows patches: the
    ///     signer has signed this tree, others only the shorter one. This tree's own where it is `nil`.
    /// - Throws: `ManifestError`: `.unknownSigner`, `.signingFailed`; `HypercoreError`: `.outOfBounds` for a length past the
    ///   tree's end, `.notAvailable` where nodes of the patch are not here.
    public func share(by signer: some Signer, for length: UInt64? = nil) throws -> PartialSignature {
        try patched(try TreeSigner(authority, signer: signer).share(of: statement), to: length)
    }

    /// The share of a signer that takes its time; as ``share(by:for:)-(Signer,_)``.
    public func share(by signer: some AsyncSigner, for length: UInt64? = nil) async throws -> PartialSignature {
        try patched(try await AsyncTreeSigner(authority, signer: signer).share(of: statement), to: length)
    }

    /// The share of the key that the store holds for the log; as ``share(by:for:)-(Signer,_)``.
    ///
    /// - Throws: `HypercoreError` with `.notWritable` where it holds none.
    public func share(for length: UInt64? = nil) throws -> PartialSignature {
        guard let storedSigner else {
            throw HypercoreError(
                .notWritable, key: authority.key,
                "this store holds no key of the log: name the signer whose share it is")
        }
        return try patched(try storedSigner.share(of: statement), to: length)
    }

    private func patched(_ share: PartialSignature, to length: UInt64?) throws -> PartialSignature {
        guard let length, length != head.length else { return share }
        guard length < head.length else {
            throw HypercoreError(
                .outOfBounds, key: authority.key,
                "a share of a tree of \(head.length) blocks does not vouch for one of \(length)")
        }
        var share = share
        do {
            share.patch = try PartialSignature.Patch(from: length, to: head.length, reading: nodes)
        } catch {
            throw HypercoreError.proving(error, key: authority.key)
        }
        return share
    }
}

// MARK: - The signature

extension SignableTree {
    /// Puts shares together to the signature over this tree, and verifies it. Only as many as the quorum count: the first.
    ///
    /// - Throws: `ManifestError`: `.quorumNotReached`, `.unknownSigner` also for one that comes twice, `.invalidSignature`
    ///   for a share of another tree or a patch that does not lead from this tree to the signed one.
    public func assemble(_ shares: [PartialSignature]) throws(ManifestError) -> [UInt8] {
        let signature = try authority.assemble(shares)
        try verify(signature)
        return signature
    }

    /// Throws where `signature` is not enough for this tree, in words that say why.
    ///
    /// - Throws: `ManifestError`: `.invalidSignature`, `.prologueMismatch`.
    public func verify(_ signature: [UInt8]) throws(ManifestError) {
        try authority.verify(signature, of: head, hashing: hashing)
    }
}
