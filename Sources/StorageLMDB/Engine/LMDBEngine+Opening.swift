public import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension LMDBEngine {
    /// Opens the store in `directory`.
    ///
    /// - Parameters:
    ///   - directory: the store's own directory; nothing else should be in it. Where it is missing it is created, but
    ///     not its parent.
    ///   - tables: the schema; ordinals 0, 1, 2 and so on. Tables that the store lacks are created.
    ///   - options: see ``LMDBOptions``.
    /// - Throws: `.inaccessible`, `.inUse`, `.corrupt` (also for a store of JavaScript), `.unsupportedVersion`,
    ///   `.full`, `.inputOutput`.
    public static func open(
        at directory: String, tables: [Table], options: LMDBOptions = LMDBOptions()
    ) throws(StorageError) -> LMDBEngine {
        try open(at: directory, tables: tables, options: options, machine: .current)
    }

    static func open(
        at directory: String, tables: [Table], options: LMDBOptions, machine: Machine
    ) throws(StorageError) -> LMDBEngine {
        precondition(tables.map(\.ordinal) == Array(tables.indices), "tables are numbered 0, 1, 2: \(tables)")
        precondition((1...1 << 20).contains(options.maximumReaders), "\(options.maximumReaders) readers")
        let forkCount = ForkCount.observe()
        let isReadOnly = options.access == .readOnly
        let creates = options.createsIfMissing && !isReadOnly
        let store = try StoreDirectory(directory, createsIfMissing: creates)
        let entry = try OpenStores.Entry(store)
        let lock = isReadOnly ? nil : try WriterLock(store)
        let hold = Hold(directory: store, entry: entry, lock: lock)
        // A process that writes keeps others from compacting, so the pointer stays as it is.
        let trust = try examine(try EnvironmentPointer(in: store), in: store, tables, options, machine)
        let current = try Attachment.current(in: store, tables, options, trust)
        guard current != nil || creates else {
            throw StorageError(.inaccessible, "there is no store in \(directory), and none was to be created")
        }
        let attachment = if let current { current } else { try createStore(in: store, tables, options, machine) }
        if !isReadOnly { store.removeEnvironments(besides: attachment.name) }
        return LMDBEngine(attachment, hold, tables: tables, options: options, forkCount: forkCount)
    }

    /// Compares the store with what is recorded of it, before LMDB maps its file; nothing where it is only read, or
    /// missing.
    private static func examine(
        _ pointer: EnvironmentPointer?, in store: StoreDirectory, _ tables: [Table], _ options: LMDBOptions,
        _ machine: Machine
    ) throws(StorageError) -> Trust? {
        guard let pointer, options.access != .readOnly else { return nil }
        let name = pointer.environment
        try EnvironmentOpener(directory: store, tables: tables, options: options, name: name, isNew: false).checkFile()
        return try Trust(examining: store, name, isNew: false, machine)
    }

    /// The most bytes that a file has before the pointer to it is written.
    private static let unbegunByteLimit = 64 << 10

    /// Removes a data file that a crash has left without a whole header, before there was a store.
    private static func removeUnbegunData(of name: String, in store: StoreDirectory) throws(StorageError) {
        let path = store.dataPath(of: name)
        guard access(path, F_OK) == 0 else { return }
        let data = try FileDescriptor(opening: path, O_RDONLY)
        // A longer file was once pointed to: it is not for us to remove.
        guard (1...unbegunByteLimit).contains(data.byteCount) else { return }
        do throws(StructuralFinding) {
            _ = try MetaPage.newest(in: data)
        } catch {
            for file in [path, store.path + "/" + name + "/lock.mdb"] where unlink(file) != 0 && errno != ENOENT {
                throw .cannotOpen(file, errorNumber: errno)
            }
        }
    }

    /// Makes the first environment and then points to it: until then there is no store, and what a crash leaves behind
    /// is begun again.
    private static func createStore(
        in store: StoreDirectory, _ tables: [Table], _ options: LMDBOptions, _ machine: Machine
    ) throws(StorageError) -> Attachment {
        let name = try store.createFirstEnvironment()
        try removeUnbegunData(of: name, in: store)
        var opener = EnvironmentOpener(directory: store, tables: tables, options: options, name: name, isNew: true)
        try opener.checkFile()
        opener.trust = try Trust(examining: store, name, isNew: true, machine)
        let attachment = try Attachment(opener)
        do throws(StorageError) {
            try store.synchronizeNames(of: name)
            try EnvironmentPointer(environment: name).write(in: store)
        } catch {
            attachment.close()
            throw error
        }
        return attachment
    }
}
