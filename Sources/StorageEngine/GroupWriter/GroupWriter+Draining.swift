import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension GroupWriter {
    /// Applies the queue: with `.relaxed` on this thread, where no other does it already; with `.full` by waking the
    /// writer thread. Not to be called inside a read.
    public func drive() {
        switch queue.withLock({ $0.claim(onCallersThread: durability == .relaxed) }) {
        case .none: break
        case .drain: drain {}
        case .startThread: startThread()
        }
    }

    private func startThread() {
        // The job holds the writer until the queue is empty; what was queued is committed even if nobody else keeps it.
        //
        // Between two groups it gives way once: those who were just told are about to come again, and with a processor to come
        // on they are part of the next group. 64 tasks that append to one log made 21 commits of 1,280 appends so, and 31
        // without it. Where nobody else wants to run it costs a system call.
        thread.run { self.drain { sched_yield() } }
    }

    /// Applies the queue group by group. Runs on the owner's thread, with no lock held.
    private func drain(betweenGroups giveWay: () -> Void) {
        var roundsLeft = Self.maximumInlineGroups
        var hasAsked = false
        while true {
            switch queue.withLock({ $0.next(roundsLeft: roundsLeft, hasAsked: hasAsked) }) {
            case .ask(let contributors):
                for contributor in contributors { contributor.contribute() }
                hasAsked = true
            case .apply(let group):
                apply(group)
                giveWay()
                hasAsked = false
                roundsLeft -= 1
            case .startThread: return startThread()
            case .rest: return
            }
        }
    }
}

// MARK: - One group

extension GroupWriter {
    private func apply(_ group: [GroupQueue.Entry]) {
        var counts = GroupWriterStatistics()
        var failure: StorageError?
        var application = GroupApplication(group)
        let setCount = group.count(where: \.work.isSet)
        if setCount > 0 {
            failure = commit(&application)
            counts.add(application, ofSets: setCount, failure: failure, durability: durability)
        }
        if group[0].work.isAlone { failure = performAlone(group[0].work) }
        let syncFailure = group.contains(where: \.work.isSync) ? sync(&counts) : nil

        let (receipt, admitted) = queue.withLock { $0.finish(group, adding: counts) }
        for waiter in admitted { waiter.resume() }
        let result = { (index: Int) -> Result<CommitReceipt, StorageError> in
            let error: StorageError? =
                switch group[index].work {
                case .set: failure ?? application.refusals[index]
                case .refused(let refusal): refusal
                case .sync: syncFailure
                case .alone: failure
                case .barrier: nil
                }
            return error.map(Result.failure) ?? .success(receipt)
        }
        // All completions come before the first waiter goes on: a log moves to the group's last head, which includes
        // what the earlier sets of the group were told.
        for index in group.indices { group[index].completion?(result(index)) }
        for index in group.indices { group[index].settle(result(index)) }
    }

    /// Commits a group in one transaction; without the sets whose seal cannot be made, as often as there are such.
    private func commit(_ application: inout GroupApplication) -> StorageError? {
        while true {
            let unsealable = application.unsealableCount
            do throws(StorageError) {
                try engine.write(durability: durability) { transaction throws(StorageError) in
                    try application.apply(to: transaction)
                }
                return nil
            } catch {
                guard application.unsealableCount > unsealable else { return error }
            }
        }
    }

    /// Does what was to be done with the engine while nothing is written.
    private func performAlone(_ work: GroupQueue.Entry.Work) -> StorageError? {
        guard case .alone(let body, let sequel) = work else { return nil }
        do throws(StorageError) {
            try body()
        } catch {
            return error
        }
        queue.withLock { $0.apply(sequel) }
        return nil
    }

    private func sync(_ counts: inout GroupWriterStatistics) -> StorageError? {
        do throws(StorageError) {
            try engine.sync()
            counts.syncs += 1
            return nil
        } catch {
            return error
        }
    }
}

extension GroupWriterStatistics {
    fileprivate mutating func add(
        _ application: GroupApplication, ofSets count: Int, failure: StorageError?, durability: Durability
    ) {
        guard failure == nil else { return failures += UInt64(count) }
        transactions += 1
        if durability == .full { syncs += 1 }
        let conflicting = application.refusals.values.count { $0.code == .conflict }
        sets += UInt64(count - application.refusals.count)
        conflicts += UInt64(conflicting)
        failures += UInt64(application.refusals.count - conflicting)
        recordsPut += application.recordsPut
        bytesPut += application.bytesPut
    }
}
