import Replication
import TestSupport
import Testing

/// Logs of more blocks than one page of a bitfield tells of, which are 32,768.
@Suite struct PageTests {
    @Test func aLogThatEndsAtABoundOfAPageOrPastItIsFetchedUpToItsEnd() throws {
        for count in [32_768, 32_769] as [UInt64] {
            let world = try World(blocks: (0..<count).map { [UInt8(truncatingIfNeeded: $0)] })
            var network = Network([world.writer(), world.reader(), world.reader("second")], seed: count)
            network.connect(0, 1)
            network.connect(1, 2)
            let token = network.with(1) { $0.download(.blocks(32_700..<count)) }
            try network.run()
            #expect(network.cores[1].outcomes[token] == .stored)
            #expect(network.cores[1].log.blocks.keys.sorted() == Array(32_700..<count))
            // From one with gaps to the next, which has to ask what there is.
            let last = network.with(2) { $0.get(count - 1) }
            let missing = network.with(2) { $0.get(count - 100) }
            try network.run()
            #expect(network.cores[2].outcomes[last] != nil && network.cores[2].outcomes[missing] == nil)
            world.expectPart(network.cores[2].log, "\(count)")

            // One block is missing: what is had beyond is learnt with one want.
            var holed = world.truth
            holed.clear(42..<43)
            network = Network([TestCore("holed", key: world.key, log: holed), world.reader()], seed: count)
            var byteCount = 0
            network.tamper = { sender, message in
                if sender == 0, case .bitfield(let bits) = message { byteCount += 4 * bits.words.count }
                return message
            }
            network.connect(0, 1)
            let get = network.with(1) { $0.get(49) }
            try network.run()
            #expect(network.cores[1].outcomes[get] == .block([49]))
            #expect(network.delivered[.want] == 1 && byteCount <= 4100, "\(byteCount) bytes of bits")
        }
    }
}
