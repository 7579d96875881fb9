import CompactEncoding
import CorestoreNIO
import Crypto
import Hypercore

// What `--json` prints: every field of every object stands in this file. Names stay as they are; new ones may be added.

/// The state of a core: `append`, `info`, `list`, and part of others.
struct CoreRecord: Encodable {
    /// z-base-32.
    let key: String
    /// Hexadecimal digits.
    let discoveryKey: String
    /// Hexadecimal digits.
    let treeHash: String
    /// In blocks.
    let length: UInt64
    /// Of the blocks as they are stored and replicated, with what encryption adds to them.
    let byteLength: UInt64
    /// How many blocks from the first on are stored here without a gap.
    let contiguousLength: UInt64
    let fork: UInt64
    let writable: Bool

    init(_ core: Hypercore) throws {
        key = core.key.text
        discoveryKey = core.discoveryKey.description
        treeHash = try core.treeHash().hex
        length = core.length
        byteLength = try core.info().storedByteLength
        contiguousLength = core.contiguousLength
        fork = core.fork
        writable = core.holdsSigningKey
    }
}

/// One block: `get` and `cat`.
struct BlockRecord: Encodable {
    let index: UInt64
    let byteLength: Int
    let base64: String
}

/// `serve` listens.
struct ListeningRecord: Encodable {
    let event = "listening"
    let host: String
    let port: UInt16
    /// What the server is known by: 64 hexadecimal digits.
    let publicKey: String

    init(_ server: ReplicationServer) {
        host = server.endpoint.host
        port = server.endpoint.port
        publicKey = "\(server.publicKey)"
    }
}

/// `identity`.
struct IdentityRecord: Encodable {
    /// 64 hexadecimal digits.
    let publicKey: String
}

/// `serve --append` appends to this core.
struct AppendingRecord: Encodable {
    let core: CoreRecord

    func encode(to encoder: any Encoder) throws {
        try core.encode(to: encoder, asEvent: "appending")
    }
}

extension CoreRecord {
    private enum EventKeys: String, CodingKey { case event }

    /// Encodes the fields of the core, and beside them the name of the event that the object tells of.
    func encode(to encoder: any Encoder, asEvent event: String) throws {
        try encode(to: encoder)
        var container = encoder.container(keyedBy: EventKeys.self)
        try container.encode(event, forKey: .event)
    }
}
