import Zstandard

/// How an ``LMDBEngine`` is opened.
public struct LMDBOptions: Sendable, Equatable {
    /// Whether the store is written to.
    public enum Access: Sendable {
        /// Reads and writes. One process at a time has a store open like this.
        case readWrite
        /// Reads only, also beside a process that writes.
        case readOnly
    }

    /// How values are stored.
    public enum Compression: Sendable, Hashable {
        /// As they are: they are read where they lie, without a copy.
        case none
        /// Compressed by zstd, where that saves an eighth of their bytes and some space on LMDB's pages.
        ///
        /// It costs writing and reading processor time, and saves disk. Measured on blocks of 64 KiB at level 3, beside
        /// the 118 µs that LMDB takes to put one: 170 µs to compress lines of JSON to an eighth and 40 µs to read them,
        /// 50 µs to find that random bytes do not compress. From the first compressed value on, versions of this library
        /// that do not know them refuse to open the store.
        ///
        /// The level is one of ``levels``, or opening is a programmer's error. 3 suits nearly everything; from 6 on, a
        /// block costs five times the time and more, also where it turns out not to compress, and becomes hardly smaller.
        case zstd(level: Int)

        /// From the fastest to the smallest.
        public static let levels = CompressionLevel.range
    }

    /// Reads and writes, or reads only.
    public var access = Access.readWrite

    /// Whether a store is created where the directory, or a store in it, is missing.
    public var createsIfMissing = true

    /// How many bytes of address space are reserved for the file; it cannot grow past this without waiting for readers.
    ///
    /// It costs neither memory nor disk. `nil` reserves 1 TiB on 64-bit Linux and macOS and 8 GiB on iOS, or as much of
    /// that as the system grants. Rounded up to whole pages, and to the size of the file.
    public var mapByteCount: Int?

    /// How many snapshots can be open at a time, in all processes together; the process that opens a store first
    /// decides.
    public var maximumReaders = 512

    /// How the values of tables that are worth it are stored from now on. Values that are there stay as they are, and any
    /// are read whatever is said here.
    public var compression = Compression.none

    /// The defaults: reads and writes, creates what is missing, compresses nothing.
    public init() {}
}

extension LMDBOptions {
    #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
    static let defaultMapByteCount = 8 << 30
    #else
    static let defaultMapByteCount = Int.bitWidth == 64 ? 1 << 40 : 1 << 30
    #endif

    /// The least that is tried where the system grants less than the default.
    static let minimumMapByteCount = 256 << 20
}
