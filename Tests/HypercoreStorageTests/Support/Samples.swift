import CompactEncoding
import Crypto
import MerkleTree
import StorageEngine
import TestSupport

@testable import HypercoreStorage

/// Values for tests, all made from numbers, so that a test can be repeated.
enum Sample {
    static func bytes32(_ number: Int) -> Bytes32 { BLAKE2b.hash(Array("sample \(number)".utf8)) }

    static func key(_ number: Int) -> CoreKey { CoreKey(bytes32(number)) }

    static func blocks(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("block \($0)".utf8) } }

    /// The head of a log of so many blocks, and the nodes that appending them one after the other brings about.
    static func tree(length: Int, fork: UInt64 = 0) throws -> (head: TreeHead, nodes: [TreeNode]) {
        var head = TreeHead(fork: fork)
        let hashing = BLAKE2bTreeHashing()
        let leaves = blocks(length).map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) }
        let nodes = try head.append(leaves, hashing: hashing)
        return (head, nodes)
    }

    /// A head that was truncated now and then and is signed with as many bytes.
    static func head(length: Int, fork: UInt64 = 0, signatureByteCount: Int = 64) throws -> HeadRecord {
        var spans = Spans()
        for fork in 0..<fork { spans.truncate(to: min(UInt64(length), fork)) }
        return HeadRecord(
            tree: try tree(length: length, fork: fork).head, spans: spans,
            signature: (0..<signatureByteCount).map { UInt8(truncatingIfNeeded: $0) })
    }
}

/// Every proper prefix of `bytes`.
func truncations(of bytes: [UInt8]) -> [[UInt8]] {
    (0..<bytes.count).map { Array(bytes.prefix($0)) }
}

/// A store's records on an engine in memory.
struct TestDirectory {
    let engine: any StorageEngine
    let writer: GroupWriter
    let directory: CoreDirectory

    init(_ engine: any StorageEngine = MemoryEngine(tables: Schema.tables)) throws {
        self.engine = engine
        writer = GroupWriter(engine, durability: .relaxed)
        directory = try CoreDirectory(engine: engine, writer: writer)
    }

    @discardableResult
    func create(_ number: Int, alias: Alias? = nil) async throws -> StoredCore {
        let (core, ticket) = try directory.create(CoreIdentity(key: Sample.key(number), alias: alias), with: writer)
        try await writer.commit(ticket)
        return core
    }

    /// The same records, read anew.
    func reopened() async throws -> TestDirectory {
        await writer.close()
        return try TestDirectory(engine)
    }

    /// Puts bytes under a key, whatever they are.
    func overwrite(_ table: Table, _ key: [UInt8], with value: [UInt8]) async throws {
        var set = WriteSet()
        set.put(table, key, record: value)
        try await writer.commit(set)
    }

    func overwrite(_ table: Table, _ key: LogKey, with value: [UInt8]) async throws {
        try await overwrite(table, key.array, with: value)
    }
}

extension TestDirectory {
    /// The named cores of a namespace, read one at a time.
    func named(in namespace: Bytes32) throws -> [DiscoveryKey] {
        var (found, last) = ([DiscoveryKey](), NamedCore?.none)
        while let next = try directory.named(in: namespace, after: last, limit: 1).first {
            found.append(next.discoveryKey)
            last = next
        }
        return found
    }
}
