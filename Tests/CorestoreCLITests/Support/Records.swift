/// What `--json` prints, as a program that uses it reads it: written down again here, so that a change is noticed.
struct CoreInfo: Decodable, Equatable {
    let key: String
    let discoveryKey: String
    let treeHash: String
    let length: Int
    let byteLength: Int
    let contiguousLength: Int
    let fork: Int
    let writable: Bool
}

struct BlockInfo: Decodable, Equatable {
    let index: Int
    let byteLength: Int
    let base64: String
}

struct Listening: Decodable {
    let event: String
    let host: String
    let port: Int
    let publicKey: String
}

struct Identity: Decodable {
    let publicKey: String
}

/// On standard error.
struct Problem: Decodable {
    let event: String
    let message: String
    let key: String?
    let status: Int?
}

struct Summary: Decodable {
    let event: String
    let cores: Int
    let complete: Int
    let failed: Int
    let downloadedBlocks: Int
    let uploadedBlocks: Int
}

struct LiveProgress: Decodable {
    let event: String
    let blocks: Int
    let total: Int
    let cores: Int
    let complete: Int
    let refused: Int
    let connected: Bool
    let uploadedBytes: Int
}

struct Connected: Decodable {
    let event: String
    let peer: String
    let publicKey: String
}

struct Status: Decodable {
    let event: String
    let connections: Int
    let uploadedBlocks: Int
    let downloadedBlocks: Int
}

struct Watching: Decodable {
    let event: String
    let key: String
    let start: Int
}

struct Truncated: Decodable {
    let event: String
    let length: Int
    let fork: Int
}

struct Progress: Decodable {
    let event: String
    let blocks: Int
    let total: Int
    let downloadedBytes: Int
    let bytesPerSecond: Double
}

struct Synced: Decodable {
    let event: String
    let key: String
    let treeHash: String
    let length: Int
    let contiguousLength: Int
    let downloadedBlocks: Int
    let downloadedBytes: Int
    let seconds: Double
}

struct CopyProgressInfo: Decodable {
    let event: String
    let bytes: Int
    let total: Int
    let bytesPerSecond: Double
}

struct Compacted: Decodable {
    let event: String
    let fileBytesBefore: Int
    let fileBytesAfter: Int
    let seconds: Double
}

struct BackedUp: Decodable {
    let event: String
    let directory: String
    let bytes: Int
    let seconds: Double
}

struct Purged: Decodable, Equatable {
    let event: String
    let key: String
    let blocks: Int
    let bytes: Int
    let storedBytes: Int
}

struct Cleared: Decodable {
    let event: String
    let blocks: Int
    let bytes: Int
    let length: Int
    let treeHash: String
}

struct Audited: Decodable {
    let event: String
    let key: String
    let sound: Bool
    let checkedBlocks: Int
    let checkedNodes: Int
    let damagedBlocks: Int
    let droppedBlocks: Int
    let signatureHolds: Bool
}

struct Damage: Decodable {
    let event: String
    let key: String
    let kind: String
    let index: Int?
}

struct Stats: Decodable {
    struct Space: Decodable, Equatable {
        let records: Int
        let bytes: Int
        let storedBytes: Int
    }

    let key: String?
    let cores: Int?
    let blocks: Space
    let tree: Space
    let other: Space
    let storedBytes: Int
    let blockRatio: Double?
    let fileBytes: Int?
    let freeBytes: Int?
}

struct Exported: Decodable {
    let event: String
    let key: String
    let length: Int
    let file: String
    let archiveBytes: Int
    let seconds: Double
}

struct Imported: Decodable {
    let event: String
    let key: String
    let treeHash: String
    let length: Int
    let blocks: Int
    let bytes: Int
    let seconds: Double
}

struct ImportProgressInfo: Decodable {
    let event: String
    let blocks: Int
    let total: Int
    let bytes: Int
    let bytesPerSecond: Double
}
