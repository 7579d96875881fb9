import CRocksDB

/// RocksDB's options, for the database and for each of its column families.
struct DatabaseSettings: ~Copyable {
    let pointer: OpaquePointer

    init(_ options: RocksDBOptions) {
        guard let pointer = rocksdb_options_create() else { preconditionFailure("no memory for options") }
        self.pointer = pointer
        rocksdb_options_set_create_if_missing(pointer, options.createsIfMissing ? 1 : 0)
        rocksdb_options_set_compression(pointer, options.compression.number)
        setMemory(options)
        setTables(options)
        setLimits()
    }

    deinit { rocksdb_options_destroy(pointer) }

    private func setMemory(_ options: RocksDBOptions) {
        rocksdb_options_set_db_write_buffer_size(pointer, options.memtableByteCount)
        // A log is kept until all tables that it has records of are written out. One that is seldom written to would
        // keep them all.
        rocksdb_options_set_max_total_wal_size(pointer, UInt64(options.memtableByteCount) * 2)
    }

    private func setTables(_ options: RocksDBOptions) {
        let tables = rocksdb_block_based_options_create()
        let cache = rocksdb_cache_create_lru(options.cacheByteCount)
        // The factory keeps its own references to all but the filter, which it takes over.
        rocksdb_block_based_options_set_block_cache(tables, cache)
        rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(10))
        rocksdb_options_set_block_based_table_factory(pointer, tables)
        rocksdb_cache_destroy(cache)
        rocksdb_block_based_options_destroy(tables)
    }

    private func setLimits() {
        // All files would stay open otherwise, and many systems grant 1024.
        rocksdb_options_set_max_open_files(pointer, 512)
        // Of the log for people: warnings only, and no copies of those of former openings.
        rocksdb_options_set_info_log_level(pointer, 2)
        rocksdb_options_set_keep_log_file_num(pointer, 1)
        rocksdb_options_set_stats_dump_period_sec(pointer, 0)
        rocksdb_options_set_stats_persist_period_sec(pointer, 0)
    }
}

extension RocksDBOptions.Compression {
    fileprivate var number: Int32 {
        switch self {
        case .none: Int32(rocksdb_no_compression)
        case .lz4: Int32(rocksdb_lz4_compression)
        case .zstd: Int32(rocksdb_zstd_compression)
        }
    }
}
