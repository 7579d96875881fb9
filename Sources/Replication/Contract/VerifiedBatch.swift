public import Crypto
public import Manifest

/// Verified blocks and nodes, to be stored in one atomic write.
///
/// Nothing in it is a claim: every block and every node is bound to a signed head by a chain of hashes, and the head's
/// signature was verified with the manifest that the core's key commits to.
public struct VerifiedBatch: Sendable {
    /// The fork that the batch belongs to. A log of another fork must refuse it.
    public var fork: UInt64
    /// The length that the log had when the batch was begun. If `head` is set, a log of another length must refuse it.
    public var baseLength: UInt64
    /// The nodes to store, best in the order in which appending would have completed them. One that is stored already is equal to it.
    public var nodes: [TreeNode]
    /// The blocks to store.
    public var blocks: [Block]
    /// The new head, if the log grew.
    public var head: SignedHead?
    /// The manifest, if it was learnt.
    public var manifest: CoreManifest?

    /// States that everything in the batch was verified: by the replicator, or on the import of an archive.
    package init(
        fork: UInt64, baseLength: UInt64, nodes: [TreeNode], blocks: [Block], head: SignedHead? = nil,
        manifest: CoreManifest? = nil
    ) {
        self.fork = fork
        self.baseLength = baseLength
        self.nodes = nodes
        self.blocks = blocks
        self.head = head
        self.manifest = manifest
    }

    /// A block and its bytes.
    public struct Block: Hashable, Sendable {
        /// The block's index.
        public var index: UInt64
        /// The block's bytes, as replicated. A slice of the frame that brought them: copy it to keep it for long.
        public var value: ArraySlice<UInt8>

        /// Creates a block.
        public init(index: UInt64, value: ArraySlice<UInt8>) {
            self.index = index
            self.value = value
        }
    }
}

extension [VerifiedBatch.Block] {
    /// The blocks' indices as runs, ascending.
    package var runs: [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        for index in map(\.index).sorted() {
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
        }
        return runs
    }
}
