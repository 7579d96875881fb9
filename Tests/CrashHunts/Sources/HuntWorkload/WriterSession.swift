public import Corestore
import Crypto
import Hypercore

/// One session of a writer on a store: several tasks that do what a seed says, each thing told before and after.
public struct WriterSession: Sendable {
    /// What a session does.
    public struct Plan: Sendable {
        public var seed: UInt64
        /// Tells this session's operations from those of others on the same store.
        public var session: Int
        /// How many tasks work side by side.
        public var tasks = 4
        /// How many logs they share; at least two.
        public var logs = 5
        /// Whether the tasks download, too.
        public var downloads = true
        /// How long a download may take; `nil` waits as long as it takes, for where nothing is expected to fail.
        public var patience: Duration?
        /// How many operations each task does; `nil` goes on until the process ends.
        public var operationsPerTask: Int?

        public init(seed: UInt64, session: Int) {
            self.seed = seed
            self.session = session
        }

        /// The source grows from session to session, so that there is always something to learn.
        var sourceLength: UInt64 { 24 + 8 * UInt64(min(session, 16)) }
    }

    let plan: Plan
    let store: Corestore
    let journal: Journal
    let logs: [Hypercore]
    let mirror: Hypercore

    /// Does what `plan` says to `store`, with a source to download from and a witness that follows.
    public static func run(_ plan: Plan, on store: Corestore, journal: Journal) async throws {
        let source = try await Source(seed: plan.seed, length: plan.sourceLength)
        let witness = try await Witness(journal: journal)
        let session = try await WriterSession(plan, store, journal, source: source.log.key)
        await withTaskGroup { group in
            for log in session.logs {
                let key = log.key
                group.addTask { try? await witness.follow(key) }
            }
            group.addTask { await MemoryLink.keep(store, source.store) }
            group.addTask { await MemoryLink.keep(store, witness.store) }
            await session.runTasks()
            group.cancelAll()
        }
        try await witness.store.close()
        for log in session.logs + [session.mirror] { await log.close() }
        try await source.store.close()
    }

    private init(_ plan: Plan, _ store: Corestore, _ journal: Journal, source: CoreKey) async throws {
        self.plan = plan
        self.store = store
        self.journal = journal
        var logs: [Hypercore] = []
        for number in 0..<plan.logs {
            logs.append(try await Self.open("log-\(number)", in: store, journal))
        }
        self.logs = logs
        mirror = try await store.get(key: source)
    }

    static func open(_ name: String, in store: Corestore, _ journal: Journal) async throws -> Hypercore {
        let log = try await store.get(name: name)
        journal.tell(.created(core: log.key.text, name: name))
        return log
    }

    private func runTasks() async {
        await withTaskGroup { group in
            for task in 0..<plan.tasks {
                group.addTask { await runTask(task) }
            }
        }
    }

    private func runTask(_ task: Int) async {
        var random = SeededRandom(plan.seed, UInt64(plan.session), UInt64(task))
        for number in 0..<(plan.operationsPerTask ?? .max) {
            let id = OperationID(session: plan.session, task: task, number: number)
            let operation = Operation.draw(for: plan, using: &random)
            do {
                try await perform(operation, id)
            } catch let error as HypercoreError where error.isExpected {
                journal.tell(.declined(id))
            } catch {
                journal.tell(.failed(id, message: "\(operation): \(error)"))
            }
        }
    }
}

extension HypercoreError {
    /// Whether it comes of several tasks that change one log: the log was shorter, or another, than it was a moment ago.
    fileprivate var isExpected: Bool {
        code == .outOfBounds || code == .conflict && message.contains("while the batch was made")
    }
}
