import Corestore
import HuntAudit
import HuntWorkload
import Hypercore
import HypercoreStorage
import StorageEngine
import StorageLMDB
import Synchronization

/// One store that is worked on while one operation of its engine fails.
///
/// The work goes on after the fault, on the store that had it; then the store is closed, opened again without faults, and
/// audited.
struct FaultRun {
    let seed: UInt64
    let tasks: Int
    let fault: FaultInjectingEngine.Fault?
    /// Where LMDB keeps it; `nil` keeps it in memory.
    let directory: String?

    struct Findings {
        var violations: [Violation] = []
        var counts: [FaultInjectingEngine.Operation: Int] = [:]
        /// Operations that ended with an error.
        var failureCount = 0
        var hasStruck = false
        var told: [JournalEntry] = []
    }

    private static let logs = ["log-0", "log-1", "log-2"]

    func findings() async throws -> Findings {
        let engine = try OpenedEngine(directory)
        let faulty = FaultInjectingEngine(engine.opened)
        if let fault { faulty.inject(fault) }
        let told = Told()
        var findings = Findings()
        await work(on: faulty, told, &findings)
        for operation in FaultInjectingEngine.Operation.allCases {
            findings.counts[operation] = faulty.count(of: operation)
        }
        if let fault { findings.hasStruck = faulty.count(of: fault.operation) >= fault.ordinal }
        findings.told = told.entries
        await lookAgain(engine, told.entries, &findings)
        return findings
    }
}

// MARK: - With the fault

extension FaultRun {
    private func work(on engine: FaultInjectingEngine, _ told: Told, _ findings: inout Findings) async {
        let store: Corestore
        do {
            store = try await Corestore.open(engine)
        } catch {
            return requireFault(error, "the store did not open", &findings)
        }
        do {
            try await WriterSession.run(plan, on: store, journal: Journal { told.add($0) })
        } catch {
            requireFault(error, "a session did not begin", &findings)
        }
        engine.heal()
        await goOn(store, told, &findings)
        do {
            try await store.close()
        } catch {
            requireFault(error, "the store did not close", &findings)
        }
    }

    private var plan: WriterSession.Plan {
        var plan = WriterSession.Plan(seed: seed, session: 0)
        plan.tasks = tasks
        plan.logs = Self.logs.count
        plan.operationsPerTask = tasks == 1 ? 24 : 10
        // Alone, every set that is committed belongs to an operation.
        plan.downloads = tasks > 1
        plan.patience = .milliseconds(100)
        return plan
    }

    private func requireFault(_ error: any Error, _ words: String, _ findings: inout Findings) {
        guard fault == nil else { return }
        findings.violations.append(Violation(.reported, "\(words) without a fault: \(error)"))
    }

    /// A write that failed before it took effect leaves later ones working. After one that took effect all the same,
    /// the store holds more than its logs know: they may refuse, in those words.
    private func goOn(_ store: Corestore, _ told: Told, _ findings: inout Findings) async {
        do {
            let entries = try await WriterSession.download(
                plan, to: store, as: OperationID(session: 0xffef, task: 0, number: 0),
                patience: mayBeAhead ? .milliseconds(100) : .seconds(20))
            for entry in entries { told.add(entry) }
        } catch {
            // A log that is ahead of its store lets its peers go, and so the download only never ends.
            if !mayBeAhead { findings.violations.append(Violation(.goesOn, "after the fault, a download: \(error)")) }
        }
        for (number, name) in Self.logs.enumerated() {
            do {
                let entries = try await store.appendToEach(of: [name], as: 0xfff0 + number, seed: seed)
                for entry in entries { told.add(entry) }
            } catch let error as HypercoreError where error.code == .conflict && mayBeAhead {
                continue
            } catch {
                findings.violations.append(Violation(.goesOn, "the fault is over, and \(name) still fails: \(error)"))
            }
        }
    }

    private var mayBeAhead: Bool {
        guard let fault else { return false }
        return fault.moment == .afterTakingEffect && (fault.operation == .commit || fault.operation == .sync)
    }
}

// MARK: - After it

extension FaultRun {
    private func lookAgain(_ engine: consuming OpenedEngine, _ entries: [JournalEntry], _ findings: inout Findings)
        async
    {
        do {
            let engine = try engine.openedAgain()
            let store = try await Corestore.open(engine.opened)
            let audit = await StoreAudit.of(store, on: engine.opened, seed: seed)
            findings.violations += audit.violations
            let acknowledged = entries.filter { if case .failed = $0 { fault == nil } else { true } }
            findings.violations += ExpectedHistory.violations(
                of: audit.contents, since: StoreContents(), acknowledged)
            compareFailures(entries, with: audit.contents, &findings)
            let names = Self.logs + ["made-at-last"]
            let last = try await store.appendToEach(of: names, as: 0xffe0, seed: seed)
            let after = await StoreAudit.of(store, on: engine.opened, seed: seed)
            findings.violations += after.violations
            findings.violations += ExpectedHistory.violations(of: after.contents, since: audit.contents, last)
            try await store.close()
        } catch {
            findings.violations.append(Violation(.opens, "after it was closed: \(error)"))
        }
    }

    /// Whoever was told of a failure must not find the append, unless the fault came after it took effect: so exactly the
    /// operations of the group that failed were told.
    private func compareFailures(
        _ entries: [JournalEntry], with contents: StoreContents, _ findings: inout Findings
    ) {
        var failed: [OperationID: String] = [:]
        for case .failed(let operation, let message) in entries { failed[operation] = message }
        findings.failureCount = failed.count
        // A log that was made, appended to, and could not be purged, is there.
        for case .acknowledged(let operation, .append) in entries { failed[operation] = nil }
        if let fault, fault.moment == .beforeTakingEffect {
            for core in contents.cores.values {
                for (index, block) in core.blocks {
                    guard let message = failed[block.operation] else { continue }
                    findings.violations.append(
                        Violation(
                            .reported, "block \(index) of \(core.key) is there, and was said not to be: \(message)"))
                }
            }
            if tasks == 1, fault.operation != .read, findings.failureCount > 1 {
                findings.violations.append(
                    Violation(.reported, "one fault, and \(findings.failureCount) operations failed"))
            }
        }
    }
}

/// What was told, from any task.
private final class Told: Sendable {
    private let state = Mutex<[JournalEntry]>([])

    func add(_ entry: JournalEntry) { state.withLock { $0.append(entry) } }
    var entries: [JournalEntry] { state.withLock { $0 } }
}

/// An engine, and how it is opened again after it was closed.
private struct OpenedEngine {
    let opened: any StorageEngine
    private let directory: String?

    init(_ directory: String?) throws {
        self.directory = directory
        opened =
            if let directory {
                try LMDBEngine.open(at: directory, tables: Schema.tables)
            } else {
                KeptEngine(MemoryEngine(tables: Schema.tables))
            }
    }

    consuming func openedAgain() throws -> OpenedEngine {
        guard let directory else { return self }
        try opened.close()
        return try OpenedEngine(directory)
    }
}
