public import StorageEngine

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
        let pointer = try EnvironmentPointer(in: store)
        guard pointer != nil || creates else {
            throw StorageError(.inaccessible, "there is no store in \(directory), and none was to be created")
        }
        let name = if let pointer { pointer.environment } else { try store.createFirstEnvironment() }
        let opener = EnvironmentOpener(
            directory: store, tables: tables, options: options, name: name, isNew: pointer == nil)
        try opener.checkFile()
        let trust = isReadOnly ? nil : try Trust(examining: store, name, isNew: pointer == nil, machine)
        var opened = try opener.open()
        opened.trust = trust
        let engine = LMDBEngine(
            opened, Hold(entry: entry, lock: lock), isReadOnly: isReadOnly, forkCount: forkCount)
        if pointer == nil {
            // Until the pointer is written there is no store: what a crash leaves behind is begun again.
            try store.synchronizeNames(of: name)
            try EnvironmentPointer(environment: name).write(in: store)
        }
        return engine
    }
}
