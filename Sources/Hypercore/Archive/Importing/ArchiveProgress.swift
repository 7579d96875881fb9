/// How far an import has come.
public struct ArchiveProgress: Hashable, Sendable {
    /// The length of the archived log, in blocks. An archive of a partial log has fewer.
    public internal(set) var length: UInt64 = 0
    /// How many blocks were read and verified.
    public internal(set) var blockCount: UInt64 = 0
    /// The bytes of these blocks.
    public internal(set) var byteCount: UInt64 = 0
    /// How many of these blocks were stored; the others were here already.
    public internal(set) var storedBlockCount: UInt64 = 0
    /// How many bytes of the archive were read.
    public internal(set) var archiveByteCount: UInt64 = 0
}
