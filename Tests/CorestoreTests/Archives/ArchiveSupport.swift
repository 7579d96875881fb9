import CompactEncoding
import Corestore
import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// Bytes that come in pieces, as from a file or a connection.
struct Pieces: AsyncSequence {
    typealias Element = [UInt8]

    let bytes: [UInt8]
    var pieceByteCount = 4096

    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<UInt8>
        let count: Int

        mutating func next() async -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(rest: bytes[...], count: pieceByteCount) }
}

extension Hypercore {
    /// The whole archive.
    func archived() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in try archive() { bytes += part }
        return bytes
    }

    /// All nodes of the tree that are stored.
    func storedNodes() throws -> [TreeNode] {
        guard length > 0 else { return [] }
        let tree = core.stored.tree(spans: core.durableHead.spans)
        return try (0..<2 * length - 1).compactMap { try tree.node(at: $0) }
    }

    /// All blocks that are here, by index.
    func storedBlocks() throws -> [UInt64: [UInt8]] {
        var blocks: [UInt64: [UInt8]] = [:]
        for index in 0..<length { blocks[index] = try read(index) }
        return blocks
    }
}

extension Corestore {
    @discardableResult
    func importArchive(_ bytes: [UInt8], expecting key: CoreKey? = nil) async throws -> Hypercore {
        try await importArchive(from: Pieces(bytes: bytes), expecting: key)
    }

    /// A log with blocks of these sizes, some of which compress.
    func log(_ name: String = "log", sizes: [Int], seed: UInt64 = 1) async throws -> Hypercore {
        let log = try await get(name: name)
        try await log.appendBlocks(sizes: sizes, seed: seed)
        return log
    }

    /// A store with one core of the given identity, which ``get(key:)`` opens.
    static func holding(_ identity: CoreIdentity) async throws -> Corestore {
        let engine = MemoryEngine(tables: Schema.tables)
        let writer = GroupWriter(engine, durability: .relaxed)
        let (_, ticket) = try CoreDirectory(engine: engine, writer: writer).create(identity, with: writer)
        try await writer.commit(ticket)
        return try await open(engine, options: CorestoreOptions(durability: .relaxed))
    }
}

extension Hypercore {
    func appendBlocks(sizes: [Int], seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        try await append(
            contentsOf: sizes.map { size in
                Bool.random(using: &generator)
                    ? generator.longBytes(size)
                    : Array(repeating: UInt8(truncatingIfNeeded: generator.next()), count: size)
            })
    }
}

extension SeededGenerator {
    /// `count` bytes that do not compress, made faster than one by one.
    mutating func longBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initializedCount in
            for start in stride(from: 0, to: count, by: 8) {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(of: next(), toByteOffset: start, as: UInt64.self)
            }
            initializedCount = count
        }
    }
}

/// Expects `body` to throw an ``ArchiveError`` with this code.
@discardableResult
func expectArchiveError(
    _ code: ArchiveError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> ArchiveError? {
    let error = await #expect(throws: ArchiveError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    return error
}

/// Expects `body` to throw a ``HypercoreError`` with this code.
func expectLogError(
    _ code: HypercoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    let error = await #expect(throws: HypercoreError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
}

// MARK: - Taking archives apart

/// An archive as its parts, to be changed and put together again.
struct ArchiveParts {
    var header: ArchiveHeader
    /// The frames after the header, as they are.
    var rest: [UInt8]

    static let headerStart = ArchiveFormat.magic.count + 1

    init(_ bytes: [UInt8]) throws {
        let payload = Self.headerStart + ArchiveFormat.frameHeadByteCount
        let end = payload + (try Self.frameLength(bytes, at: Self.headerStart))
        header = try ArchiveHeader(decoding: Array(bytes[payload..<end]))
        rest = Array(bytes[end...])
    }

    var bytes: [UInt8] {
        var payload = ByteWriter()
        header.encode(into: &payload)
        return ArchiveFormat.magic + [ArchiveFormat.version] + Self.frame(.header, payload.bytes) + rest
    }

    static func frame(_ kind: ArchiveFormat.Kind, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.uint8(kind.rawValue)
        writer.uint32(UInt32(payload.count))
        writer.raw(payload)
        return writer.take()
    }

    /// Where the frames of `kind` begin.
    static func frames(_ kind: ArchiveFormat.Kind, in bytes: [UInt8]) throws -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = headerStart
        while start < bytes.count {
            let end = start + ArchiveFormat.frameHeadByteCount + (try frameLength(bytes, at: start))
            if bytes[start] == kind.rawValue { found.append(start..<end) }
            start = end
        }
        return found
    }

    private static func frameLength(_ bytes: [UInt8], at start: Int) throws -> Int {
        let length = Array(bytes[start + 1..<start + ArchiveFormat.frameHeadByteCount])
        var reader = ByteReader(length.span.bytes)
        return Int(try reader.uint32())
    }
}
