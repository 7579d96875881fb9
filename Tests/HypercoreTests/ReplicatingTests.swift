import Crypto
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(1))) struct ReplicatingTests {
    @Test(arguments: [1, 2, 10, 300]) func aReaderThatKnowsOnlyTheKeyDownloadsAndVerifiesAll(count: Int) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let blocks = (0..<count).map { Array("block \($0)".utf8) }
        try await log.append(contentsOf: blocks)
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe()
        writer.registry.replicate(on: pipe.responder)
        reader.registry.replicate(on: pipe.initiator)

        try await copy.download(end: UInt64(count)).finished()
        #expect(copy.length == UInt64(count) && copy.contiguousLength == UInt64(count))
        #expect(try copy.treeHash() == log.treeHash())
        for index in 0..<count { #expect(try copy.read(UInt64(index)) == blocks[index]) }
        pipe.initiator.close()
    }

    @Test func aGetWaitsForAPeerAndForTheBlockToBeAppended() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        async let block = copy.get(1)
        let pipe = MemoryPipe()
        writer.registry.replicate(on: pipe.responder)
        reader.registry.replicate(on: pipe.initiator)
        try await log.append(Array("first".utf8))
        try await log.append(Array("second".utf8))
        #expect(try await block == Array("second".utf8))
        pipe.cut()
    }
}
