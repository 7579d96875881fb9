// What `--json` prints of `sync`, `mirror`, `watch` and `serve`. Names stay as they are; new ones may be added.

/// `sync` on its way.
struct ProgressRecord: Encodable {
    let event = "progress"
    /// Blocks of the range that are stored here, of all cores.
    let blocks: UInt64
    /// Blocks of the range, of all cores as far as they are known.
    let total: UInt64
    /// Bytes downloaded by this run.
    let downloadedBytes: UInt64
    let bytesPerSecond: Double
    /// Absent while it cannot be told.
    let secondsLeft: Double?
    /// How many cores there are, and how many are whole; absent where there is one.
    let cores: UInt64?
    let complete: UInt64?

    init(_ meter: ProgressMeter) {
        blocks = meter.extent.done
        total = meter.extent.total
        downloadedBytes = meter.byteCount
        bytesPerSecond = meter.bytesPerSecond.rounded()
        secondsLeft = meter.secondsLeft
        cores = meter.cores?.total
        complete = meter.cores?.done
    }
}

/// One core of `sync` is here (`complete`), or the run was stopped (`stopped`).
struct SyncedRecord: Encodable {
    let event: String
    let core: CoreRecord
    /// Blocks and bytes downloaded by this run.
    let downloadedBlocks: UInt64
    let downloadedBytes: UInt64
    let seconds: Double

    private enum CodingKeys: String, CodingKey { case downloadedBlocks, downloadedBytes, seconds }

    func encode(to encoder: any Encoder) throws {
        try core.encode(to: encoder, asEvent: event)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(downloadedBlocks, forKey: .downloadedBlocks)
        try container.encode(downloadedBytes, forKey: .downloadedBytes)
        try container.encode(seconds, forKey: .seconds)
    }
}

/// A run over many cores is through (`finished`), or was stopped (`stopped`).
struct SyncSummaryRecord: Encodable {
    let event: String
    /// How many cores were asked for; of these, how many are whole, and how many could not be had.
    let cores: UInt64
    let complete: UInt64
    let failed: UInt64
    /// What was exchanged by this run.
    let downloadedBlocks: UInt64
    let downloadedBytes: UInt64
    let uploadedBlocks: UInt64
    let uploadedBytes: UInt64
    let seconds: Double

    /// The same for people.
    var words: String {
        var words = "\(event): \(Words.grouped(complete)) of \(Words.cores(cores)), downloaded "
        words += "\(Words.blocks(downloadedBlocks)), \(Words.bytes(downloadedBytes))"
        if uploadedBlocks > 0 { words += ", uploaded \(Words.blocks(uploadedBlocks)), \(Words.bytes(uploadedBytes))" }
        return words + " in \(Words.duration(seconds: seconds))"
    }

    /// What is said where some could not be had.
    var failureWords: String { "\(Words.grouped(failed)) of \(Words.cores(cores)) could not be had" }
}

/// `sync --live` and `mirror` on their way.
struct LiveRecord: Encodable {
    let event = "progress"
    /// Blocks that are stored here, and that there are, of all cores.
    let blocks: UInt64
    let total: UInt64
    /// How many cores there are; of these, how many are whole, and how many the peer does not have.
    let cores: UInt64
    let complete: UInt64
    let refused: UInt64
    /// Whether there is a connection with the peer that was named.
    let connected: Bool
    /// How many connected to this side; absent where it does not serve.
    let connections: Int?
    /// Exchanged by this run.
    let downloadedBytes: UInt64
    let uploadedBytes: UInt64
    let bytesPerSecond: Double
    let uploadedBytesPerSecond: Double
}

/// `sync --live` and `mirror` are connected.
struct ConnectedRecord: Encodable {
    let event = "connected"
    /// HOST:PORT.
    let peer: String
    /// Its public key: 64 hexadecimal digits.
    let publicKey: String?
}

/// `serve` on its way.
struct ServingRecord: Encodable {
    let event = "status"
    let connections: Int
    /// How many cores are open.
    let cores: Int
    let downloadedBlocks: UInt64
    let downloadedBytes: UInt64
    let uploadedBlocks: UInt64
    let uploadedBytes: UInt64
    let downloadedBytesPerSecond: Double
    let uploadedBytesPerSecond: Double
}

/// `watch` has come to where it begins: what is appended from now on is printed.
struct WatchingRecord: Encodable {
    let event = "watching"
    /// z-base-32.
    let key: String
    /// The first block that is printed.
    let start: UInt64
}

/// `watch`: the core was cut, and what follows takes the place of blocks that were shown.
struct TruncatedRecord: Encodable {
    let event = "truncated"
    let length: UInt64
    let fork: UInt64
}
