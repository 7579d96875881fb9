import BenchHarness
import Testing

@testable import BenchFloors

@Suite struct TreeDepthTests {
    @Test(arguments: [(1, 1), (1_000, 2)])
    func aTreeHasAsManyLevelsAsItsBlocksTake(blockCount: Int, depth: Int) throws {
        let directory = try ScratchDirectory(in: "/tmp")
        let pattern = BlockPattern(length: 100)
        do {
            var log = LogAppender(at: try directory.makeDirectory("store"))
            log.append(contentsOf: (0..<blockCount).map(pattern.block(at:)))
        }
        #expect(TreeDepth.ofBlocks(in: directory.path) == depth)
    }

    @Test func whereThereIsNoStoreThereIsNoTree() throws {
        let directory = try ScratchDirectory(in: "/tmp")
        #expect(TreeDepth.ofBlocks(in: directory.path) == 0)
    }
}
