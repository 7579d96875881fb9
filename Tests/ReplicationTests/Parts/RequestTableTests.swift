import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// The ids of our requests (PROTOCOL §7, Answering).
@Suite struct RequestTableTests {
    private func request(_ block: UInt64) -> OutstandingRequest {
        OutstandingRequest(
            message: RequestMessage(id: 0, fork: 0, parts: ProofRequest(block: .init(index: block, nodes: 0))))
    }

    @Test func theIdOfAnAnsweredRequestIsUsedAgain() {
        var table = RequestTable()
        #expect(table.add(request(10)) == 1)
        #expect(table.add(request(11)) == 2)
        #expect(table.takeAnswered(1)?.message.parts.block?.index == 10)
        #expect(table.takeAnswered(1) == nil)
        #expect(table.add(request(12)) == 1)
        #expect(table.count == 2)
    }

    @Test func theIdOfACancelledRequestWaitsForALaterAnswer() {
        var table = RequestTable()
        _ = table.add(request(1))  // 1, sent before the cancel
        _ = table.add(request(2))  // 2, cancelled
        #expect(table.takeCancelled(2) != nil)
        #expect(table.cancelledCount == 1)
        #expect(table.add(request(3)) == 3, "not 2: its answer may be on the way")
        #expect(table.takeAnswered(1) != nil)
        #expect(table.cancelledCount == 1, "the first was sent before the cancel, so its answer says nothing")
        #expect(table.takeAnswered(2) == nil, "the late answer belongs to nobody")
        #expect(table.takeAnswered(3) != nil)
        #expect(table.cancelledCount == 0)
        #expect(table.add(request(4)) == 2)
    }

    @Test func anObsoleteRequestKeepsItsIdUntilItIsAnswered() {
        var table = RequestTable()
        _ = table.add(request(1))
        _ = table.add(request(2))
        let marked = table.markObsolete { $0.message.parts.block?.index == 1 }
        #expect(marked.map(\.message.id) == [1] && marked[0].isObsolete == false)
        #expect(table.markObsolete { _ in true }.map(\.message.id) == [2], "each is handed out once")
        #expect(table.count == 2 && table.add(request(3)) == 3)
        #expect(table.takeAnswered(1)?.isObsolete == true)
        #expect(table.add(request(4)) == 1)
    }

    @Test func noIdIsGivenToTwoAtOnce() {
        for seed in 1...10 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var table = RequestTable()
            var open: Set<UInt64> = []
            var unsure: Set<UInt64> = []
            for step in 0..<2000 {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    let id = table.add(request(UInt64(step)))
                    #expect(open.insert(id).inserted && id > 0, "seed \(seed)")
                    unsure.remove(id)
                case 1:
                    guard let id = open.sorted().randomElement(using: &generator) else { continue }
                    #expect(table.takeAnswered(id) != nil, "seed \(seed)")
                    open.remove(id)
                default:
                    guard let id = open.sorted().randomElement(using: &generator) else { continue }
                    #expect(table.takeCancelled(id) != nil, "seed \(seed)")
                    open.remove(id)
                    unsure.insert(id)
                }
                #expect(table.count == open.count)
            }
        }
    }

    @Test(arguments: [0, 1, 5, 1 << 40, .max] as [UInt64])
    func anIdThatIsNotOursIsNothing(id: UInt64) {
        var table = RequestTable()
        #expect(table.takeAnswered(id) == nil)
        #expect(table.takeCancelled(id) == nil)
    }
}
