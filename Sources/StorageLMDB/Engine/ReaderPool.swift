import CCorestoreLMDB
import StorageEngine
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The read transactions of an engine. One that is not in use is reset and kept: renewing it takes no lock, and
/// beginning one takes a lock that all processes share.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [ReadView] = []
        var openCount = 0
        var isDoorShut = false
        /// Why nobody can read any more.
        var refusal: StorageError?
    }

    private enum Admission {
        case admitted(ReadView?)
        case wait
        case refused(StorageError)
    }

    /// For how long the door is shut, and then open, while the map waits to be resized.
    private static let doorMilliseconds = 10
    /// How often: about ten seconds altogether.
    private static let doorRounds = 500

    private let environment: Environment
    private let state = Mutex(State())

    init(_ environment: Environment) {
        self.environment = environment
    }

    /// Takes a view of the newest state. Give it back with ``checkIn(_:)``.
    func checkOut() throws(StorageError) -> ReadView {
        if let view = takeIdle() {
            if view.renew().isSuccess { return view }
            checkIn(view)
        }
        while true {
            switch admit() {
            case .refused(let refusal): throw refusal
            case .wait: pause(microseconds: 100)
            case .admitted(let idle): if let view = try open(idle) { return view }
            }
        }
    }

    /// Ends the view's snapshot, and keeps it for the next read.
    func checkIn(_ view: ReadView) {
        view.reset()
        state.withLock { state in
            state.openCount -= 1
            state.idle.append(view)
        }
    }

    /// Refuses further reads with `refusal`, and returns when no read is under way and no transaction open.
    func close(_ refusal: StorageError) {
        state.withLock { $0.refusal = refusal }
        while !state.withLock({ $0.openCount == 0 }) { pause(microseconds: 200) }
        for view in state.withLock({ $0.idle }) { view.end() }
    }

    /// What almost every read needs, and nothing else.
    private func takeIdle() -> ReadView? {
        state.withLock { state in
            guard !state.isDoorShut, state.refusal == nil, let view = state.idle.popLast() else { return nil }
            state.openCount += 1
            return view
        }
    }

    private func admit() -> Admission {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            if state.isDoorShut { return .wait }
            state.openCount += 1
            return .admitted(state.idle.popLast())
        }
    }
}

// MARK: - Beginning a read

extension ReaderPool {
    /// Opens a view for a reader that was admitted; `nil` where it has to be admitted again.
    private func open(_ idle: ReadView?) throws(StorageError) -> ReadView? {
        var (view, status) = idle.map { ($0, $0.renew()) } ?? begin()
        if status.rawValue == MDB_READERS_FULL {
            // Processes that have died may have left readers behind.
            var stale: Int32 = 0
            mdb_reader_check(environment.pointer, &stale)
            if stale > 0 { (view, status) = begin() }
        }
        if status.isSuccess { return view }
        view?.end()
        state.withLock { $0.openCount -= 1 }
        guard status.rawValue == MDB_MAP_RESIZED else { throw status.error("reading from \(environment.path)") }
        // Another process has grown the file past this one's map.
        try resizeMap(to: 0)
        return nil
    }

    private func begin() -> (ReadView?, LMDBStatus) {
        var transaction: OpaquePointer?
        let status = environment.begin(MDB_RDONLY, &transaction)
        return (status.isSuccess ? transaction.map { ReadView($0, environment) } : nil, status)
    }
}

// MARK: - Resizing the map

extension ReaderPool {
    /// Maps the file anew, at a moment when no read is under way.
    ///
    /// It must not wait for readers behind a shut door: a thread in a read may wait for a lock whose holder is just
    /// about to read. So the door is shut for milliseconds only, again and again, until a moment comes. Nested reads do
    /// not pass the door.
    ///
    /// - Parameter byteCount: the new size; 0 takes over the one that another process has set.
    /// - Throws: `.full` where readers leave no such moment for ten seconds, or the system grants no more address
    ///   space.
    func resizeMap(to byteCount: Int) throws(StorageError) {
        guard byteCount == 0 || canReserve(byteCount) else {
            throw StorageError(
                .full, "\(environment.path) has to grow, and the system grants no \(byteCount) bytes of address space")
        }
        for _ in 0..<Self.doorRounds {
            if shutDoor() {
                let isEmpty = waitUntilEmpty()
                let status = isEmpty ? LMDBStatus(mdb_env_set_mapsize(environment.pointer, byteCount)) : LMDBStatus(0)
                openDoor(status)
                if !status.isSuccess { throw status.error("mapping \(environment.path)") }
                if isEmpty { return }
            }
            pause(microseconds: Self.doorMilliseconds * 1000)
        }
        throw StorageError(
            .full, "\(environment.path) has to grow, and snapshots that stay open keep it from that; close them sooner")
    }

    /// Whether it was open.
    private func shutDoor() -> Bool {
        state.withLock { state in
            defer { state.isDoorShut = true }
            return !state.isDoorShut
        }
    }

    /// After a failure to map, LMDB has no map at all: nobody may read again.
    private func openDoor(_ status: LMDBStatus) {
        state.withLock { state in
            state.isDoorShut = false
            if !status.isSuccess {
                state.refusal = StorageError(.poisoned, "\(environment.path) is no longer mapped; open the store again")
            }
        }
    }

    private func waitUntilEmpty() -> Bool {
        for _ in 0..<Self.doorMilliseconds * 5 {
            if state.withLock({ $0.openCount == 0 }) { return true }
            pause(microseconds: 200)
        }
        return false
    }

    /// Whether the system grants so much address space beside the present map.
    private func canReserve(_ byteCount: Int) -> Bool {
        let address = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANON | mapWithoutReserve, -1, 0)
        guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else { return false }
        return munmap(address, byteCount) == 0
    }

    private var mapWithoutReserve: Int32 {
        #if os(Linux)
        Int32(MAP_NORESERVE)
        #else
        0
        #endif
    }
}
