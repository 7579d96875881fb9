import ArgumentParser
import BenchSubjects
import HypercoreStorage
import StorageEngine
import StorageLMDB
import StorageRocksDB

/// What a store is kept by.
enum Backend: String, CaseIterable, ExpressibleByArgument {
    case lmdb
    case rocksdb

    /// swift-corestore on this backend.
    var contender: CorestoreContender {
        CorestoreContender { directory in
            switch self {
            case .lmdb: try LMDBEngine.open(at: directory, tables: Schema.tables)
            case .rocksdb: try RocksDBEngine.open(at: directory, tables: Schema.tables)
            }
        }
    }
}
