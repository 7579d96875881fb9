import CompactEncoding
import Crypto

/// What the `signature` field holds unless it is bare: signatures, and the tree nodes that patches need (PROTOCOL §3;
/// `multisig.json`: signature).
struct MultiSignature {
    /// How each signature is written.
    enum Form {
        /// `uint flags ‖ uint signer ‖ fixed64 signature`, and a patch's positions where flagged.
        case version0
        /// `uint signer ‖ fixed64 signature ‖ uint patch`.
        case current
    }

    /// One signer's signature.
    struct Input {
        /// Which signer of the manifest it claims to be.
        var signer: UInt64
        var signature: Bytes64
        /// How many blocks longer the signed tree is.
        var patch: UInt64
    }

    /// The signatures, of which the first `quorum` count.
    var inputs: [Input]
    /// The nodes that lift a tree to a signed longer one; any patch may use any of them.
    var patchNodes: [TreeNode]
}

// MARK: - Encoding

extension MultiSignature {
    /// The most that a stranger's structure may hold.
    enum Limits {
        /// A signature a signer; more cannot count.
        static let inputs = CoreManifest.Limits.signers
        /// A patch takes at most two nodes a level of the tree; patches share most of theirs.
        static let patchNodes = 4096
    }

    private static let version0PatchFlag: UInt64 = 1

    /// Decodes the structure; bytes after it are ignored.
    init(decoding bytes: [UInt8], as form: Form) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        inputs = try reader.array(atMost: Limits.inputs, "signatures") { (reader) throws(CompactDecodingError) in
            switch form {
            case .version0: try Input(version0From: &reader)
            case .current: try Input(from: &reader)
            }
        }
        patchNodes = try reader.treeNodes(atMost: Limits.patchNodes)
    }
}

extension MultiSignature.Input {
    fileprivate init(from reader: inout ByteReader) throws(CompactDecodingError) {
        self.init(signer: try reader.uint(), signature: try reader.fixed64(), patch: try reader.uint())
    }

    fileprivate init(version0From reader: inout ByteReader) throws(CompactDecodingError) {
        let flags = try reader.uint()
        self.init(signer: try reader.uint(), signature: try reader.fixed64(), patch: 0)
        guard flags & MultiSignature.version0PatchFlag != 0 else { return }
        // The start and the positions repeat what the manifest's rules and the nodes' own indices say: they are read
        // to find what follows, and do not count.
        _ = try reader.uint()
        patch = try reader.uint()
        _ = try reader.array(atMost: MultiSignature.Limits.patchNodes, "positions") {
            (reader) throws(CompactDecodingError) in try reader.uint()
        }
    }
}

// MARK: - Assembly

extension MultiSignature {
    /// Writes `parts` as one structure, each node that several patches need but once.
    static func encode(_ parts: [PartialSignature], as form: Form) -> [UInt8] {
        var patchNodes = PatchNodes()
        // A signature, three numbers around it, and the counts of both lists.
        var writer = ByteWriter(reservingCapacity: 18 + 91 * parts.count)
        writer.array(parts) { writer, part in
            switch form {
            case .version0: encodeVersion0(part, into: &writer, sharing: &patchNodes)
            case .current: encode(part, into: &writer, sharing: &patchNodes)
            }
        }
        writer.treeNodes(patchNodes.nodes)
        return writer.take()
    }

    private static func encode(
        _ part: PartialSignature, into writer: inout ByteWriter, sharing patchNodes: inout PatchNodes
    ) {
        writer.uint(UInt64(part.signer))
        writer.fixed64(part.signature)
        writer.uint(part.patch?.length ?? 0)
        for node in part.patch?.nodes ?? [] {
            patchNodes.position(ofIndex: node)
        }
    }

    private static func encodeVersion0(
        _ part: PartialSignature, into writer: inout ByteWriter, sharing patchNodes: inout PatchNodes
    ) {
        writer.uint(part.patch == nil ? 0 : version0PatchFlag)
        writer.uint(UInt64(part.signer))
        writer.fixed64(part.signature)
        guard let patch = part.patch else { return }
        writer.uint(patch.lengthAfter)
        writer.uint(patch.length)
        writer.array(patch.nodes) { writer, node in
            writer.uint(UInt64(patchNodes.position(ofExactly: node)))
        }
    }

    /// The nodes that an assembled structure carries, in the order in which they were first needed.
    private struct PatchNodes {
        private(set) var nodes: [TreeNode] = []

        /// The position of the node with this one's index: the later versions look nodes up by index alone.
        @discardableResult
        mutating func position(ofIndex node: TreeNode) -> Int {
            position(of: node) { $0.index == node.index }
        }

        /// The position of this very node: version 0 refers to nodes by position.
        mutating func position(ofExactly node: TreeNode) -> Int {
            position(of: node) { $0 == node }
        }

        private mutating func position(of node: TreeNode, where isSame: (TreeNode) -> Bool) -> Int {
            if let known = nodes.firstIndex(where: isSame) { return known }
            nodes.append(node)
            return nodes.count - 1
        }
    }
}
