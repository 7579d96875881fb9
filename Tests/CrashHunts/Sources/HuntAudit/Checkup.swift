import Corestore
public import HuntWorkload
import Hypercore
import HypercoreStorage
public import StorageEngine
import StorageLMDB

/// What is done with a store after something happened to it: opened, audited, compared with what it must hold, and written
/// to again.
public struct Checkup: Sendable {
    /// What happened.
    public enum Incident: Sendable {
        /// Its process was ended; the system went on.
        case kill
        /// The machine stopped.
        case powerCut
    }

    /// How the store is found.
    public enum Outcome: Sendable {
        /// It opens.
        case opened
        /// It opens and says itself that it may be older than what was acknowledged.
        case doubted(HistoryDoubt)
        /// It says that it cannot be opened.
        case refused(String)
    }

    public private(set) var outcome = Outcome.opened
    /// What it holds; nothing where it was refused.
    public private(set) var contents = StoreContents()
    public private(set) var violations: [Violation] = []

    private let directory: String
    private let incident: Incident
    private let seed: UInt64
    private let durability: Durability

    /// Checks the store in `directory`.
    ///
    /// - Parameters:
    ///   - base: what it held before the writer began; `nil` only verifies what it holds.
    ///   - entries: what the writer told.
    ///   - goesOnAs: writes to each log as this session, which no other may be, and audits again; `nil` only looks.
    public static func of(
        _ directory: String, after incident: Incident, seed: UInt64, durability: Durability, since base: StoreContents?,
        _ entries: [JournalEntry], goesOnAs session: Int?
    ) async -> Checkup {
        var checkup = Checkup(directory: directory, after: incident, seed: seed, durability: durability)
        await checkup.look(since: base, entries)
        guard let session, checkup.violations.isEmpty else { return checkup }
        switch checkup.outcome {
        case .opened: await checkup.goOn(as: session)
        case .doubted: await checkup.goOnInDoubt(as: session)
        case .refused: break
        }
        return checkup
    }

    private init(directory: String, after incident: Incident, seed: UInt64, durability: Durability) {
        self.directory = directory
        self.incident = incident
        self.seed = seed
        self.durability = durability
    }

    /// Whether something that was acknowledged may be missing, if the store says so.
    private var mayForget: Bool { durability == .relaxed && incident == .powerCut }
}

// MARK: - Looking

extension Checkup {
    private mutating func look(since base: StoreContents?, _ entries: [JournalEntry]) async {
        let wasOpened = entries.contains { if case .opened = $0 { true } else { false } }
        let isNew = base?.cores.isEmpty == true && !wasOpened
        await withStore(mayBeRefused: mayForget && !isNew) { checkup, store, engine in
            if let doubt = store.historyDoubt { checkup.outcome = .doubted(doubt) }
            let audit = await StoreAudit.of(store, on: engine, seed: checkup.seed)
            checkup.contents = audit.contents
            checkup.violations += audit.violations
            guard let base else { return }
            guard case .doubted(let doubt) = checkup.outcome else {
                checkup.violations += ExpectedHistory.violations(of: audit.contents, since: base, entries)
                return
            }
            checkup.violations += ExpectedHistory.violationsWherePastMayBeMissing(
                of: audit.contents, since: base, entries)
            guard !checkup.mayForget else { return }
            checkup.violations.append(Violation(.goesOn, "the store is in doubt (\(doubt)) and nothing can be missing"))
        }
    }

    private mutating func withStore(
        mayBeRefused: Bool, _ body: (inout Checkup, Corestore, any StorageEngine) async -> Void
    ) async {
        let engine: LMDBEngine
        let store: Corestore
        do {
            engine = try LMDBEngine.open(at: directory, tables: Schema.tables)
        } catch {
            outcome = .refused("\(error)")
            if !mayBeRefused { violations.append(Violation(.opens, "the store does not open: \(error)")) }
            return
        }
        do {
            store = try await Corestore.open(engine, options: CorestoreOptions(durability: durability))
        } catch {
            try? engine.close()
            outcome = .refused("\(error)")
            if !mayBeRefused { violations.append(Violation(.opens, "the store does not open: \(error)")) }
            return
        }
        await body(&self, store, engine)
        do {
            try await store.close()
        } catch {
            violations.append(Violation(.goesOn, "the store does not close: \(error)"))
        }
    }
}

// MARK: - Going on

extension Checkup {
    /// Appends to each log of the store's own, closes it, opens it again, and finds everything.
    private mutating func goOn(as session: Int) async {
        let before = contents
        var told: [JournalEntry] = []
        await withStore(mayBeRefused: false) { checkup, store, _ in
            do {
                let names = checkup.names + ["made-by-\(session)"]
                told = try await store.appendToEach(of: names, as: session, seed: checkup.seed)
            } catch {
                checkup.violations.append(Violation(.goesOn, "after it was opened again: \(error)"))
            }
        }
        guard violations.isEmpty else { return }
        await withStore(mayBeRefused: false) { checkup, store, engine in
            let audit = await StoreAudit.of(store, on: engine, seed: checkup.seed)
            checkup.contents = audit.contents
            checkup.violations += audit.violations
            checkup.violations += ExpectedHistory.violations(of: audit.contents, since: before, told)
        }
    }

    /// Finds that no log can be appended to before somebody says that nothing is missing, and all of them after.
    private mutating func goOnInDoubt(as session: Int) async {
        await withStore(mayBeRefused: false) { checkup, store, _ in
            for (number, name) in checkup.names.enumerated() {
                do {
                    _ = try await store.appendToEach(of: [name], as: session - 1 - number, seed: checkup.seed)
                    checkup.violations.append(Violation(.told, "\(name) is in doubt and was appended to"))
                } catch let error as HypercoreError where error.code == .appendingStopped {
                    continue
                } catch {
                    checkup.violations.append(Violation(.goesOn, "\(name) is in doubt and fails: \(error)"))
                }
            }
            do {
                try await store.trustHistory()
            } catch {
                checkup.violations.append(Violation(.goesOn, "the history cannot be trusted: \(error)"))
            }
        }
        if violations.isEmpty { await goOn(as: session) }
    }

    /// The logs of the store's own.
    private var names: [String] { contents.cores.values.compactMap(\.name).sorted() }
}
