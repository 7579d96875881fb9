public import Crypto

extension TreeHead {
    /// Checks a proof against this tree (PROTOCOL §4, Verification).
    ///
    /// To check a tree from its very beginning, as for another fork or in search of a conflict, ask an empty head of
    /// that fork: `TreeHead(fork: remoteFork).verify(proof, reading: [:])`.
    ///
    /// A proof whose upgrade brings nothing new is accepted for its block or hash, if its tree is ours as far as it
    /// goes. That happens when two peers were asked and the other one was faster.
    ///
    /// - Parameters:
    ///   - proof: a claim, of any size and content.
    ///   - reader: holds the nodes of this tree that are known here.
    ///   - hashing: how blocks and nodes are hashed.
    /// - Returns: what was proven, or what is proven if the tree's signature is valid.
    /// - Throws: `.invalidOperation` where nodes are missing or misplaced, or lead to a node that is not known here;
    ///   `.invalidChecksum` where a hash differs; `.staleUpgrade` where the upgrade does not connect to this tree;
    ///   what the reader throws. Nothing of such a proof may be used.
    public func verify(
        _ proof: Proof, reading reader: some NodeReader & ~Escapable,
        hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws -> ProofVerdict {
        var path = try ProvenPath(proof, hashing: hashing)
        var verified = VerifiedProof(proof, path)
        guard let upgrade = proof.upgrade else {
            if let path { try anchor(path, in: &verified) { try reader.node(at: $0) } }
            return .proven(verified)
        }
        var growth = try TreeGrowth(of: self, from: upgrade.start, reading: reader)
        try growth.lift(by: upgrade, standIn: &path, hashing: hashing)
        let requestedHead = growth.head
        try growth.append(upgrade.additionalNodes, hashing: hashing)
        if let path { try anchor(path, in: &verified) { try reader.node(at: $0) } }

        verified.nodes += growth.nodes
        if try growth.isLonger(reading: reader) {
            verified.upgrade = VerifiedProof.Upgrade(head: growth.head, signature: upgrade.signature)
        }
        return .unsigned(
            UnsignedProof(
                head: growth.head, requestedHead: requestedHead, signature: upgrade.signature, proof: verified))
    }

    /// Checks a proof that has no upgrade against this tree: all that a signature is not needed for.
    ///
    /// As ``verify(_:reading:hashing:)`` with the protocol's own hashing, for whoever verifies many blocks of a tree that is
    /// signed already: it is compiled for that, and so costs half as much.
    ///
    /// - Parameters:
    ///   - proof: a claim, of any size and content.
    ///   - known: the node of this tree with an index, where it is known here.
    /// - Throws: `.invalidOperation`, `.invalidChecksum`; what `known` throws. Nothing of such a proof may be used.
    /// - Precondition: there is no upgrade in the proof.
    public func verifyWithoutUpgrade(
        _ proof: Proof, known: (UInt64) throws -> TreeNode?
    ) throws -> VerifiedProof {
        precondition(proof.upgrade == nil, "an upgrade can be verified only with its signature")
        let hashing = BLAKE2bTreeHashing()
        if let block = proof.block, proof.hash == nil, proof.seek == nil {
            var path = try ProvenPath(startingWith: block, hashing: hashing)
            try path.climb(by: block.nodes[...], hashing: hashing)
            var verified = VerifiedProof(block, path)
            try anchor(path, in: &verified, known: known)
            return verified
        }
        let path = try ProvenPath(proof, hashing: hashing)
        var verified = VerifiedProof(proof, path)
        if let path { try anchor(path, in: &verified, known: known) }
        return verified
    }

    /// Compares the root of a path with the node that is known here.
    private func anchor(
        _ path: ProvenPath, in verified: inout VerifiedProof, known: (UInt64) throws -> TreeNode?
    ) throws {
        let root = path.root
        guard let known = try knownNode(at: root.index, known: known) else {
            throw TreeError(.invalidOperation, "the proof leads to node \(root.index), which is not known here")
        }
        guard root.hash == known.hash, path.rootSizeIsHashed || root.size == known.size else {
            throw TreeError(.invalidChecksum, "node \(root.index) differs from the one known here")
        }
        // The known size may come from a hash part that shared it out wrongly; this one is certain.
        if root.size != known.size { verified.nodes.append(root) }
    }
}

extension VerifiedProof {
    /// What a block's proof has proven if `path`, which was made of it, ends at a node that is known.
    fileprivate init(_ block: Proof.Block, _ path: ProvenPath) {
        self.block = Block(index: block.index, value: block.value)
        nodes = path.below
    }

    /// What a proof has proven if `path`, which was made of it, ends at a node that is known.
    fileprivate init(_ proof: Proof, _ path: ProvenPath?) {
        block = proof.block.map { Block(index: $0.index, value: $0.value) }
        hash = proof.hash?.nodes.first
        nodes = path?.below ?? []
    }
}
