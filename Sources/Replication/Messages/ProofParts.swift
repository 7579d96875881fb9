import CompactEncoding
import Manifest
import MerkleTree

/// The parts of a proof as a data message carries them (PROTOCOL §7, message 3).
extension Proof.Block {
    init(from reader: inout ByteReader, of body: ArraySlice<UInt8>) throws(CompactDecodingError) {
        let index = try reader.uint()
        let value = try reader.bufferRange()
        self.init(
            index: index, value: body[(body.startIndex + value.lowerBound)..<(body.startIndex + value.upperBound)],
            nodes: try reader.treeNodes(atMost: MessageLimits.pathNodes))
    }
}

extension Proof.Hash {
    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        self.init(index: try reader.uint(), nodes: try reader.treeNodes(atMost: MessageLimits.pathNodes))
    }
}

extension Proof.Seek {
    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        self.init(bytes: try reader.uint(), nodes: try reader.treeNodes(atMost: MessageLimits.pathNodes))
    }
}

extension Proof.Upgrade {
    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        self.init(
            start: try reader.uint(), length: try reader.uint(),
            nodes: try reader.treeNodes(atMost: MessageLimits.upgradeNodes),
            additionalNodes: try reader.treeNodes(atMost: MessageLimits.upgradeNodes), signature: nil)
        let field = try reader.bytes(atMost: MessageLimits.signatureByteLength, "signature")
        // Here, and here alone, a length of 0 means that there is none (PROTOCOL §1).
        signature = field.isEmpty ? nil : field
    }

    func encode(into writer: inout ByteWriter) {
        writer.uint(start)
        writer.uint(length)
        writer.treeNodes(nodes)
        writer.treeNodes(additionalNodes)
        writer.optionalBuffer(signature)
    }
}
