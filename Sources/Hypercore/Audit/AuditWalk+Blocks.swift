import Crypto
import HypercoreStorage
import MerkleTree

extension AuditWalk {
    /// How many blocks one step drops.
    private static let dropLimit: UInt64 = 1024

    private enum Found {
        case nothing
        case sound
        case altered
    }

    /// Checks a block against its leaf, which is proven.
    mutating func check(_ index: UInt64, against leaf: TreeNode) throws {
        // A record that is broken past its last node hurts none, and is written anew.
        if step.repair.brokenGroups.contains(index), !step.repair.changesGroup(at: index) {
            step.damage.append(.node(leaf.index))
            step.damaged.nodes += 1
            step.rebuilt.nodes += 1
        }
        let found = try find(index, leaf)
        let isClaimed = try presence.claims(index, isStored: found != .nothing)
        switch found {
        case .sound:
            step.checked.blocks += 1
            guard !isClaimed else { return }
            step.damage.append(.block(index, .unknown))
            step.damaged.bits += 1
            step.rebuilt.bits += 1
            step.repair.foundBlocks.append(block: index)
        case .altered:
            step.checked.blocks += 1
            step.damage.append(.block(index, .altered))
            step.damaged.blocks += 1
            step.dropped.blocks += 1
            step.repair.droppedBlocks.append(block: index)
        case .nothing where isClaimed:
            miss(index)
        case .nothing:
            break
        }
    }

    private mutating func miss(_ index: UInt64) {
        step.damage.append(.block(index, .missing))
        step.damaged.blocks += 1
        step.damaged.bits += 1
        step.dropped.bits += 1
        step.repair.droppedBlocks.append(block: index)
    }

    private mutating func find(_ index: UInt64, _ leaf: TreeNode) throws -> Found {
        do {
            let size = try core.stored.withBlock(index, spans: head.spans) { block in
                let isSound = UInt64(block.byteCount) == leaf.size && core.hashing.leaf(block) == leaf.hash
                return (isSound, UInt64(block.byteCount))
            }
            guard let (isSound, byteCount) = size else { return .nothing }
            self.byteCount += byteCount
            return isSound ? .sound : .altered
        } catch let error as StorageRecordError where error.code == .damaged {
            return .altered
        }
    }

    /// Drops what lies below a node, which cannot be proven: some of it, if it is much.
    ///
    /// Its nodes go as well. A peer that is asked for a block is asked for the nodes that we lack, and would bring none in
    /// place of a damaged one.
    mutating func drop(below node: TreeNode) throws -> Bool {
        let blocks = FlatTree.blocks(under: node.index)
        let last = blocks.upperBound - 1
        guard let first = try firstRecord(in: max(start, blocks.lowerBound)..<blocks.upperBound) else { return true }
        let dropped = first..<min(first + Self.dropLimit, blocks.upperBound)
        for index in dropped {
            let isStored = try core.stored.containsBlock(index, spans: head.spans)
            let isClaimed = try presence.claims(index, isStored: isStored)
            guard isStored else {
                if isClaimed { miss(index) }
                continue
            }
            step.damage.append(.block(index, .unproven))
            step.damaged.blocks += 1
            step.dropped.blocks += 1
            step.repair.droppedBlocks.append(block: index)
        }
        nodeCount += Self.dropLimit
        step.repair.reach(to: blocks.upperBound)
        if dropped.lowerBound < last {
            step.repair.droppedGroups.append(dropped.lowerBound..<min(dropped.upperBound, last))
        }
        guard dropped.upperBound == blocks.upperBound else {
            step.next = dropped.upperBound
            return false
        }
        // At the last leaf, what ends there and lies above stays.
        for depth in 0..<FlatTree.depth(of: node.index) {
            if let index = FlatTree.index(depth: depth, offset: last >> UInt64(depth)) {
                step.repair.nodes[index] = .some(nil)
            }
        }
        return true
    }

    /// The first block of `range` of which anything is stored or said.
    private mutating func firstRecord(in range: Range<UInt64>) throws -> UInt64? {
        [
            try presence.firstClaimed(in: range),
            try core.stored.firstBlock(in: range, spans: head.spans),
            try core.stored.firstNodeGroup(in: range, spans: head.spans),
        ].compactMap { $0 }.min()
    }
}
