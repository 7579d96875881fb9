import BenchHarness
import Testing

@Suite struct BlockTests {
    @Test func batchesHoldEveryBlockOnceInOrderAndEndWithWhatIsLeft() {
        let workload = Workload(.replicateLarge, .tiny)
        let pattern = BlockPattern(length: workload.blockLength)
        var batches = BlockBatches(workload)
        var blocks: [[UInt8]] = []
        var counts: [Int] = []
        while let batch = batches.next() {
            counts.append(batch.count)
            blocks += batch
        }
        #expect(counts == [64, 36])
        #expect(blocks == (0..<100).map(pattern.block(at:)))
    }

    @Test func noTwoBlocksAreEqualAndEachIsTheSameOnEveryRun() {
        let (one, other) = (BlockPattern(length: 100), BlockPattern(length: 100))
        #expect(Set((0..<300).map(one.block(at:))).count == 300)
        #expect((0..<300).allSatisfy { one.block(at: $0) == other.block(at: $0) })
    }

    @Test func aDigestTellsOtherBlocksAnotherOrderAndAMissingReadApart() {
        let pattern = BlockPattern(length: 100)
        func digest(_ indices: [Int]) -> String {
            var digest = ReadDigest()
            for index in indices { digest.add(pattern.block(at: index)) }
            return digest.hexadecimal
        }
        let digests = [digest([1, 2, 3]), digest([3, 2, 1]), digest([1, 2]), digest([1, 2, 4]), digest([])]
        #expect(Set(digests).count == digests.count)
        #expect(digest([1, 2, 3]) == digests[0])
    }

    @Test func randomIndicesStayBelowTheirBoundAndReachAllOfIt() {
        var numbers = SeededNumbers(seed: 7)
        let drawn = Set((0..<1_000).map { _ in numbers.next(below: 10) })
        #expect(drawn == Set(0..<10))
    }

    @Test(arguments: Figure.allCases)
    func aTinyWorkloadHasLessToDoThanAFullOneBlockForBlockAlike(figure: Figure) {
        let (tiny, full) = (Workload(figure, .tiny), Workload(figure, .full))
        #expect(tiny.blockCount < full.blockCount)
        #expect(tiny.readCount <= full.readCount)
        #expect((tiny.blockLength, tiny.batchLength) == (full.blockLength, full.batchLength))
    }
}
