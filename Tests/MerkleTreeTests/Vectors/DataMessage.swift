import CompactEncoding
import Crypto
import MerkleTree

/// The body of the wire message `data` (PROTOCOL §7, message 3), as much of it as proofs need: no manifest.
struct DataMessage: Equatable {
    var request: UInt64
    var fork: UInt64
    var proof: Proof

    init(request: UInt64 = 1, fork: UInt64 = 0, proof: Proof) {
        self.request = request
        self.fork = fork
        self.proof = proof
    }

    init(decoding bytes: [UInt8]) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        let flags = try reader.uint()
        request = try reader.uint()
        fork = try reader.uint()
        proof = Proof()
        if flags & 1 != 0 {
            let index = try reader.uint()
            let value = bytes[try reader.bufferRange()]
            proof.block = Proof.Block(index: index, value: value, nodes: try Self.nodes(&reader))
        }
        if flags & 2 != 0 { proof.hash = Proof.Hash(index: try reader.uint(), nodes: try Self.nodes(&reader)) }
        if flags & 4 != 0 { proof.seek = Proof.Seek(bytes: try reader.uint(), nodes: try Self.nodes(&reader)) }
        if flags & 8 != 0 {
            proof.upgrade = Proof.Upgrade(
                start: try reader.uint(), length: try reader.uint(), nodes: try Self.nodes(&reader),
                additionalNodes: try Self.nodes(&reader), signature: try reader.optionalBuffer())
        }
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        let flags =
            (proof.block == nil ? 0 : 1) | (proof.hash == nil ? 0 : 2) | (proof.seek == nil ? 0 : 4)
            | (proof.upgrade == nil ? 0 : 8)
        writer.uint(UInt64(flags))
        writer.uint(request)
        writer.uint(fork)
        if let block = proof.block {
            writer.uint(block.index)
            writer.buffer(block.value)
            writer.array(block.nodes, Self.write)
        }
        if let hash = proof.hash {
            writer.uint(hash.index)
            writer.array(hash.nodes, Self.write)
        }
        if let seek = proof.seek {
            writer.uint(seek.bytes)
            writer.array(seek.nodes, Self.write)
        }
        if let upgrade = proof.upgrade {
            writer.uint(upgrade.start)
            writer.uint(upgrade.length)
            writer.array(upgrade.nodes, Self.write)
            writer.array(upgrade.additionalNodes, Self.write)
            writer.optionalBuffer(upgrade.signature)
        }
        return writer.bytes
    }

    private static func nodes(_ reader: inout ByteReader) throws(CompactDecodingError) -> [TreeNode] {
        try reader.array { (reader) throws(CompactDecodingError) in
            TreeNode(index: try reader.uint(), size: try reader.uint(), hash: try reader.fixed32())
        }
    }

    private static func write(_ writer: inout ByteWriter, _ node: TreeNode) {
        writer.uint(node.index)
        writer.uint(node.size)
        writer.fixed32(node.hash)
    }
}
