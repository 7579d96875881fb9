import Benchmark
import CompactEncoding
import Crypto

/// One leaf a block, and one parent a block in the mean.
func hashing() {
    for byteCount in [100, 1_024, 65_536] {
        let block = [UInt8](repeating: 7, count: byteCount)
        Benchmark("leaf of \(byteCount) B") { benchmark in
            let hashing = BLAKE2bTreeHashing()
            for _ in benchmark.scaledIterations { blackHole(hashing.leaf(block.span.bytes)) }
        }
    }
    Benchmark("parent") { benchmark in
        let hashing = BLAKE2bTreeHashing()
        let (left, right) = (hashing.leaf([1].span.bytes), hashing.leaf([2].span.bytes))
        for _ in benchmark.scaledIterations { blackHole(hashing.parent(size: 2, left: left, right: right)) }
    }
}
