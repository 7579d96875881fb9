import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Copies the pages that are in use in an environment to a file, and no others: what was committed when it began.
///
/// LMDB copies, in a read transaction of its own, on a thread of its own, into a pipe; the calling thread takes the
/// pages out of it, writes them and reports progress. So the copy can be cut off at any time.
struct PageCopy {
    enum Outcome {
        case finished
        /// Cut off, because that was asked for.
        case cutOff
        /// Another process has grown the file past this one's map; nothing was copied.
        case mapIsOutgrown
    }

    let environment: Environment
    /// About how many bytes there are to copy.
    let expectedByteCount: Int

    private static let bufferByteCount = 1 << 20

    /// Copies to an empty file, and brings it to the disk.
    ///
    /// - Parameter isUnwanted: asked again and again whether to give up.
    func write(
        to file: FileDescriptor, _ path: String, progress: (CopyProgress) -> Void, isUnwanted: () -> Bool
    ) throws(StorageError) -> Outcome {
        let pipe = try PagePipe()
        let environment = environment
        let thread = HelperThread {
            // Readers that died may fill the table.
            mdb_reader_check(environment.pointer, nil)
            pipe.finish(
                LMDBStatus(mdb_env_copyfd2(environment.pointer, pipe.descriptor, UInt32(MDB_CP_COMPACT))))
        }
        guard let thread else { throw StorageError(.inputOutput, "the system grants no thread for copying") }
        let writing = Result { () throws(StorageError) in
            try receive(from: pipe, file, path, progress, isUnwanted)
        }
        thread.join()
        guard try writing.get() else { return .cutOff }
        guard let status = pipe.status else { preconditionFailure("a copy ended without a result") }
        if status.rawValue == MDB_MAP_RESIZED { return .mapIsOutgrown }
        try check(status)
        guard file.synchronize() else { throw .cannotWrite(path, errorNumber: errno) }
        return .finished
    }

    /// Empties the pipe in any case, so that LMDB's thread ends; returns whether everything was received.
    private func receive(
        from pipe: PagePipe, _ file: FileDescriptor, _ path: String, _ progress: (CopyProgress) -> Void,
        _ isUnwanted: () -> Bool
    ) throws(StorageError) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferByteCount, alignment: 16)
        defer { buffer.deallocate() }
        var filledByteCount = 0
        var copiedByteCount = 0
        var failure: StorageError?
        var isGivenUp = false
        while true {
            let count = pipe.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filledByteCount...]))
            filledByteCount += count ?? 0
            let isAtEnd = count == 0
            if isAtEnd || isGivenUp || filledByteCount == buffer.count {
                let pages = UnsafeRawBufferPointer(rebasing: buffer[..<filledByteCount])
                filledByteCount = 0
                if !isGivenUp, file.write(pages) {
                    copiedByteCount += pages.count
                    progress(state(copiedByteCount))
                } else if !isGivenUp {
                    failure = .cannotWrite(path, errorNumber: errno)
                }
            }
            if isAtEnd { break }
            if !isGivenUp, failure != nil || isUnwanted() {
                isGivenUp = true
                pipe.cutOff()
            }
        }
        if let failure { throw failure }
        return !isGivenUp
    }

    private func state(_ copiedByteCount: Int) -> CopyProgress {
        CopyProgress(copiedByteCount: copiedByteCount, expectedByteCount: max(expectedByteCount, copiedByteCount))
    }

    private func check(_ status: LMDBStatus) throws(StorageError) {
        guard status.rawValue != MDB_INCOMPATIBLE else {
            throw StorageError(
                .corrupt,
                "\(environment.path) cannot be copied: its tree does not hold as many pages as it should; check it, "
                    + "and restore it from a copy or from peers")
        }
        try status.check("copying \(environment.path)")
    }
}
