import CompactEncoding
import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import HypercoreStorage

@Suite struct KeyTests {
    private struct Place: Comparable {
        let core: UInt32
        let generation: UInt32
        let index: UInt64

        var key: [UInt8] { LogKey(CoreNumber(core), Generation(generation), index: index).array }

        static func < (left: Place, right: Place) -> Bool {
            (left.core, left.generation, left.index) < (right.core, right.generation, right.index)
        }
    }

    @Test func `the keys of blocks and nodes sort by core, then generation, then index`() {
        let edges: [UInt64] = [0, 1, 255, 256, 65_535, 65_536, 1 << 31, 1 << 32 - 1]
        let wide = edges + [1 << 32, 1 << 40, 1 << 52, .max]
        let places = edges.flatMap { core in
            edges.flatMap { generation in
                wide.map { Place(core: UInt32(core), generation: UInt32(generation), index: $0) }
            }
        }
        let sorted = places.shuffled().sorted { $0.key.lexicographicallyPrecedes($1.key) }
        #expect(sorted == places.sorted())
        #expect(places.allSatisfy { $0.key.count == 16 && LogKey.index(in: $0.key) == $0.index })
    }

    @Test func `the range of a core holds its keys, and none of its neighbours`() {
        for core in [0, 1, 255, 256, .max] as [UInt32] {
            let range = LogKey.all(of: CoreNumber(core))
            for other in [core == 0 ? 0 : core - 1, core, core == .max ? core : core + 1] {
                for generation in [0, .max] as [UInt32] {
                    for index in [0, .max] as [UInt64] {
                        let key = Place(core: other, generation: generation, index: index).key
                        #expect(range.holds(key) == (other == core))
                    }
                }
            }
        }
    }

    @Test func `a key of another length has no index`() {
        for count in [0, 8, 15, 17] {
            let key = Array(repeating: UInt8(0), count: count)
            #expect(LogKey.index(in: key) == nil)
        }
    }

    @Test func `the kinds of records have keys apart from each other`() {
        let number = CoreNumber(7)
        let cores =
            [RecordKey.pointer(DiscoveryKey(Sample.bytes32(1)))]
            + [.identity, .head, .presence].map { RecordKey.record(number, $0) }
        #expect(Set(cores).count == 4)
        #expect(cores.count { RecordKey.pointers.holds($0) } == 1)
        let store =
            [RecordKey.format, RecordKey.nextCore, RecordKey.primaryKey]
            + [RecordKey.alias(Alias(namespace: .zero, name: Array("format".utf8)))]
        #expect(Set(store).count == 4)
    }
}

@Suite struct AliasKeyTests {
    private func key(_ name: [UInt8], in namespace: Bytes32 = .zero) -> [UInt8] {
        RecordKey.alias(Alias(namespace: namespace, name: name))
    }

    @Test(arguments: [0, 1, 399, 400, 401, 402, 511, 100_000])
    func `a name of any length makes a key that engines take`(count: Int) {
        let key = key(Array(repeating: 0x61, count: count))
        #expect(key.count <= 511)
        #expect(KeyRange(prefix: RecordKey.aliases(in: .zero)).holds(key))
    }

    @Test func `long names are told apart by their last byte`() {
        let long = Array(repeating: UInt8(0x61), count: 400)
        #expect(Set([long, long + [0x61], long + [0x62], long + [0x61, 0x61]].map { key($0) }).count == 4)
    }

    @Test func `a name that is the hash of a long one, or its whole key, is another name`() {
        let long = Array(repeating: UInt8(0x61), count: 401)
        let hash = BLAKE2b.hash(long).array
        #expect(Set([long, hash, [1] + hash, [0] + hash].map { key($0) }).count == 4)
    }

    @Test func `one name in two namespaces has two keys, and the namespaces do not run into each other`() {
        let (first, second) = (Sample.bytes32(1), Sample.bytes32(2))
        let name = Array("name".utf8)
        #expect(key(name, in: first) != key(name, in: second))
        #expect(!KeyRange(prefix: RecordKey.aliases(in: first)).holds(key(name, in: second)))
    }
}

extension KeyRange {
    fileprivate func holds(_ key: [UInt8]) -> Bool {
        if let lower, key.lexicographicallyPrecedes(lower) { return false }
        guard let upper else { return true }
        return key.lexicographicallyPrecedes(upper)
    }
}

extension LogKey {
    fileprivate static func index(in key: [UInt8]) -> UInt64? { index(in: key.span.bytes) }
}
