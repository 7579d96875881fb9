import BenchHarness
import Testing

@testable import BenchFloors

@Suite struct FloorTests {
    @Test func aLogIsReadBackBlockByBlock() throws {
        let directory = try ScratchDirectory(in: "/tmp")
        let pattern = BlockPattern(length: 100)
        let blocks = (0..<50).map(pattern.block(at:))
        do {
            var log = LogAppender(at: directory.path)
            log.append(blocks[0])
            log.append(contentsOf: Array(blocks[1...]))
        }
        let reader = LogReader(at: directory.path)
        let read = blocks.indices.map { reader.block(at: $0) }
        #expect(read == blocks)
    }

    @Test func oneByOneInBatchesAndHashedOnTwoThreadsALogComesToTheSameTree() throws {
        let blocks = (0..<64).map(BlockPattern(length: 2_000).block(at:))
        let hashes = try ["single", "batch", "threads"].map { way in
            let directory = try ScratchDirectory(in: "/tmp")
            var log = LogAppender(at: directory.path)
            switch way {
            case "single": for block in blocks { log.append(block) }
            case "batch": log.append(contentsOf: blocks)
            default:
                BatchHashing(capacity: 64).withHashes(of: blocks) { log.append(contentsOf: blocks, leaves: $0) }
            }
            return log.treeHash
        }
        #expect(Set(hashes).count == 1)
    }

    @Test(arguments: [100, 65_536])
    func aLogThatWasReceivedHasTheTreeOfTheOneThatWasSent(blockLength: Int) throws {
        let source = try ScratchDirectory(in: "/tmp")
        let target = try ScratchDirectory(in: "/tmp")
        let blocks = (0..<40).map(BlockPattern(length: blockLength).block(at:))
        var log = LogAppender(at: source.path)
        log.append(contentsOf: blocks)

        let (listener, port) = try Loopback.listen()
        let path = source.path
        let sender = PosixThread {
            #expect(throws: Never.self) {
                let connection = try Loopback.accept(listener)
                var sender = LogSender(at: path, blockLength: blockLength, over: connection)
                try sender.run()
            }
        }
        var receiver = LogReceiver(
            at: target.path, blockLength: blockLength, over: try Loopback.connect(port: port))
        let treeHash = receiver.run(blockCount: blocks.count)
        sender.join()
        #expect(treeHash == log.treeHash)
        let reader = LogReader(at: target.path)
        let read = blocks.indices.map { reader.block(at: $0) }
        #expect(read == blocks)
    }

    @Test(arguments: [100, 65_536])
    func aLogThatWentThroughThePipeHasTheTreeOfItsSource(blockLength: Int) throws {
        let source = try ScratchDirectory(in: "/tmp")
        let target = try ScratchDirectory(in: "/tmp")
        let blocks = (0..<40).map(BlockPattern(length: blockLength).block(at:))
        var treeHash = ""
        do {
            var log = LogAppender(at: source.path)
            log.append(contentsOf: blocks)
            treeHash = log.treeHash
        }
        do {
            var pipe = LogPipe(from: source.path, to: target.path, blockLength: blockLength)
            let copied = pipe.run(blockCount: blocks.count)
            #expect(copied == treeHash)
        }
        let reader = LogReader(at: target.path)
        let read = blocks.indices.map { reader.block(at: $0) }
        #expect(read == blocks)
    }

    @Test func aCoreIsOpenedByItsNameWithTheTreeThatItWasMadeWith() throws {
        let directory = try ScratchDirectory(in: "/tmp")
        let blocks = (0..<7).map(BlockPattern(length: 100).block(at:))
        var made: [[UInt8]] = []
        do {
            var maker = CoreMaker(at: directory.path)
            for (number, length) in [1, 7, 4].enumerated() {
                maker.make(CoreName.ofMany(number))
                maker.append(Array(blocks.prefix(length)))
                made.append(maker.treeHash)
            }
        }
        var opener = CoreOpener(at: directory.path)
        var cores: [OpenCore] = []
        for number in [2, 0, 1] { cores.append(opener.open(CoreName.ofMany(number))) }
        #expect(cores.map(\.number) == [2, 0, 1])
        #expect(cores.map(\.contiguousLength) == [4, 1, 7])
        #expect(cores.map(\.treeHash) == [made[2], made[0], made[1]])
        #expect(Set(cores.map(\.identity)).count == 3)
    }

    @Test func aCoreThatLacksEveryOtherBlockHasTheTreeOfOneThatIsWhole() throws {
        let directory = try ScratchDirectory(in: "/tmp")
        let blocks = (0..<50).map(BlockPattern(length: 100).block(at:))
        do {
            var maker = CoreMaker(at: directory.path)
            maker.make(CoreName.short)
            maker.append(blocks)
            maker.make(CoreName.sparse)
            maker.append(blocks) { $0.isMultiple(of: 2) }
            maker.storePresenceOfEveryOther()
        }
        var opener = CoreOpener(at: directory.path)
        let (whole, sparse) = (opener.open(CoreName.short), opener.open(CoreName.sparse))
        #expect(sparse.treeHash == whole.treeHash)
        #expect((whole.contiguousLength, sparse.contiguousLength) == (50, 1))
    }
}
