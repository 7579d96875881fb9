import Corestore
import Crypto
import Hypercore

// What `--json` prints of the house work. Names stay as they are; new ones may be added.

/// `compact` and `backup` on their way.
struct CopyProgressRecord: Encodable {
    let event = "progress"
    /// Bytes copied.
    let bytes: UInt64
    /// About how many bytes the copy will have.
    let total: UInt64
    let bytesPerSecond: Double
    /// Absent while it cannot be told.
    let secondsLeft: Double?

    init(_ meter: ProgressMeter) {
        bytes = meter.extent.done
        total = meter.extent.total
        bytesPerSecond = meter.bytesPerSecond.rounded()
        secondsLeft = meter.secondsLeft
    }
}

/// Work of which nobody can tell how long it takes.
struct ActivityRecord: Encodable {
    let event = "progress"
    let activity: String
    let seconds: Double
}

/// `compact` is through.
struct CompactedRecord: Encodable {
    let event = "complete"
    let fileBytesBefore: UInt64
    let fileBytesAfter: UInt64
    let seconds: Double
}

/// `backup` is through.
struct BackedUpRecord: Encodable {
    let event = "complete"
    let directory: String
    let bytes: UInt64
    let seconds: Double
}

/// `purge` is through.
struct PurgedRecord: Encodable {
    let event = "complete"
    /// z-base-32.
    let key: String
    /// How many blocks were stored here.
    let blocks: UInt64
    /// Their bytes.
    let bytes: UInt64
    /// The bytes that all of the core took, as it was stored.
    let storedBytes: UInt64
}

/// `clear` is through.
struct ClearedRecord: Encodable {
    /// How many blocks were here, and their bytes.
    let blocks: UInt64
    let bytes: UInt64
    let core: CoreRecord

    private enum CodingKeys: String, CodingKey { case blocks, bytes }

    func encode(to encoder: any Encoder) throws {
        try core.encode(to: encoder, asEvent: "complete")
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(blocks, forKey: .blocks)
        try container.encode(bytes, forKey: .bytes)
    }
}

/// `keygen`: a key pair to sign with.
struct KeyPairRecord: Encodable {
    /// 64 hexadecimal digits.
    let publicKey: String
    /// 128 hexadecimal digits: the seed, then the public key.
    let secretKey: String
}

/// `keygen --encryption`: a key to encrypt blocks with.
struct EncryptionKeyRecord: Encodable {
    /// 64 hexadecimal digits.
    let encryptionKey: String
}

/// `stats`: what a core, or the whole store, takes.
struct StatsRecord: Encodable {
    /// Records of one kind.
    struct Space: Encodable {
        let records: UInt64
        /// Before compression, without keys.
        let bytes: UInt64
        /// As they are stored, with keys.
        let storedBytes: UInt64

        init(_ space: StorageInfo.Space) {
            records = space.recordCount
            bytes = space.byteCount
            storedBytes = space.storedByteCount
        }
    }

    /// z-base-32; absent for the whole store.
    let key: String?
    /// How many there are; absent for one of them.
    let cores: UInt64?
    let blocks: Space
    let tree: Space
    let other: Space
    /// All three together, as they are stored.
    let storedBytes: UInt64
    /// Stored bytes of a byte of block: below 1 where compression pays. Absent where there are no blocks.
    let blockRatio: Double?
    /// The length of the store's files, and how much of it holds nothing; absent for one core.
    let fileBytes: UInt64?
    let freeBytes: UInt64?

    /// One core.
    init(_ info: StorageInfo, of core: Hypercore) {
        self.init(info, key: core.key.text)
    }

    /// The whole store.
    init(_ info: StoreStorageInfo, coreCount: UInt64) {
        self.init(info.logs, coreCount: coreCount, fileBytes: info.fileByteCount, freeBytes: info.freeByteCount)
    }

    private init(
        _ info: StorageInfo, key: String? = nil, coreCount: UInt64? = nil, fileBytes: UInt64? = nil,
        freeBytes: UInt64? = nil
    ) {
        self.key = key
        cores = coreCount
        blocks = Space(info.blocks)
        tree = Space(info.tree)
        other = Space(info.other)
        storedBytes = blocks.storedBytes + tree.storedBytes + other.storedBytes
        blockRatio = info.blockRatio
        self.fileBytes = fileBytes
        self.freeBytes = freeBytes
    }
}
