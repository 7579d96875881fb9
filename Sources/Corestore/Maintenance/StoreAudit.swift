public import Crypto
public import Hypercore
import HypercoreStorage

/// What the audit of one of a store's cores came to.
public struct CoreAudit: Sendable {
    /// The core.
    public let discoveryKey: DiscoveryKey
    /// The core's key; `nil` where it could not be opened.
    public let key: CoreKey?
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
        // Not active: peers are not to be told of a core because it is audited.
        let options = SessionOptions(isActive: false)
        let log: Hypercore
        do {
            guard
                let opened = try await store.root.registry.session(discoveryKey, options: options, in: store.scope)
            else { return nil }
            log = opened
        } catch {
            return try audit(of: discoveryKey, nil, .failure(error))
        }
        let result: Result<AuditReport, any Error>
        do {
            let onEvent = onEvent
            result = .success(try await log.audit(repairing: isRepairing) { onEvent(discoveryKey, $0) })
        } catch {
            result = .failure(error)
        }
        await log.close()
        return try audit(of: discoveryKey, log.key, result)
    }

    private func audit(
        of discoveryKey: DiscoveryKey, _ key: CoreKey?, _ result: Result<AuditReport, any Error>
    ) throws -> CoreAudit? {
        switch result {
        case .failure(let error as CancellationError): throw error
        case .failure(let error as HypercoreError) where error.code == .purged: nil
        default: CoreAudit(discoveryKey: discoveryKey, key: key, result: result)
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
