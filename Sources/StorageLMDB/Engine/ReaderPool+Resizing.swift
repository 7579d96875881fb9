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

extension ReaderPool {
    /// For how long the door is shut, and then open, while the map waits to be resized.
    private static let doorMilliseconds = 10
    /// How often: about ten seconds altogether.
    private static let doorRounds = 500

    /// Maps the file anew, at a moment when no read is under way.
    ///
    /// It must not wait for readers behind a shut door: a thread in a read may wait for a lock whose holder is just
    /// about to read. So the door is shut for milliseconds only, again and again, until a moment comes. Nested reads do
    /// not pass the door. Long reads give way.
    ///
    /// - Parameter byteCount: the new size, wanted by the writer; 0, wanted by a reader, takes over the one that another
    ///   process has set.
    /// - Throws: `.full` where readers leave no such moment for ten seconds, or the system grants no more address
    ///   space.
    func resizeMap(to byteCount: Int) throws(StorageError) {
        guard byteCount == 0 || canReserve(byteCount) else {
            throw StorageError(
                .full, "\(path) has to grow, and the system grants no \(byteCount) bytes of address space")
        }
        let environment = try beginResizing(isWriter: byteCount > 0)
        defer { state.withLock { $0.resizingCount -= 1 } }
        for _ in 0..<Self.doorRounds {
            if shutDoor() {
                let isEmpty = waitUntilEmpty()
                let status = isEmpty ? LMDBStatus(mdb_env_set_mapsize(environment.pointer, byteCount)) : LMDBStatus(0)
                openDoor(status)
                if !status.isSuccess { throw status.error("mapping \(path)") }
                if isEmpty { return }
            }
            pause(microseconds: Self.doorMilliseconds * 1000)
        }
        throw StorageError(
            .full, "\(path) has to grow, and snapshots that stay open keep it from that; close them sooner")
    }

    /// Keeps the environment from being closed or replaced until the count is lowered again.
    ///
    /// A writer that began before reads were refused may finish, so it may also make room.
    private func beginResizing(isWriter: Bool) throws(StorageError) -> Environment {
        let result: Result<Environment, StorageError> = state.withLock { state in
            if !isWriter, let refusal = state.refusal { return .failure(refusal) }
            state.resizingCount += 1
            return .success(state.environment)
        }
        return try result.get()
    }

    /// Whether it was open.
    private func shutDoor() -> Bool {
        state.withLock { state in
            guard !state.isDoorShut else { return false }
            state.isDoorShut = true
            clearSeats(&state)
            return true
        }
    }

    /// After a failure to map, LMDB has no map at all: nobody may read again.
    private func openDoor(_ status: LMDBStatus) {
        state.withLock { state in
            state.isDoorShut = false
            if !status.isSuccess {
                state.refusal = StorageError(.poisoned, "\(path) is no longer mapped; open the store again")
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
