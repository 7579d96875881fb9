/// One part of an archive, and where it begins.
struct ArchiveFrame {
    let kind: ArchiveFormat.Kind
    let payload: [UInt8]
    let offset: UInt64
}

/// Reads an archive frame by frame out of pieces of any length.
///
/// It holds one piece and one frame at a time, and takes no memory for bytes that have not come: a frame that claims
/// more than its kind may have is refused by its claim.
struct ArchiveFrames<Source: AsyncSequence> where Source.Element == [UInt8] {
    private var pieces: Source.AsyncIterator
    private var piece: ArraySlice<UInt8> = []
    /// How many bytes were read.
    private(set) var offset: UInt64 = 0

    init(_ source: Source) {
        pieces = source.makeAsyncIterator()
    }

    /// Reads what every archive begins with.
    ///
    /// - Throws: ``ArchiveError``: `.notAnArchive`, `.unsupportedVersion`; what the source throws.
    mutating func readBeginning() async throws {
        let beginning = try await read(atMost: ArchiveFormat.magic.count + 1)
        guard beginning.starts(with: ArchiveFormat.magic), let version = beginning.last,
            beginning.count > ArchiveFormat.magic.count
        else {
            throw ArchiveError(.notAnArchive, at: 0, "this is no archive of a core: it begins with other bytes")
        }
        guard version == ArchiveFormat.version else {
            throw ArchiveError(
                .unsupportedVersion, at: UInt64(ArchiveFormat.magic.count),
                "the archive has version \(version), which this version of swift-corestore does not know; use a newer one"
            )
        }
    }

    /// The next frame.
    ///
    /// - Throws: ``ArchiveError``: `.truncated`, `.damaged`; what the source throws.
    mutating func next() async throws -> ArchiveFrame {
        let start = offset
        let head = try await require(ArchiveFormat.frameHeadByteCount, from: start)
        guard let kind = ArchiveFormat.Kind(rawValue: head[0]) else {
            throw ArchiveError(.damaged, at: start, "the archive has a part of the unknown kind \(head[0])")
        }
        let length = head.dropFirst().reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= kind.byteLimit else {
            throw ArchiveError(
                .damaged, at: start, "a part claims \(length) bytes, and the most for its kind is \(kind.byteLimit)")
        }
        return ArchiveFrame(kind: kind, payload: try await require(length, from: start), offset: start)
    }

    /// Throws unless the source ends here.
    mutating func requireEnd() async throws {
        guard try await read(atMost: 1).isEmpty else {
            throw ArchiveError(.damaged, at: offset - 1, "something follows the end of the archive")
        }
    }

    private mutating func require(_ count: Int, from start: UInt64) async throws -> [UInt8] {
        let bytes = try await read(atMost: count)
        guard bytes.count == count else {
            throw ArchiveError(
                .truncated, at: start, "the archive was cut off: it ends at byte \(offset), before its end record")
        }
        return bytes
    }

    /// The next bytes; fewer than `count` only where the source ends.
    private mutating func read(atMost count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            if piece.isEmpty {
                guard let next = try await pieces.next(isolation: #isolation) else { break }
                piece = next[...]
            }
            let taken = piece.prefix(count - bytes.count)
            bytes += taken
            piece = piece.dropFirst(taken.count)
        }
        offset += UInt64(bytes.count)
        return bytes
    }
}
