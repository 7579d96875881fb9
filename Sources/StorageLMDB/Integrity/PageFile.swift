#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An environment's file, read page by page and never mapped: whatever is wrong with it, reading it only ever throws.
///
/// The layouts of this folder are those of LMDB's format 1 on 64-bit systems, in the byte order of the machine.
struct PageFile {
    let descriptor: FileDescriptor
    let pageByteCount: Int
    /// Pages that are in the file as a whole.
    let pageCount: UInt64

    init(_ descriptor: FileDescriptor, pageByteCount: Int) {
        self.descriptor = descriptor
        self.pageByteCount = pageByteCount
        pageCount = UInt64(descriptor.byteCount / pageByteCount)
    }

    /// The bytes of page `number` from `offset` on, which may reach into the pages after it.
    func bytes(ofPage number: UInt64, from offset: Int = 0, count: Int) throws(StructuralFinding) -> [UInt8] {
        let pages = UInt64((offset + count + pageByteCount - 1) / pageByteCount)
        guard number < pageCount, pages <= pageCount - number else {
            throw StructuralFinding(flaw: .pastTheEnd, page: number)
        }
        do throws(ReadFailure) {
            return try descriptor.bytes(at: Int(number) * pageByteCount + offset, count: count)
        } catch {
            throw StructuralFinding(
                flaw: error.number == 0 ? .pastTheEnd : .unreadable(errorNumber: error.number), page: number)
        }
    }

    func page(_ number: UInt64) throws(StructuralFinding) -> Page {
        Page(number: number, bytes: try bytes(ofPage: number, count: pageByteCount))
    }
}

/// Why bytes could not be read: an error number of the system, or 0 where the file has ended.
struct ReadFailure: Error {
    let number: Int32
}

extension FileDescriptor {
    /// Reads exactly `count` bytes.
    func bytes(at offset: Int, count: Int) throws(ReadFailure) -> [UInt8] {
        var failure: ReadFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, failure == nil {
                let read = pread(rawValue, buffer.baseAddress! + done, count - done, off_t(offset + done))
                if read > 0 { done += read }
                if read == 0 { failure = ReadFailure(number: 0) }
                if read < 0, errno != EINTR { failure = ReadFailure(number: errno) }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
