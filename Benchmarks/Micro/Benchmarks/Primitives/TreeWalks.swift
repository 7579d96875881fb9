import Benchmark
import MerkleTree

/// From a leaf to the root of a tree of 2^20 blocks: the way of every proof.
func treeWalks() {
    Benchmark("walk up 20 levels") { benchmark in
        for _ in benchmark.scaledIterations {
            var index = FlatTree.leaf(ofBlock: 654_321)
            for _ in 0..<20 {
                blackHole(FlatTree.sibling(of: index))
                index = FlatTree.parent(of: index)
            }
            blackHole(index)
        }
    }
}
