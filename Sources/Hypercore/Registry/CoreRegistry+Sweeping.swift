import HypercoreStorage
import Synchronization

extension CoreRegistry {
    /// Sweeps, soon, what no log and no snapshot refers to any more.
    public func sweep() {
        sweeper.wake { [weak self] in self?.openCoresByNumber ?? [:] }
    }

    /// Returns when nothing is left to be swept, but for what snapshots read.
    public func finishSweeping() async {
        await sweeper.settle()
    }

    /// Ends sweeping for good, after the step that is under way. What is left is swept the next time that the store is
    /// opened.
    public func stopSweeping() async {
        await sweeper.stop()
    }

    private var openCoresByNumber: [CoreNumber: Core] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.cores.values.map { ($0.core.stored.number, $0.core) })
        }
    }
}

// MARK: - Suspending

extension CoreRegistry {
    /// Makes what may wait for a read wait: the store is about to be suspended.
    public func holdReaders() { gate.shut() }

    /// Lets go on what waited, sweeping included.
    public func releaseReaders() {
        gate.open()
        sweep()
    }

    /// Returns when the store can be read.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilReadable() async throws { try await gate.pass() }
}
