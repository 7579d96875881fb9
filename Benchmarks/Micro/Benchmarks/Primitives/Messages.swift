import Benchmark
import CompactEncoding
import Crypto
import MerkleTree
import Replication

/// A data message with one block of 100 B and one node: what a downloader of everything gets for each block.
func messages() {
    let node = TreeNode(index: 24_691, size: 1_600, hash: Bytes32())
    let block = Proof.Block(index: 12_345, value: [UInt8](repeating: 9, count: 100)[...], nodes: [node])
    let message = WireMessage.data(DataMessage(request: 1_234, fork: 0, proof: Proof(block: block)))
    Benchmark("encode a data message") { benchmark in
        var writer = ByteWriter(reservingCapacity: 256)
        for _ in benchmark.scaledIterations {
            writer.removeAll()
            message.encode(into: &writer)
            blackHole(writer.count)
        }
    }
    Benchmark("decode a data message") { benchmark in
        var writer = ByteWriter()
        message.encode(into: &writer)
        let body = writer.bytes[...]
        for _ in benchmark.scaledIterations {
            blackHole(try? WireMessage.decode(type: message.kind.rawValue, body: body))
        }
    }
}
