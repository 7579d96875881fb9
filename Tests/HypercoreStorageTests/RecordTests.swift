import CompactEncoding
import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite struct HeadRecordTests {
    @Test(arguments: [0, 1, 2, 3, 7, 8, 100], [0, 1, 5] as [UInt64])
    func `a head reads back as it was written`(length: Int, fork: UInt64) throws {
        let head = try Sample.head(length: length, fork: fork)
        #expect(try HeadRecord(decoding: head.encoded()) == head)
    }

    @Test func `the head of an empty log reads back`() throws {
        #expect(try HeadRecord(decoding: HeadRecord().encoded()) == HeadRecord())
    }

    @Test func `a head begins with what a write set expects of it`() throws {
        let head = try Sample.head(length: 9, fork: 2)
        #expect(head.encoded().starts(with: head.content))
    }

    @Test func `every truncation is damage`() throws {
        for bytes in truncations(of: try Sample.head(length: 11, fork: 2).encoded()) {
            expectError(.damaged) { _ = try HeadRecord(decoding: bytes) }
        }
    }

    @Test func `bytes past the end are damage`() throws {
        let bytes = try Sample.head(length: 3).encoded() + [0]
        expectError(.damaged) { _ = try HeadRecord(decoding: bytes) }
    }

    @Test func `a later version is refused as such`() throws {
        var bytes = try Sample.head(length: 3).encoded()
        bytes[0] = 2
        expectError(.unsupportedVersion) { _ = try HeadRecord(decoding: bytes) }
    }

    @Test(arguments: [4, 7, 1 << 60, .max] as [UInt64])
    func `a length that the roots do not have is damage`(length: UInt64) throws {
        let bytes = try Sample.head(length: 5).encoded()
        let changed = bytes[..<9] + withUnsafeBytes(of: length.littleEndian) { Array($0) } + bytes.dropFirst(17)
        expectError(.damaged) { _ = try HeadRecord(decoding: Array(changed)) }
    }

    @Test func `no change of a byte makes the decoder trap`() throws {
        let bytes = try Sample.head(length: 11, fork: 2).encoded()
        var refused = 0
        for position in bytes.indices {
            for value in [0x00, 0x7f, 0xfd, 0xff, bytes[position] ^ 1] as [UInt8] {
                var changed = bytes
                changed[position] = value
                do {
                    // What still decodes must be a head that can be written again.
                    _ = try HeadRecord(decoding: changed).encoded()
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 0)
    }
}

@Suite struct CoreIdentityTests {
    /// Every combination of the parts that may be missing.
    private static let identities: [CoreIdentity] = (0..<8).map { parts in
        CoreIdentity(
            key: Sample.key(parts), manifest: parts & 1 == 0 ? nil : [1, 2, 3],
            seed: parts & 2 == 0 ? nil : SecretBytes(copying: Sample.bytes32(100).array),
            alias: parts & 4 == 0 ? nil : Alias(namespace: Sample.bytes32(101), name: Array("name".utf8)))
    }

    @Test(arguments: 0..<8) func `an identity reads back as it was written, whatever parts it has`(parts: Int) throws {
        let identity = Self.identities[parts]
        let decoded = try CoreIdentity(decoding: identity.encoded())
        #expect(decoded.key == identity.key && decoded.manifest == identity.manifest && decoded.alias == identity.alias)
        #expect(decoded.seed == identity.seed)
    }

    @Test func `a name may be only a name, which says nothing where there is none`() throws {
        for (derives, alias) in [(true, true), (false, true), (false, false)] {
            let identity = CoreIdentity(
                key: Sample.key(0), alias: alias ? Alias(namespace: .zero, name: [1]) : nil, derivesKeyPair: derives)
            #expect(try CoreIdentity(decoding: identity.encoded()).derivesKeyPair == (derives || !alias))
        }
    }

    @Test func `names and manifests may be empty or long`() throws {
        for count in [0, 1, 252, 253, 70_000] {
            let bytes = Array(repeating: UInt8(7), count: count)
            let identity = CoreIdentity(
                key: Sample.key(0), manifest: bytes, alias: Alias(namespace: .zero, name: bytes))
            let decoded = try CoreIdentity(decoding: identity.encoded())
            #expect(decoded.manifest == bytes && decoded.alias?.name == bytes)
        }
    }

    @Test(arguments: 0..<8) func `every truncation is damage`(parts: Int) throws {
        for bytes in truncations(of: Self.identities[parts].encoded()) {
            expectError(.damaged) { _ = try CoreIdentity(decoding: bytes) }
        }
    }

    @Test func `bytes past the end are damage`() {
        let bytes = Self.identities[7].encoded() + [0]
        expectError(.damaged) { _ = try CoreIdentity(decoding: bytes) }
    }

    @Test func `a later version, and a part that is not known, are refused as such`() {
        var bytes = Self.identities[7].encoded()
        bytes[0] = 2
        expectError(.unsupportedVersion) { _ = try CoreIdentity(decoding: bytes) }
        bytes = Self.identities[7].encoded()
        bytes[1] |= 16
        expectError(.unsupportedVersion) { _ = try CoreIdentity(decoding: bytes) }
    }
}

@Suite struct PresenceRecordTests {
    private let record = PresenceRecord(revision: 7, baseLength: 1 << 40, contiguousLength: 12)

    @Test func `a record reads back as it was written, and begins with its revision`() throws {
        #expect(try PresenceRecord(decoding: record.encoded()) == record)
        #expect(record.encoded().starts(with: PresenceRecord.prefix(revision: 7)))
    }

    @Test func `every truncation, and bytes past the end, are damage`() {
        for bytes in truncations(of: record.encoded()) {
            expectError(.damaged) { _ = try PresenceRecord(decoding: bytes) }
        }
        let longer = record.encoded() + [0]
        expectError(.damaged) { _ = try PresenceRecord(decoding: longer) }
    }

    @Test func `lengths that no log has are damage`() {
        for (base, contiguous) in [(UInt64.max, 0), (0, UInt64.max), (1 << 53, 0), (0, 1 << 53)] as [(UInt64, UInt64)] {
            let bytes = PresenceRecord(revision: 0, baseLength: base, contiguousLength: contiguous).encoded()
            expectError(.damaged) { _ = try PresenceRecord(decoding: bytes) }
        }
    }
}

@Suite struct NodeGroupTests {
    @Test func `each node of a tree is found in the group of the leaf that completes it, and in no other`() throws {
        let nodes = try Sample.tree(length: 33).nodes
        let groups = Dictionary(grouping: nodes) { NodeGroup.leaf(of: $0.index) }.mapValues(NodeGroup.encode)
        #expect(groups.count == 33)
        for node in nodes {
            let group = try #require(groups[NodeGroup.leaf(of: node.index)])
            #expect(try NodeGroup.find(node.index, in: group) == node)
        }
        // Block 7 completes trees of 1, 2, 4 and 8 blocks, not one of 16.
        let missing = try #require(FlatTree.index(depth: 4, offset: 0))
        let eighth = try #require(groups[7])
        #expect(try NodeGroup.find(missing, in: eighth) == nil)
    }

    @Test func `nodes that arrive later are found beside the first, and the first of two is read`() throws {
        let nodes = try Sample.tree(length: 8).nodes.filter { NodeGroup.leaf(of: $0.index) == 7 }
        #expect(nodes.count == 4)
        let other = TreeNode(index: nodes[0].index, size: 1, hash: .zero)
        let group = NodeGroup.encode(nodes.reversed()) + NodeGroup.encode([other])
        for node in nodes { #expect(try NodeGroup.find(node.index, in: group) == node) }
    }

    @Test func `a truncated group is damage, unless it is cut between nodes`() throws {
        let nodes = try Sample.tree(length: 4).nodes.filter { NodeGroup.leaf(of: $0.index) == 3 }
        let missing = try #require(FlatTree.index(depth: 5, offset: 0))
        let edges = (0...nodes.count).map { NodeGroup.encode(Array(nodes.prefix($0))).count }
        for bytes in truncations(of: NodeGroup.encode(nodes)) {
            if edges.contains(bytes.count) {
                #expect(try NodeGroup.find(missing, in: bytes) == nil)
            } else {
                expectError(.damaged) { _ = try NodeGroup.find(missing, in: bytes) }
            }
        }
    }
}

// Expectations cannot hold spans, so these take arrays.

extension HeadRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension CoreIdentity {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension PresenceRecord {
    fileprivate init(decoding bytes: [UInt8]) throws { try self.init(decoding: bytes.span.bytes) }
}

extension NodeGroup {
    fileprivate static func find(_ index: UInt64, in group: [UInt8]) throws -> TreeNode? {
        try find(index, in: group.span.bytes)
    }

    fileprivate static func encode(_ nodes: [TreeNode]) -> [UInt8] {
        var writer = ByteWriter()
        for node in nodes { write(node, into: &writer) }
        return writer.bytes
    }
}

/// Expects `body` to throw a ``StorageRecordError`` with this code.
func expectError(
    _ code: StorageRecordError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let error = #expect(throws: StorageRecordError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
}
