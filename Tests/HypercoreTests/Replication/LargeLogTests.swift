import Testing

@testable import Hypercore

/// Parts of a log whose blocks are told of in more than one page of a bitfield.
@Suite(.timeLimit(.minutes(5))) struct LargeLogTests {
    @Test func `blocks of a large log pass from copy to copy, and are those that are stored`() async throws {
        let stores = try (0..<3).map { _ in try TestStore() }
        let log = try await stores[0].writable()
        try await log.append(contentsOf: (0..<33_400).map { [UInt8(truncatingIfNeeded: $0)] })
        let wanted: [UInt64] = [0, 3, 32_767, 32_768, 33_268, 33_399]
        for number in 1...2 {
            let copy = try await stores[number].reader(of: log.key)
            let link = ManualLink(stores[number - 1], stores[number])
            for block in wanted {
                #expect(try await link.moving { try await copy.get(block) } == [UInt8(truncatingIfNeeded: block)])
            }
            // What comes between is at one side only, or at neither.
            await expectError(.timedOut) { _ = try await copy.get(number == 1 ? 33_400 : 4, timeout: .milliseconds(1)) }
            link.settle()
            link.cut()
            #expect(copy.length == 33_400 && copy.contiguousLength == 1)
        }
        for store in stores[1...] {
            let copy = try #require(try await store.reopened().stored(log.key))
            #expect(try copy.storedBlocks(of: 33_400) == wanted.map(Int.init))
            #expect(try copy.treeHash() == log.treeHash())
        }
    }
}
