import CBenchLMDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How deep LMDB's tree of blocks is.
public enum TreeDepth {
    /// Levels of the tree of blocks of the store in `directory`, which nobody has open: of one that a floor wrote, or of
    /// one of swift-corestore, which has its environment in a folder of its own. 0 where there is none.
    public static func ofBlocks(in directory: String) -> Int {
        guard let path = environmentPath(in: directory) else { return 0 }
        var environment: OpaquePointer?
        check(mdb_env_create(&environment))
        defer { mdb_env_close(environment) }
        check(mdb_env_set_maxdbs(environment, 8))
        check(mdb_env_open(environment, path, UInt32(MDB_RDONLY | MDB_NOLOCK), 0o600))
        let transaction = begin(environment.unsafelyUnwrapped, flags: MDB_RDONLY)
        defer { mdb_txn_abort(transaction) }
        var table: MDB_dbi = 0
        check(mdb_dbi_open(transaction, "blocks", 0, &table))
        var statistics = MDB_stat()
        check(mdb_stat(transaction, table, &statistics))
        return Int(statistics.ms_depth)
    }

    private static func environmentPath(in directory: String) -> String? {
        let name = "/data.mdb"
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
        let data = paths.map { "/" + $0 }.first { $0.hasSuffix(name) }
        return data.map { directory + $0.dropLast(name.count) }
    }
}
