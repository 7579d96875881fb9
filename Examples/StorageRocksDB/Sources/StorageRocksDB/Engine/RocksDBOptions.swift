/// How a ``RocksDBEngine`` is opened.
///
/// The write-ahead log is always on: without it a commit would not even survive the process, which is the least that
/// `Durability` promises. Whether a commit waits for the disk is the `durability` of each write.
public struct RocksDBOptions: Sendable, Equatable {
    /// How blocks of records are compressed in the files.
    public enum Compression: Sendable, CaseIterable {
        /// Not at all: most of what a store holds is hashes, or content that does not compress.
        case none
        /// LZ4: fast.
        case lz4
        /// Zstandard: small.
        case zstd
    }

    /// Whether a store is created where the directory, or a store in it, is missing.
    public var createsIfMissing = true

    /// How blocks of records are compressed. What is stored already stays as it is until it is compacted.
    public var compression = Compression.none

    /// The memory for blocks of records that were read, in bytes. Beside it, the system caches the files.
    public var cacheByteCount = 64 << 20

    /// The memory for records that are in the log and not yet in sorted files, in bytes, all tables together.
    public var memtableByteCount = 64 << 20

    /// The defaults: creates what is missing, does not compress, keeps 128 MiB in memory.
    public init() {}
}
