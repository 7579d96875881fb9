import CompactEncoding
import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Replication

@Suite struct FlightsTests {
    private typealias Flight = Flights.Flight

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func itDoesWhatAListOfRequestsDoes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var flights = Flights()
        var model: [UInt64: [Flight]] = [:]
        for _ in 0..<400 {
            let block = UInt64.random(in: 0..<5, using: &generator)
            let flight = Flight(
                peer: PeerID(.random(in: 0..<4, using: &generator)), request: .random(in: 0..<2, using: &generator))
            let known = model[block] ?? []
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                guard !known.contains(flight) else { continue }
                flights.add(flight, of: block)
                model[block, default: []].append(flight)
            case 2:
                model[block]?.removeAll { $0 == flight }
                let isLast = known == [flight]
                if isLast { model[block] = nil }
                #expect(flights.remove(flight, of: block) == isLast, "seed \(seed)")
            case 3:
                model[block] = nil
                #expect(flights.removeAll(of: block).count == known.count, "seed \(seed)")
            default:
                model[block] = nil
                let others = flights.land(flight, of: block)
                let expected = Set(known.filter { $0 != flight }.map(\.key))
                #expect(Set((others ?? []).map(\.key)) == expected, "seed \(seed)")
                if others == nil { #expect(known == [flight], "seed \(seed)") }
            }
            #expect(flights.count == model.values.reduce(0) { $0 + $1.count }, "seed \(seed)")
            for block in 0..<5 as Range<UInt64> {
                let known = model[block] ?? []
                #expect(flights.contains(block) == !known.isEmpty, "seed \(seed)")
                for peer in (0..<4).map({ PeerID($0) }) {
                    let allows = known.isEmpty || known.count < 3 && !known.contains { $0.peer == peer }
                    #expect(flights.allows(peer, of: block, limit: 3) == allows, "seed \(seed)")
                }
            }
        }
    }
}

extension Flights.Flight {
    fileprivate var key: String { "\(peer) \(request)" }
}

@Suite struct UnknownSubtreeTests {
    @Test func itHoldsWhatLiesUnderTheNodeAndNothingElse() {
        var unknown = UnknownSubtree()
        #expect(!unknown.contains(0))
        unknown.remember(11)
        #expect((0..<32).filter { unknown.contains($0) } == [8, 9, 10, 11, 12, 13, 14])
        unknown.remember(4)
        #expect((0..<32).filter { unknown.contains($0) } == [4])
        unknown.forget()
        #expect(!unknown.contains(4))
    }
}
