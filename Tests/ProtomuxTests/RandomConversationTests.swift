import TestSupport
import Testing

@testable import Protomux

/// Two multiplexers with a wire that delays frames, driven at random, against what must hold of any such conversation.
///
/// Each channel sends its own number with its open, and its messages are its number and a count. So each side knows with
/// which channel it was joined, and whether anything was lost, swapped, repeated or sent astray.
@Suite("Random conversations") struct RandomConversationTests {
    private struct Channel {
        let tag: Int
        let key: Int
        var peerTag: Int?
        var sent = 0
        var received = 0
        var isOver = false
    }

    private struct Party {
        var multiplexer = Multiplexer()
        var channels: [ChannelID: Channel] = [:]
        var requests: [PairRequest] = []
        var inbox: [[UInt8]] = []
        var corks = 0
    }

    private struct Game {
        var parties = [Party(), Party()]
        var generator: SeededGenerator
        var nextTag = 1
        static let names = ["one", "two", "three"]

        mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

        mutating func step() throws {
            let who = pick(2)
            switch pick(12) {
            case 0, 1: try open(who, key: pick(Self.names.count))
            case 2...4: try send(who)
            case 5: close(who)
            case 6: try answer(who)
            case 7 where parties[who].corks < 3:
                parties[who].corks += 1
                parties[who].multiplexer.cork()
            case 8 where parties[who].corks > 0:
                parties[who].corks -= 1
                parties[who].multiplexer.uncork()
            default: try deliver(to: who)
            }
        }

        mutating func open(_ who: Int, key: Int) throws {
            let tag = nextTag
            nextTag += 1
            var events: [Multiplexer.Event] = []
            let handshake = Array("\(tag)".utf8)
            let channel = try parties[who].multiplexer.open(
                protocol: Self.names[key], aliases: ["old \(Self.names[key])"], id: key == 0 ? nil : [UInt8(key)],
                handshake: handshake, into: &events)
            try #require(parties[who].channels[channel] == nil, "a channel's name was used twice")
            parties[who].channels[channel] = Channel(tag: tag, key: key)
            try handle(events, who)
        }

        mutating func send(_ who: Int) throws {
            guard
                let (id, channel) = parties[who].channels.sorted(by: { $0.value.tag < $1.value.tag }).randomElement(
                    using: &generator)
            else { return }
            let body = Array("\(channel.tag) \(channel.sent)".utf8)
            let isSent = try parties[who].multiplexer.send(body, type: UInt64(pick(400)), on: id)
            try #require(isSent == !channel.isOver)
            if isSent { parties[who].channels[id]?.sent += 1 }
        }

        mutating func close(_ who: Int) {
            let open = parties[who].channels.filter { !$0.value.isOver }.sorted { $0.value.tag < $1.value.tag }
            guard let (id, _) = open.randomElement(using: &generator) else { return }
            parties[who].multiplexer.close(id)
            parties[who].channels[id]?.isOver = true
        }

        mutating func answer(_ who: Int) throws {
            guard let index = parties[who].requests.indices.randomElement(using: &generator) else { return }
            let request = parties[who].requests.remove(at: index)
            let key = try #require(Self.names.firstIndex(of: request.protocolName))
            if pick(3) == 0 { parties[who].multiplexer.reject(request) } else { try open(who, key: key) }
        }

        mutating func deliver(to who: Int) throws {
            parties[who].inbox += parties[1 - who].multiplexer.takeFrames()
            guard !parties[who].inbox.isEmpty else { return }
            var events: [Multiplexer.Event] = []
            try parties[who].multiplexer.receive(parties[who].inbox.removeFirst(), into: &events)
            try handle(events, who)
        }

        mutating func handle(_ events: [Multiplexer.Event], _ who: Int) throws {
            for event in events {
                switch event {
                case .opened(let id, let handshake):
                    let channel = try #require(parties[who].channels[id])
                    try #require(channel.peerTag == nil && !channel.isOver)
                    parties[who].channels[id]?.peerTag = Int(String(decoding: handshake, as: UTF8.self))
                case .message(let id, _, let body):
                    let channel = try #require(parties[who].channels[id])
                    let parts = String(decoding: body, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
                    try #require(!channel.isOver && parts == [channel.peerTag, channel.received])
                    parties[who].channels[id]?.received += 1
                case .closed(let id, _):
                    try #require(parties[who].channels[id]?.isOver == false)
                    parties[who].channels[id]?.isOver = true
                case .pairRequested(let request):
                    parties[who].requests.append(request)
                }
            }
        }

        /// Uncorks, delivers and answers until nothing is under way.
        mutating func settle() throws {
            for who in 0..<2 {
                while parties[who].corks > 0 {
                    parties[who].corks -= 1
                    parties[who].multiplexer.uncork()
                }
            }
            while parties.contains(where: { $0.multiplexer.hasFrames || !$0.inbox.isEmpty || !$0.requests.isEmpty }) {
                for who in 0..<2 {
                    try deliver(to: who)
                    try answer(who)
                }
            }
        }

        func check() throws {
            let live = parties.map { party in party.channels.filter { !$0.value.isOver } }
            for who in 0..<2 {
                #expect(Set(parties[who].multiplexer.channels) == Set(live[who].keys))
                for (id, channel) in live[who] {
                    #expect(parties[who].multiplexer.isOpen(id) == (channel.peerTag != nil))
                    guard let peerTag = channel.peerTag else {
                        // Two sides that both wait for the other on one key have missed each other.
                        #expect(!live[1 - who].values.contains { $0.key == channel.key && $0.peerTag == nil })
                        continue
                    }
                    let peer = try #require(live[1 - who].values.first { $0.tag == peerTag })
                    #expect(peer.peerTag == channel.tag && peer.key == channel.key && peer.sent == channel.received)
                }
            }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func nothingIsLostSwappedOrSentAstray(seed: UInt64) throws {
        var game = Game(generator: SeededGenerator(seed: seed))
        for name in Game.names where seed % 5 > 0 {
            game.parties[0].multiplexer.pair(protocol: name)
            if seed % 3 > 0 { game.parties[1].multiplexer.pair(protocol: name) }
        }
        do {
            for _ in 0..<400 { try game.step() }
            try game.settle()
            try game.check()

            // What is left is closed; then numbers start at 1 again, whatever has happened.
            for who in 0..<2 {
                for channel in game.parties[who].multiplexer.channels { game.parties[who].multiplexer.close(channel) }
            }
            try game.settle()
            for who in 0..<2 {
                try #require(game.parties[who].multiplexer.channels.isEmpty)
                #expect(game.parties[who].multiplexer.isAtRest)
            }
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}
