import Bitfield
import MerkleTree

extension Replicator {
    /// Hands out the highest fork of which is known where it parts from ours.
    ///
    /// It waits a little where a yet higher one may be about to be found, so that a log far behind moves once and not fork by
    /// fork; but not for longer than that, since nothing says that there is such a fork.
    mutating func takeOverFork(log: some LogView & ~Escapable, into effects: inout Effects) {
        guard let best = forks.candidates.last(where: { $0.ancestorLength != nil }),
            let ancestorLength = best.ancestorLength, let foundAt = best.foundAt
        else { return }
        let mayBeSurpassed = peers.all.contains { $0.forkQuestion.map { $0.fork > best.fork } ?? false }
        guard !mayBeSurpassed || foundAt + limits.forkPatience <= now else { return }
        let tree = log.head.tree
        if tree.length == 0 {
            adopt(best)
        } else if !overlay.isOutstanding {
            // What is verified of the old history and not stored is not worth storing.
            discardUnstored()
            let id = nextCommitID()
            let reorganization = Reorganization(
                baseFork: tree.fork, baseLength: tree.length, ancestorLength: ancestorLength,
                nodes: best.search?.nodes ?? [], head: best.head)
            overlay.reserve(id)
            forks.handOut(reorganization, as: id)
            effects.append(.reorganize(id, reorganization))
        }
    }

    /// Begins an empty log in the candidate's fork. There is nothing to cut off, so that its head is stored like that of any
    /// longer log, and blocks are asked for at once.
    private mutating func adopt(_ candidate: ForkCandidate) {
        if let manifest = candidate.manifest { overlay.add(manifest) }
        overlay.add(candidate.head)
        forks.removeAll(upTo: candidate.fork)
        abandonRequests(exceptOf: candidate.fork)
        lookForNodes()
    }

    /// A reorganization is stored.
    mutating func finish(
        _ reorganization: Reorganization, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        leaveFork(keeping: reorganization.ancestorLength, of: reorganization.baseLength, log: log, into: &effects)
        wants.hasGrown = true
        finishStored(log: log, into: &effects)
    }

    /// Takes note that the log has another fork, and that of its blocks only those below `kept` are the same.
    ///
    /// All that is wanted stays wanted. What was being asked of the old fork is asked anew: the answers that are still on their
    /// way are no fault of the peers that send them.
    mutating func leaveFork(
        keeping kept: UInt64, of oldLength: UInt64, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let fork = log.head.tree.fork
        forks.removeAll(upTo: fork)
        discardUnstored()
        wants.lookAgain()
        abandonRequests(exceptOf: fork)
        for position in peers.all.indices {
            peers.all[position].provenLength = 0
            // What is to be pushed is gone, or rests on nodes that are; what peers push may fit from now on.
            peers.all[position].pushes.removeAll()
            peers.all[position].conduct.sentGoodPush()
        }
        searchAgain(from: 0)
        announceDrop(kept..<max(oldLength, kept), into: &effects)
        oweSyncToAll()
    }

    /// Frees what the requests about other forks were made for. They are not taken back, for an answer costs little and tells
    /// how fast the peer is, and ids of cancelled requests would have to be waited for.
    private mutating func abandonRequests(exceptOf fork: UInt64) {
        for position in peers.all.indices {
            let obsolete = peers.all[position].requests.markObsolete {
                $0.message.fork < fork || $0.message.fork == fork && $0.isAboutFork
            }
            for request in obsolete where !request.isOverdue {
                peers.all[position].isNotAwaited(request)
                abandon(request, to: peers.all[position].id)
            }
        }
    }
}
