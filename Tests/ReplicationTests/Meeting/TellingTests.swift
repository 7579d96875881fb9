import Replication
import TestSupport
import Testing

/// What peers come to know of each other's blocks while a log is written, read and cut.
@Suite struct TellingTests {
    /// What `core` believes the other side of its `number`-th link to have from the first block on.
    private func known(by core: Int, ofPeer number: Int = 0, _ network: Network) -> UInt64? {
        network.cores[core].statistics(ofPeer: number)?.status.contiguousLength
    }

    private func get(_ blocks: Range<UInt64>, _ reader: Int, _ network: inout Network) throws {
        for block in blocks {
            _ = network.with(reader) { $0.get(block) }
            try network.run()
        }
    }

    @Test func aCopyThatBecomesWholeSaysSoOnceAndOneThatHasGapsDoesNot() throws {
        let world = try World(count: 3)
        var network = Network([world.writer(), world.reader()], seed: 1)
        network.connect(0, 1)
        try get(0..<2, 1, &network)
        #expect(known(by: 0, network) == 0 && known(by: 1, network) == 3)
        #expect(network.cores[0].statistics.sent[.range] == 1 && network.cores[1].statistics.sent[.range] == 0)
        try get(2..<3, 1, &network)
        #expect(known(by: 0, network) == 3)
        #expect(network.cores[1].statistics.sent[.range] == 1)

        try network.with(0) { try $0.append([[4], [5]], signedBy: world.keyPair) }
        try network.run()
        #expect(known(by: 1, network) == 5 && network.cores[0].statistics.sent[.range] == 2)
        try get(3..<4, 1, &network)
        #expect(known(by: 0, network) == 3)
        try get(4..<5, 1, &network)
        #expect(known(by: 0, network) == 5 && network.cores[1].statistics.sent[.range] == 2)
    }

    @Test func aGapIsToldOfAndSoIsItsEndAtAPeer() throws {
        let world = try World(count: 5)
        var network = Network([world.writer(), world.reader()], seed: 2)
        network.connect(0, 1)
        try get(0..<5, 1, &network)
        network.with(0) { $0.clear(1..<2) }
        try network.run()
        #expect(known(by: 1, network) == 1)
        try network.with(0) { try $0.append([[6], [7]], signedBy: world.keyPair) }
        try network.run()
        #expect(known(by: 1, network) == 1)
        try get(5..<7, 1, &network)
        #expect(known(by: 0, network) == 7)
    }

    @Test func aTruncationIsToldOfAndWhatIsAppendedAfterIt() throws {
        let world = try World(count: 2)
        var network = Network([world.writer(), world.reader()], seed: 3)
        network.connect(0, 1)
        try network.run()
        #expect(known(by: 1, network) == 2)
        try network.with(0) { try $0.truncate(to: 1, signedBy: world.keyPair) }
        try network.run()
        #expect(known(by: 1, network) == 1)
        try network.with(0) { try $0.append([[2], [3]], signedBy: world.keyPair) }
        try network.run()
        #expect(known(by: 1, network) == 3)
        #expect(network.cores[1].log.head == network.cores[0].log.head)
    }

    @Test func whatACopyGetsIsToldToThoseWhoDoNotHaveIt() throws {
        let world = try World(count: 2)
        var network = Network([world.writer(), world.reader("middle"), world.reader("end")], seed: 4)
        network.connect(0, 1)
        network.connect(1, 2)
        try network.run()
        #expect(known(by: 2, network) == 0)
        try get(0..<1, 1, &network)
        #expect(known(by: 2, network) == 1, "the end hears of it")
        #expect(known(by: 0, network) == 0, "the writer, which has it, does not")
    }

    /// Three that are all joined: what one has told another reaches the third by nobody else.
    @Test func everyPeerIsToldWhoeverElseIsThere() throws {
        let world = try World(count: 3)
        var network = Network([world.writer(), world.reader("first"), world.reader("second")], seed: 5)
        network.connect(0, 1)
        network.connect(0, 2)
        network.connect(1, 2)
        for block in 0..<3 as Range<UInt64> {
            try get(block..<block + 1, 1, &network)
            try get(block..<block + 1, 2, &network)
        }
        for core in 0..<3 {
            #expect(known(by: core, ofPeer: 0, network) == 3 && known(by: core, ofPeer: 1, network) == 3, "\(core)")
        }
        try network.with(0) { try $0.append([[4], [5]], signedBy: world.keyPair) }
        try network.run()
        #expect(known(by: 1, network) == 5 && known(by: 2, network) == 5)
        #expect(known(by: 1, ofPeer: 1, network) == 3 && known(by: 2, ofPeer: 1, network) == 3)
    }
}
