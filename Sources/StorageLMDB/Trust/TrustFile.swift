import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file in a store's directory that holds its ``TrustRecord``.
struct TrustFile: Sendable {
    let path: String
    private let directory: FileDescriptor

    init(in directory: StoreDirectory) {
        path = directory.path + "/trust"
        self.directory = directory.descriptor
    }

    /// Reads the record, and the stamp of the file that it was in; `nil` where there is none.
    func read() throws(StorageError) -> (record: TrustRecord, stamp: FileStamp)? {
        if access(path, F_OK) != 0, errno == ENOENT { return nil }
        let file = try FileDescriptor(opening: path, O_RDONLY)
        return (try TrustRecord(text: try contents(of: file), path: path), file.stamp)
    }

    private func contents(of file: FileDescriptor) throws(StorageError) -> String {
        do throws(ReadFailure) {
            let count = min(file.byteCount, TrustRecord.maximumByteCount)
            return String(decoding: try file.bytes(at: 0, count: count), as: UTF8.self)
        } catch {
            throw StorageError(.inputOutput, "\(path) cannot be read: \(words(forErrorNumber: error.number))")
        }
    }

    /// Replaces the file, in one step also across a crash, and stamps the record with the new file.
    ///
    /// - Parameter isDurable: whether it is the new record that a crash leaves, from now on. Otherwise either.
    func write(_ record: inout TrustRecord, isDurable: Bool) throws(StorageError) {
        let draft = path + ".new"
        unlink(draft)
        let file = try FileDescriptor(opening: draft, O_WRONLY | O_CREAT | O_EXCL)
        record.itself = file.stamp
        guard file.write(Array(record.text.utf8)), file.synchronize(), rename(draft, path) == 0,
            !isDurable || directory.synchronize()
        else {
            let number = errno
            throw StorageError(
                [ENOSPC, EDQUOT].contains(number) ? .full : .inputOutput,
                "\(path) cannot be written: \(words(forErrorNumber: number)); make room or check the disk")
        }
    }
}
