/// The header of an environment, which a commit replaces: what was committed last, and where it begins.
///
/// There are two, and transaction N writes the one on page N mod 2, so that a write that is cut short leaves the other.
struct MetaPage: Equatable {
    static let byteCount = 152
    private static let flag: UInt16 = 0x08
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let version: UInt32 = 1
    private static let pageByteCounts: ClosedRange<UInt32> = 256...32_768

    let pageByteCount: Int
    let freeList: TreeRecord
    /// The unnamed database, whose records name the tables.
    let directory: TreeRecord
    let lastPage: UInt64
    let transaction: UInt64

    /// The bytes that the pages take together.
    var byteCount: Int { Int(lastPage + 1) * pageByteCount }

    /// Reads the header that LMDB goes by: the one of the later transaction.
    ///
    /// LMDB wants both to be whole, so this does, too. Another process may be writing one of them at this moment:
    /// therefore they are read until they stay the same.
    static func newest(in file: FileDescriptor) throws(StructuralFinding) -> MetaPage {
        var pages = try read(file)
        for _ in 0..<100 {
            let again = try read(file)
            if again == pages { break }
            pages = again
        }
        let (first, second) = (try MetaPage(pages[0]), try MetaPage(pages[1]))
        guard first.pageByteCount == second.pageByteCount else {
            throw pages[1].finding(.impossiblePageSize(UInt32(second.pageByteCount)))
        }
        return first.transaction < second.transaction ? second : first
    }

    private static func read(_ file: FileDescriptor) throws(StructuralFinding) -> [Page] {
        let first = try page(0, in: file, at: 0)
        // The first says how far off the second one is.
        return [first, try page(1, in: file, at: try MetaPage(first).pageByteCount)]
    }

    private static func page(
        _ number: UInt64, in file: FileDescriptor, at offset: Int
    ) throws(StructuralFinding) -> Page {
        do throws(ReadFailure) {
            return Page(number: number, bytes: try file.bytes(at: offset, count: byteCount))
        } catch {
            throw StructuralFinding(
                flaw: error.number == 0 ? .pastTheEnd : .unreadable(errorNumber: error.number), page: number)
        }
    }

    private init(_ page: Page) throws(StructuralFinding) {
        guard page.recordedNumber == page.number, page.flags == Self.flag, page.load(16, as: UInt32.self) == Self.magic
        else { throw page.finding(.notAnEnvironment) }
        let version = page.load(20, as: UInt32.self)
        guard version == Self.version else { throw page.finding(.unknownVersion(version)) }
        let size = page.load(40, as: UInt32.self)
        guard Self.pageByteCounts.contains(size), size.nonzeroBitCount == 1 else {
            throw page.finding(.impossiblePageSize(size))
        }
        pageByteCount = Int(size)
        freeList = TreeRecord(page.bytes, at: 40)
        directory = TreeRecord(page.bytes, at: 40 + TreeRecord.byteCount)
        lastPage = page.load(136, as: UInt64.self)
        transaction = page.load(144, as: UInt64.self)
        guard lastPage >= 1, lastPage < UInt64(Int.max / pageByteCount) else {
            throw page.finding(.impossibleLength(lastPage: lastPage))
        }
    }
}

/// What LMDB records of a tree: where it begins and how much it holds.
struct TreeRecord: Equatable {
    static let byteCount = 48
    /// The root of a tree without pages.
    static let noPage = UInt64.max

    let flags: UInt16
    let depth: UInt16
    let branchPageCount: UInt64
    let leafPageCount: UInt64
    let overflowPageCount: UInt64
    let entryCount: UInt64
    let root: UInt64

    init(_ bytes: [UInt8], at offset: Int) {
        flags = bytes.load(offset + 4, as: UInt16.self)
        depth = bytes.load(offset + 6, as: UInt16.self)
        branchPageCount = bytes.load(offset + 8, as: UInt64.self)
        leafPageCount = bytes.load(offset + 16, as: UInt64.self)
        overflowPageCount = bytes.load(offset + 24, as: UInt64.self)
        entryCount = bytes.load(offset + 32, as: UInt64.self)
        root = bytes.load(offset + 40, as: UInt64.self)
    }

    var isEmpty: Bool { root == Self.noPage }
}

extension [UInt8] {
    /// The number at `offset`, in the byte order of the machine.
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Number.Type) -> Number {
        precondition(
            offset >= 0 && offset + MemoryLayout<Number>.size <= count, "byte \(offset) of \(count) bytes")
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}
