import MerkleTree
import Testing

@testable import Replication

/// The candidates for the log's next fork.
@Suite struct ForksTests {
    private func candidate(_ fork: UInt64) -> ForkCandidate {
        ForkCandidate(head: SignedHead(tree: TreeHead(fork: fork)), manifest: nil)
    }

    @Test func theHighestAreKeptInOrder() {
        var forks = Forks()
        for fork in [5, 2, 9, 7, 3] as [UInt64] where forks.hasRoom(for: fork, limit: 3) {
            forks.add(candidate(fork), limit: 3)
        }
        #expect(forks.candidates.map(\.fork) == [5, 7, 9])
        #expect(!forks.hasRoom(for: 4, limit: 3) && forks.hasRoom(for: 5, limit: 3) && forks.hasRoom(for: 6, limit: 3))
        forks.removeAll(upTo: 7)
        #expect(forks.candidates.map(\.fork) == [9])
        forks.remove(9)
        #expect(forks.candidates.isEmpty && forks.hasRoom(for: 1, limit: 3))
    }

    @Test func whatWasHandedOutIsTakenBackOnce() {
        var forks = Forks()
        let change = Reorganization(
            baseFork: 0, baseLength: 5, ancestorLength: 3, nodes: [], head: SignedHead(tree: TreeHead(fork: 1)))
        forks.handOut(change, as: CommitID(rawValue: 4))
        #expect(forks.isMoving)
        #expect(forks.takeHandedOut(CommitID(rawValue: 3)) == nil)
        #expect(forks.takeHandedOut(CommitID(rawValue: 4))?.ancestorLength == 3)
        #expect(!forks.isMoving && forks.takeHandedOut(CommitID(rawValue: 4)) == nil)
    }
}
