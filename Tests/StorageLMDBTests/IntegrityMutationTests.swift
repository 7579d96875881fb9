import Foundation
import StorageEngine
import TestSupport
import Testing

@testable import StorageLMDB

/// Damage of all kinds to a real store: either it is found, or the store can be read to its end without a trap.
@Suite(.timeLimit(.minutes(5))) struct IntegrityMutationTests {
    @Test(arguments: Mutation.allCases)
    func `damage is found, or does no harm`(_ mutation: Mutation) throws {
        let directory = try TemporaryDirectory()
        try IntegrityStores.create(in: directory, seed: 99, rounds: 12)
        let original = try directory.dataBytes()
        let treePages = try directory.usedPages().tree
        var found = 0
        for seed in 0..<mutation.rounds {
            var generator = SeededGenerator(seed: seed)
            var bytes = original
            mutation.apply(to: &bytes, treePages: treePages, using: &generator)
            try directory.replaceData(by: bytes)
            do {
                _ = try directory.check()
            } catch {
                #expect(error is StructuralFinding, "\(mutation), seed \(seed)")
                found += 1
                continue
            }
            #expect(throws: Never.self, "\(mutation), seed \(seed)") { try readAll(directory) }
        }
        #expect(found >= mutation.leastFound, "\(mutation): \(found) of \(mutation.rounds)")
    }

    /// Opens what passed the check, and reads every record. It may be refused, for what the check does not look at.
    private func readAll(_ directory: TemporaryDirectory) throws {
        do {
            let engine = try LMDBEngine.open(at: directory.path, tables: IntegrityStores.tables)
            defer { try? engine.close() }
            try engine.read { snapshot in
                for table in IntegrityStores.tables {
                    for order in [ScanOrder.ascending, .descending] {
                        try snapshot.scan(table, KeyRange(), order: order) { key, value in
                            var sum = 0
                            key.withUnsafeBytes { for byte in $0 { sum &+= Int(byte) } }
                            value.withUnsafeBytes { for byte in $0 { sum &+= Int(byte) } }
                            return sum < 0 ? .stop : .next
                        }
                    }
                }
            }
        } catch let error as StorageError {
            guard [.corrupt, .unsupportedVersion].contains(error.code) else { throw error }
        }
    }
}

enum Mutation: String, CaseIterable {
    case truncate, flipBits, flipMetaBits, flipHeaderBits, movedNode, garbagePage, zeroPage, swapPages, duplicatePage

    var rounds: UInt64 { self == .flipBits ? 150 : 60 }

    /// How many are found at least: all, but for what may meet a value, a free page or the older header.
    var leastFound: Int {
        switch self {
        case .flipBits: 1
        case .flipMetaBits: 25
        case .truncate: 50
        case .flipHeaderBits, .movedNode, .garbagePage, .zeroPage, .swapPages, .duplicatePage: Int(rounds)
        }
    }

    /// - Parameter treePages: branches and leaves that are in use.
    func apply(to bytes: inout [UInt8], treePages: [Int], using generator: inout SeededGenerator) {
        let page = treePages[Int.random(in: 0..<treePages.count, using: &generator)]
        let other =
            (page + Int.random(in: 1..<bytes.count / pageByteCount, using: &generator))
            % (bytes.count / pageByteCount)
        let range = page * pageByteCount..<(page + 1) * pageByteCount
        let otherRange = other * pageByteCount..<(other + 1) * pageByteCount
        switch self {
        case .truncate: bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
        case .flipBits: flip(&bytes, 0..<bytes.count, &generator)
        case .flipMetaBits:
            flip(&bytes, Bool.random(using: &generator) ? 0..<152 : pageByteCount..<pageByteCount + 152, &generator)
        case .flipHeaderBits:
            // Bytes 8 and 9 mean nothing here.
            let part = [0..<8, 10..<16].randomElement(using: &generator) ?? 0..<8
            flip(&bytes, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound, &generator, 1...1)
        case .movedNode:
            let nodeCount = (Int(bytes.load(range.lowerBound + 12, as: UInt16.self)) - 16) / 2
            let place = range.lowerBound + 16 + 2 * Int.random(in: 0..<nodeCount, using: &generator)
            bytes[place] = bytes[place] &+ UInt8.random(in: 1...255, using: &generator)
        case .garbagePage: for index in range { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        case .zeroPage: for index in range { bytes[index] = 0 }
        case .swapPages:
            let copy = bytes[range]
            bytes.replaceSubrange(range, with: bytes[otherRange])
            bytes.replaceSubrange(otherRange, with: copy)
        case .duplicatePage: bytes.replaceSubrange(range, with: bytes[otherRange])
        }
    }

    private func flip(
        _ bytes: inout [UInt8], _ range: Range<Int>, _ generator: inout SeededGenerator,
        _ count: ClosedRange<Int> = 1...4
    ) {
        for _ in 0..<Int.random(in: count, using: &generator) {
            bytes[Int.random(in: range, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
    }
}
