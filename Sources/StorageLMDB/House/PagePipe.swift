import StorageEngine
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A pipe that LMDB writes an environment's pages into.
///
/// It can be cut off from the reading side without a signal: the descriptor that is written to is made one that cannot
/// be written to, and LMDB's next write fails with `EBADF`. (To close the reading end instead would raise `SIGPIPE`, which
/// LMDB then waits for, and which systems do not deliver to a process that ignores it.)
final class PagePipe: Sendable {
    private static let pollMilliseconds: Int32 = 50

    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor
    private let outcome = Mutex<LMDBStatus?>(nil)

    init() throws(StorageError) {
        var ends: [Int32] = [-1, -1]
        let status = pipe(&ends)
        guard status == 0 else {
            throw StorageError(.inputOutput, "no pipe could be made: \(words(forErrorNumber: errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = FileDescriptor(adopting: ends[0])
        writeEnd = FileDescriptor(adopting: ends[1])
    }

    /// Where LMDB writes.
    var descriptor: Int32 { writeEnd.rawValue }

    /// What writing came to; `nil` while it goes on.
    var status: LMDBStatus? { outcome.withLock { $0 } }

    /// Nothing more will be written.
    func finish(_ status: LMDBStatus) {
        outcome.withLock { $0 = status }
        cutOff()
    }

    /// Makes further writes fail. One under way ends when the pipe has been emptied.
    func cutOff() {
        dup2(readEnd.rawValue, writeEnd.rawValue)
    }

    /// Reads what there is; 0 bytes where nothing more will come, `nil` where nothing has come for a while.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        // A child that was forked off may hold the writing end open, so the end of the file may never come. Whatever
        // was written before `finish` is there to be read after it.
        let isFinished = status != nil
        var request = pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, isFinished ? 0 : Self.pollMilliseconds) > 0 else { return isFinished ? 0 : nil }
        #if canImport(Glibc)
        let count = Glibc.read(readEnd.rawValue, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        let count = Musl.read(readEnd.rawValue, buffer.baseAddress, buffer.count)
        #else
        let count = Darwin.read(readEnd.rawValue, buffer.baseAddress, buffer.count)
        #endif
        return count < 0 ? nil : count
    }
}
