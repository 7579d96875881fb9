import CCorestoreLMDB
import StorageEngine
import Synchronization

/// The read transactions of an engine. One that is not in use is reset and kept: renewing it takes no lock, and
/// beginning one takes a lock that all processes share.
///
/// A thread finds the view that it read through last in a seat of its own (``ReaderSeats``), without the lock that threads which do
/// nothing but read would meet at (`get-random-64inflight`: an efficiency of 0.37 with it, and 0.46 without it and two locks more).
/// Whoever has to know of all readers clears the seats first; from then on those that read are counted here.
///
/// The environment that they read can be replaced under them (``replaceEnvironment(with:)``): reads that have begun
/// finish on the old one, and later ones are of the new one.
final class ReaderPool: Sendable {
    struct State {
        /// What is read from now on.
        var environment: Environment
        /// Of that environment, and in no seat.
        var idle: [ReadView] = []
        /// Reads of that environment that are under way, but for those through views that have a seat.
        var openCount = 0
        /// Reads of the one before it that are under way.
        var outdatedCount = 0
        var isDoorShut = false
        /// How many threads want to map the file anew.
        var resizingCount = 0
        /// Why nobody can read any more.
        var refusal: StorageError?
    }

    private enum Admission {
        case admitted(Environment, ReadView?)
        case wait
        case refused(StorageError)
    }

    /// The store's directory, for messages.
    let path: String
    let state: Mutex<State>
    /// All of them are empty while the door is shut or reads are refused, and have views of the present environment.
    let seats = ReaderSeats()

    init(_ environment: Environment) {
        path = environment.path
        state = Mutex(State(environment: environment))
    }

    /// Takes a view of the newest state. Give it back with ``checkIn(_:)``.
    func checkOut() throws(StorageError) -> ReadView {
        if let view = seats.take() {
            if view.renew().isSuccess { return view }
            checkIn(view)
        }
        while true {
            switch admit() {
            case .refused(let refusal): throw refusal
            case .wait: pause(microseconds: 100)
            case .admitted(let environment, let idle): if let view = try open(environment, idle) { return view }
            }
        }
    }

    /// Ends the view's snapshot, and keeps it for the next read.
    func checkIn(_ view: ReadView) {
        view.reset()
        if seats.giveBack(view) { return }
        let environment = view.transaction.environment
        let isCurrent = state.withLock { state in
            guard state.environment === environment else { return false }
            state.openCount -= 1
            let mayBeSeated = !state.isDoorShut && state.refusal == nil
            if !mayBeSeated || !seats.seat(view) { state.idle.append(view) }
            return true
        }
        guard !isCurrent else { return }
        view.end()
        leave(environment)
    }

    private func admit() -> Admission {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            if state.isDoorShut { return .wait }
            state.openCount += 1
            return .admitted(state.environment, state.idle.popLast())
        }
    }

    /// The environment of a reader that leaves may have been replaced since it was admitted.
    private func leave(_ environment: Environment) {
        state.withLock { state in
            if state.environment === environment { state.openCount -= 1 } else { state.outdatedCount -= 1 }
        }
    }
}

// MARK: - Beginning a read

extension ReaderPool {
    /// Opens a view for a reader that was admitted; `nil` where it has to be admitted again.
    private func open(_ environment: Environment, _ idle: ReadView?) throws(StorageError) -> ReadView? {
        var (view, status) = idle.map { ($0, $0.renew()) } ?? begin(environment)
        if status.rawValue == MDB_READERS_FULL {
            // Processes that have died may have left readers behind.
            var stale: Int32 = 0
            mdb_reader_check(environment.pointer, &stale)
            if stale > 0 { (view, status) = begin(environment) }
        }
        if status.rawValue == MDB_READERS_FULL, let seated = unseat(environment) {
            (view, status) = (seated, seated.renew())
        }
        if status.isSuccess { return view }
        view?.end()
        leave(environment)
        guard status.rawValue == MDB_MAP_RESIZED else { throw status.error("reading from \(path)") }
        // Another process has grown the file past this one's map.
        try resizeMap(to: 0)
        return nil
    }

    /// An idle view of `environment` out of another thread's seat.
    private func unseat(_ environment: Environment) -> ReadView? {
        state.withLock { $0.environment === environment ? seats.unseatAny() : nil }
    }

    private func begin(_ environment: Environment) -> (ReadView?, LMDBStatus) {
        var transaction: OpaquePointer?
        let status = environment.begin(MDB_RDONLY, &transaction)
        return (status.isSuccess ? transaction.map { ReadView($0, environment) } : nil, status)
    }
}

// MARK: - Counting readers

extension ReaderPool {
    /// Clears the seats, so that all views that are not being read are among the idle ones, and all others are counted.
    func clearSeats(_ state: inout State) {
        let cleared = seats.clear()
        state.idle += cleared.idle
        state.openCount += cleared.readCount
    }
}

// MARK: - Long reads

extension ReaderPool {
    /// Runs `body`, which reads the environment in transactions of its own and may take long: a backup.
    ///
    /// - Parameter body: must return soon after its second argument has begun to return true. Then somebody waits for
    ///   the reads under way to end: to map the file anew, to close it, or to remove it.
    func withLongRead<Result>(
        _ body: (Environment, _ mustGiveWay: () -> Bool) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let environment = try admitLongRead()
        defer { leave(environment) }
        return try body(environment) {
            state.withLock { state in
                state.resizingCount > 0 || state.refusal != nil || state.environment !== environment
            }
        }
    }

    private func admitLongRead() throws(StorageError) -> Environment {
        while true {
            let admission: Swift.Result<Environment?, StorageError> = state.withLock { state in
                if let refusal = state.refusal { return .failure(refusal) }
                guard state.resizingCount == 0 else { return .success(nil) }
                state.openCount += 1
                return .success(state.environment)
            }
            if let environment = try admission.get() { return environment }
            pause(microseconds: 1000)
        }
    }
}
