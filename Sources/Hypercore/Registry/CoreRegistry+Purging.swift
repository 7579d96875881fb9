import Crypto
import HypercoreStorage
import StorageEngine
import Synchronization

extension CoreRegistry {
    /// Removes a core from the store; see ``Hypercore/purge()``.
    func purge(_ core: Core) async throws {
        do {
            let writer = try core.requireWriter()
            let ticket = try state.withLock { state -> CommitTicket in
                guard let entry = state.cores[core.discoveryKey], entry.core === core else {
                    throw core.ended ?? CoreEnd.closed.error(core.key)
                }
                if let removal = entry.removal { return removal }
                // Under the core's lock, so that no change comes between that moves it in its group.
                let ticket = core.state.withLock { coreState in
                    let set = directory.purgeSet(core.stored, coreState.identity, groups: coreState.group.places)
                    return writer.enqueue(set) { [self] outcome in finishPurging(core, outcome) }
                }
                state.cores[core.discoveryKey]?.removal = ticket
                return ticket
            }
            try await writer.commit(ticket)
        } catch {
            throw HypercoreError.translating(error, key: core.key)
        }
    }

    private func finishPurging(_ core: Core, _ outcome: Result<CommitReceipt, StorageError>) {
        let isRemoved = (try? outcome.get()) != nil
        state.withLock { state in
            guard state.cores[core.discoveryKey]?.core === core else { return }
            if isRemoved {
                state.cores[core.discoveryKey] = nil
            } else {
                state.cores[core.discoveryKey]?.removal = nil
            }
        }
        guard isRemoved else { return }
        core.end(.purged)
        sweep()
    }

    /// Returns when no purge of this core is under way.
    func waitForRemoval(of discoveryKey: DiscoveryKey) async {
        while let removal = state.withLock({ $0.cores[discoveryKey]?.removal }) {
            // Whether it went well is told to those who purge.
            _ = try? await directory.writer?.commit(removal)
        }
    }
}
