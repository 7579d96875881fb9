public import Crypto
public import Hypercore
import HypercoreStorage

/// What the audit of one of a store's cores came to.
public struct CoreAudit: Sendable {
    /// The core.
    public let discoveryKey: DiscoveryKey
    /// What was found; or why the core could not be opened or read, such as `.damaged` where it has lost its head.
    public let result: Result<AuditReport, any Error>
}

/// The audit of all cores of a store, one after the other, as it is read; see ``Corestore/audit(repairing:onEvent:)``.
public struct StoreAudit: AsyncSequence, Sendable {
    let store: Corestore
    let isRepairing: Bool
    let onEvent: @Sendable (DiscoveryKey, AuditEvent) -> Void

    /// Audits the cores once.
    public struct Iterator: AsyncIteratorProtocol {
        let audit: StoreAudit
        var cores: CoreList.Iterator

        /// Audits the next core.
        ///
        /// - Throws: ``CorestoreError``: `.closed`, `.storage`; `CancellationError`. What is wrong with one core alone is in
        ///   its ``CoreAudit/result``.
        public mutating func next() async throws -> CoreAudit? {
            while let discoveryKey = try await cores.next() {
                try Task.checkCancellation()
                try audit.store.requireOpen()
                if let audit = try await audit.audit(discoveryKey) { return audit }
            }
            return nil
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(audit: self, cores: store.list().makeAsyncIterator())
    }

    /// The audit of one core; `nil` where it was purged since it was listed.
    private func audit(_ discoveryKey: DiscoveryKey) async throws -> CoreAudit? {
        do {
            guard let log = try await store.root.registry.session(discoveryKey) else { return nil }
            let onEvent = onEvent
            do {
                let report = try await log.audit(repairing: isRepairing) { onEvent(discoveryKey, $0) }
                await log.close()
                return CoreAudit(discoveryKey: discoveryKey, result: .success(report))
            } catch {
                await log.close()
                throw error
            }
        } catch let error as CancellationError {
            throw error
        } catch let error as HypercoreError where error.code == .purged {
            return nil
        } catch {
            return CoreAudit(discoveryKey: discoveryKey, result: .failure(error))
        }
    }
}

extension Corestore {
    /// Audits all cores of the store, one after the other; see `Hypercore.audit(repairing:onEvent:)`.
    ///
    /// Nothing is done before the sequence is read, and nothing more once that ends. A core that cannot even be opened is
    /// an element like the others.
    ///
    /// ```swift
    /// for try await core in store.audit() where try !core.result.get().isSound {
    ///     print(core.discoveryKey)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - repairing: whether to repair what is damaged.
    ///   - onEvent: told of damage and progress, with the core that it concerns.
    public func audit(
        repairing: Bool = false, onEvent: @escaping @Sendable (DiscoveryKey, AuditEvent) -> Void = { _, _ in }
    ) -> StoreAudit {
        StoreAudit(store: self, isRepairing: repairing, onEvent: onEvent)
    }
}
