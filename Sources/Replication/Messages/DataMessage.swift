public import CompactEncoding
public import Manifest
public import MerkleTree

/// Answers a request, or pushes a block (PROTOCOL §7, message 3). What it holds is a claim until it is verified.
public struct DataMessage: Hashable, Sendable {
    /// The id of the request it answers; 0 for one that was not tracked.
    public var request: UInt64
    /// The fork of the tree it is about.
    public var fork: UInt64
    /// The block, the nodes and the signature.
    public var proof: Proof
    /// The core's manifest, where it was asked for.
    @Indirect public var manifest: CoreManifest?

    /// Creates a message.
    public init(request: UInt64, fork: UInt64, proof: Proof = Proof(), manifest: CoreManifest? = nil) {
        self.request = request
        self.fork = fork
        self.proof = proof
        self.manifest = manifest
    }
}

extension DataMessage {
    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let block = Flags(rawValue: 1)
        static let hash = Flags(rawValue: 2)
        static let seek = Flags(rawValue: 4)
        static let upgrade = Flags(rawValue: 8)
        static let manifest = Flags(rawValue: 16)
    }

    /// Reads the message; `body` is what `reader` reads, so that the block's value can be sliced from it.
    init(from reader: inout ByteReader, of body: ArraySlice<UInt8>) throws(CompactDecodingError) {
        let flags = Flags(rawValue: try reader.uint())
        let (request, fork) = (try reader.uint(), try reader.uint())
        var proof = Proof()
        if flags.contains(.block) { proof.block = try Proof.Block(from: &reader, of: body) }
        if flags.contains(.hash) { proof.hash = try Proof.Hash(from: &reader) }
        if flags.contains(.seek) { proof.seek = try Proof.Seek(from: &reader) }
        if flags.contains(.upgrade) { proof.upgrade = try Proof.Upgrade(from: &reader) }
        let manifest = flags.contains(.manifest) ? try CoreManifest(from: &reader) : nil
        self.init(request: request, fork: fork, proof: proof, manifest: manifest)
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        encodeHead(into: &writer)
        if let block = proof.block { writer.buffer(block.value) }
        encodeTail(into: &writer)
    }

    /// Appends the message's body with `blockValue` in the place of the block's own value.
    ///
    /// It lets a block go from borrowed storage straight into what is sent, without a copy between.
    ///
    /// - Precondition: there is a block in the proof, and its value is empty.
    public func encode(into writer: inout ByteWriter, blockValue: RawSpan) {
        precondition(proof.block?.value.isEmpty == true, "a borrowed value needs a block part without one of its own")
        encodeHead(into: &writer)
        writer.buffer(blockValue)
        encodeTail(into: &writer)
    }

    /// What comes before the block's value.
    private func encodeHead(into writer: inout ByteWriter) {
        var flags: Flags = []
        if proof.block != nil { flags.insert(.block) }
        if proof.hash != nil { flags.insert(.hash) }
        if proof.seek != nil { flags.insert(.seek) }
        if proof.upgrade != nil { flags.insert(.upgrade) }
        if manifest != nil { flags.insert(.manifest) }
        writer.uint(flags.rawValue)
        writer.uint(request)
        writer.uint(fork)
        if let index = proof.block?.index { writer.uint(index) }
    }

    /// What comes after it.
    private func encodeTail(into writer: inout ByteWriter) {
        if let nodes = proof.block?.nodes { writer.treeNodes(nodes) }
        if let hash = proof.hash {
            writer.uint(hash.index)
            writer.treeNodes(hash.nodes)
        }
        if let seek = proof.seek {
            writer.uint(seek.bytes)
            writer.treeNodes(seek.nodes)
        }
        proof.upgrade?.encode(into: &writer)
        manifest?.encode(into: &writer)
    }
}
