import CCorestoreLMDB
import StorageEngine

/// An environment that an engine has open, with what it takes to write to it and to close it.
struct Attachment: Sendable {
    /// The environment's path in the store's directory: `data/1`.
    let name: String
    let environment: Environment
    let file: FileDescriptor
    let committer: Committer
    /// `nil` where the store was opened read-only.
    let lockFile: EnvironmentLockFile?

    /// Opens an environment.
    init(_ opener: EnvironmentOpener) throws(StorageError) {
        let opened = try opener.open()
        name = opener.name
        environment = opened.environment
        file = opened.file
        do throws(StorageError) {
            lockFile =
                opener.options.access == .readOnly
                ? nil : try EnvironmentLockFile(ofEnvironmentAt: opener.directory.path + "/" + opener.name)
        } catch {
            mdb_env_close(opened.environment.pointer)
            throw error
        }
        committer = Committer(opened)
    }

    /// Lets go of the environment. No transaction may be open.
    func close() {
        mdb_env_close(environment.pointer)
        lockFile?.close()
    }

    /// The number of the last committed transaction.
    var lastTransaction: Int {
        var information = MDB_envinfo()
        mdb_env_info(environment.pointer, &information)
        return information.me_last_txnid
    }
}

extension Attachment {
    /// How often an environment may be replaced while it is being opened.
    private static let maximumAttempts = 16

    /// Opens the environment that the pointer of a store names; `nil` where it has no pointer.
    ///
    /// Compaction by another process may replace the environment meanwhile. The pointer is read again when the
    /// environment is open: from then on that process sees this one attached and leaves the environment alone. Where
    /// the pointer has changed, what was opened is old, or gone, and the new one is opened instead.
    static func current(
        in directory: StoreDirectory, _ tables: [Table], _ options: LMDBOptions, _ trust: Trust?
    ) throws(StorageError) -> Attachment? {
        var pointer = try EnvironmentPointer(in: directory)
        for _ in 0..<maximumAttempts {
            guard let wanted = pointer else { return nil }
            let opener = EnvironmentOpener(
                directory: directory, tables: tables, options: options, name: wanted.environment, isNew: false,
                trust: trust)
            let result = Result { () throws(StorageError) in try Attachment(opener) }
            pointer = try EnvironmentPointer(in: directory)
            if pointer == wanted { return try result.get() }
            if case .success(let outdated) = result { outdated.close() }
        }
        throw StorageError(.inUse, "\(directory.path) is compacted again and again; open it when that has ended")
    }
}
