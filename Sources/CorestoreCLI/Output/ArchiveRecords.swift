// What `--json` prints of archives. Names stay as they are; new ones may be added.

/// `export` is through.
struct ExportedRecord: Encodable {
    let core: CoreRecord
    let file: String
    /// The length of the archive.
    let archiveBytes: UInt64
    let seconds: Double

    private enum CodingKeys: String, CodingKey { case file, archiveBytes, seconds }

    func encode(to encoder: any Encoder) throws {
        try core.encode(to: encoder, asEvent: "complete")
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(file, forKey: .file)
        try container.encode(archiveBytes, forKey: .archiveBytes)
        try container.encode(seconds, forKey: .seconds)
    }
}

/// `import` on its way.
struct ImportProgressRecord: Encodable {
    let event = "progress"
    /// Blocks that were read and verified.
    let blocks: UInt64
    /// The length of the archived core; an archive of a part of it has fewer blocks.
    let total: UInt64
    /// The bytes of these blocks.
    let bytes: UInt64
    let bytesPerSecond: Double
    /// Absent while it cannot be told.
    let secondsLeft: Double?

    init(_ meter: ProgressMeter) {
        blocks = meter.extent.done
        total = meter.extent.total
        bytes = meter.byteCount
        bytesPerSecond = meter.bytesPerSecond.rounded()
        secondsLeft = meter.secondsLeft
    }
}

/// `import` is through.
struct ImportedRecord: Encodable {
    let core: CoreRecord
    /// Blocks in the archive.
    let blocks: UInt64
    /// Their bytes.
    let bytes: UInt64
    let seconds: Double

    private enum CodingKeys: String, CodingKey { case blocks, bytes, seconds }

    func encode(to encoder: any Encoder) throws {
        try core.encode(to: encoder, asEvent: "complete")
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(blocks, forKey: .blocks)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(seconds, forKey: .seconds)
    }
}
