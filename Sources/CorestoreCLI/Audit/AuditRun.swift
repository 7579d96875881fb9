import Corestore
import Crypto
import Hypercore
import Synchronization

/// One run of `audit` or `verify`: what it finds is printed as it goes on, and decides how the command ends.
final class AuditRun: Sendable {
    private let console: Console
    private let isRepairing: Bool
    private let unsoundCount = Mutex(0)

    init(_ console: Console, isRepairing: Bool) {
        self.console = console
        self.isRepairing = isRepairing
    }

    /// Checks one core.
    func audit(_ core: Hypercore) async throws {
        let key = core.key.text
        let report = try await core.audit(repairing: isRepairing) { [console] event in
            guard case .damage(let damage) = event else { return }
            // What cannot be printed now is in the report as well.
            try? console.print("  \(damage.words)", or: DamageRecord(damage, key: key))
        }
        let record = AuditedRecord(report, key: key, isRepairing: isRepairing)
        try console.print(record.words, or: record)
        if !record.isSettled { unsoundCount.withLock { $0 += 1 } }
    }

    /// Checks a stored core. One that cannot even be opened is damaged too.
    func audit(_ discoveryKey: DiscoveryKey, of store: Corestore) async throws {
        let core: Hypercore
        do {
            core = try await store.get(discoveryKey: discoveryKey)
        } catch let error as HypercoreError where error.code == .damaged {
            unsoundCount.withLock { $0 += 1 }
            return try console.print(
                "\(discoveryKey): cannot be opened: \(error.message)",
                or: UnopenedRecord(discoveryKey: discoveryKey.description, reason: error.message))
        }
        try await audit(core)
        await core.close()
    }

    /// Ends the command.
    ///
    /// - Throws: where something was damaged and is not repaired.
    func finish() throws(Failure) {
        let count = unsoundCount.withLock { $0 }
        guard count > 0 else { return }
        throw Failure("\(count == 1 ? "1 core is" : "\(count) cores are") damaged")
    }
}

extension AuditDamage {
    /// What is damaged, for people.
    var words: String {
        switch self {
        case .block(let index, .altered): "block \(index) is not what was signed"
        case .block(let index, .missing): "block \(index) should be here and is not"
        case .block(let index, .unproven): "block \(index) lost the hashes that prove it"
        case .block(let index, .unknown): "block \(index) is here and was not known to be"
        case .node(let index): "tree node \(index) is damaged"
        case .page(let number): "the record of which blocks are here is damaged, in part \(number)"
        case .signature(let reason): "the signature does not hold: \(reason)"
        }
    }
}
