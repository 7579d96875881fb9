extension TreeHead {
    /// Plans the answer to a request (PROTOCOL §4, Proof request and Proof).
    ///
    /// Parts that cannot be had are left out where the rest is still of use: a seek past the end, a block past the
    /// end of the upgrade that it came with, a hash beside a block. An empty request has an empty plan.
    ///
    /// - Parameters:
    ///   - request: what a peer wants; any numbers are taken.
    ///   - prologueLength: the length that the manifest's prologue fixes, 0 without one. An upgrade that starts below
    ///     it is answered from 0 to it.
    ///   - reader: holds this tree. Only a seek reads from it.
    /// - Throws: `.invalidOperation` where no tree of this length can answer; `.missingNode` where a seek leads to a
    ///   node that is not held; what the reader throws.
    public func plan(
        _ request: ProofRequest, prologueLength: UInt64 = 0, reading reader: some NodeReader & ~Escapable
    ) throws -> ProofPlan {
        let upgrade = try upgradeRange(request.upgrade, prologueLength: prologueLength)
        let reach = upgrade?.upperBound ?? length
        var plan = ProofPlan()
        // The node of the upgrade that the block, hash or seek part leads up to and stands in for.
        var standIn: UInt64?

        if let target = ProofTarget(request) {
            if let upgrade, !target.isBelow(upgrade.lowerBound) {
                guard request.seek == nil else {
                    throw TreeError(.invalidOperation, "a seek cannot go with a block or hash inside the upgrade")
                }
                standIn = upgrade.subtree(containing: target.node)
                if let standIn { plan.climb(from: target, to: standIn) }
            } else {
                let root = try target.ancestor(inFirst: reach)
                let found = try seekRoot(request.seek, under: root, isRequired: upgrade == nil, reading: reader)
                plan.climb(from: target, to: root, passing: found)
            }
        } else if let upgrade, let found = try seekRoot(request.seek, inFirst: reach, reading: reader) {
            standIn = upgrade.subtree(containing: found.node)
            if let standIn { plan.climb(from: found, to: standIn) }
        }

        if let upgrade {
            plan.upgrade = ProofPlan.UpgradePath(
                start: upgrade.lowerBound, length: upgrade.upperBound - upgrade.lowerBound,
                nodes: FlatTree.subtrees(covering: upgrade).filter { $0 != standIn },
                additionalNodes: Array(FlatTree.subtrees(covering: upgrade.upperBound..<length)))
        }
        return plan
    }

    /// The blocks that the upgrade part of the answer lifts the requester over.
    private func upgradeRange(
        _ upgrade: ProofRequest.Upgrade?, prologueLength: UInt64
    ) throws(TreeError) -> Range<UInt64>? {
        guard let upgrade else { return nil }
        // A tree that does not reach its prologue yet cannot be answered from at all, and ends up refused below.
        let part =
            upgrade.start < prologueLength ? ProofRequest.Upgrade(start: 0, length: prologueLength) : upgrade
        let (end, overflow) = part.start.addingReportingOverflow(part.length)
        guard !overflow, end <= length, part.start < end else {
            throw TreeError(
                .invalidOperation,
                "a tree of \(length) blocks has no upgrade of \(part.length) blocks from \(part.start)")
        }
        return part.start..<end
    }
}

extension Range<UInt64> {
    /// The node that a range of blocks is lifted by and that holds `index` in its subtree.
    fileprivate func subtree(containing index: UInt64) -> UInt64? {
        FlatTree.subtrees(covering: self).first { FlatTree.contains($0, index) }
    }
}

extension ProofPlan {
    /// Plans the siblings from the target up to `root`. The sibling that holds the seek root in its subtree is left
    /// out: the seek part leads up to it and stands in for it.
    fileprivate mutating func climb(from target: ProofTarget, to root: UInt64, passing seek: SeekRoot? = nil) {
        var nodes: [UInt64] = target.block == nil ? [target.node] : []
        var index = target.node
        while index != root {
            let sibling = FlatTree.sibling(of: index)
            if let seek, seek.node != sibling, FlatTree.contains(sibling, seek.node) {
                climb(from: seek, to: sibling)
            } else {
                nodes.append(sibling)
            }
            index = FlatTree.parent(of: index)
        }
        if let block = target.block {
            self.block = Path(index: block, nodes: nodes)
        } else {
            hash = Path(index: target.node, nodes: nodes)
        }
    }

    /// Plans the found node and the siblings from it up to `root`.
    fileprivate mutating func climb(from seek: SeekRoot, to root: UInt64) {
        var nodes = [seek.node]
        var index = seek.node
        while index != root {
            nodes.append(FlatTree.sibling(of: index))
            index = FlatTree.parent(of: index)
        }
        self.seek = SeekPath(bytes: seek.bytes, nodes: nodes)
    }
}
