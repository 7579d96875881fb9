/// How an ``LMDBEngine`` is opened.
public struct LMDBOptions: Sendable, Equatable {
    /// Whether the store is written to.
    public enum Access: Sendable {
        /// Reads and writes. One process at a time has a store open like this.
        case readWrite
        /// Reads only, also beside a process that writes.
        case readOnly
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

    /// The defaults: reads and writes, creates what is missing.
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
