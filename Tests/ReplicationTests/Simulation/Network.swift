import CompactEncoding
import Crypto
import Replication
import TestSupport
import Testing

/// Cores joined by links with latency, over which messages travel as bytes, and with disks that take their time.
///
/// Everything that is left to chance comes from one seed. What is stored is held against the writer's log: a block or
/// node that is not its own would have been stored unverified.
struct Network {
    private enum Event {
        case deliver(from: Int, link: Int, messages: [[UInt8]])
        case finishCommit(core: Int)
        case tick(core: Int)
        case close(link: Int)
    }

    struct Link {
        let ends: (Int, Int)
        let ids: (PeerID, PeerID)
        var isOpen = true
        /// When the last delivery in each direction arrives; a later one does not overtake it.
        var arrivals: (UInt64, UInt64) = (0, 0)

        func peer(of core: Int) -> PeerID { core == ends.0 ? ids.0 : ids.1 }
        func other(than core: Int) -> Int { core == ends.0 ? ends.1 : ends.0 }
    }

    let seed: UInt64
    /// How often a commit fails, in percent.
    var failingCommits = 0
    /// The longest that a message or a commit may take.
    var latency: UInt64 = 20
    /// Changes messages on their way, for a liar; nil drops one.
    var tamper: (_ sender: Int, _ message: WireMessage) -> WireMessage? = { $1 }

    var cores: [TestCore]
    private(set) var links: [Link] = []
    private var events: [(time: UInt64, order: UInt64, event: Event)] = []
    private var committing: Set<Int> = []
    private var ticking: Set<Int> = []
    private var closing: Set<Int> = []
    private var order: UInt64 = 0
    private(set) var time: UInt64 = 0
    private(set) var generator: SeededGenerator
    /// The messages that were delivered, by kind.
    private(set) var delivered: [WireMessage.Kind: Int] = [:]
    /// Messages to peers that no link leads to.
    private(set) var undeliverable: [WireMessage] = []
    private var nextPeer: UInt64 = 1000

    init(_ cores: [TestCore], seed: UInt64) {
        self.cores = cores
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    // MARK: Links

    @discardableResult
    mutating func connect(_ first: Int, _ second: Int, supportsSeeks: Bool = true) -> Int {
        let link = Link(ends: (first, second), ids: (PeerID(nextPeer), PeerID(nextPeer + 1)))
        nextPeer += 2
        links.append(link)
        // `first` knows `second` by the first id.
        cores[first].open(link.ids.0, supportsSeeks: supportsSeeks)
        cores[second].open(link.ids.1, supportsSeeks: supportsSeeks)
        pump()
        return links.count - 1
    }

    mutating func disconnect(_ link: Int) {
        guard links[link].isOpen else { return }
        links[link].isOpen = false
        cores[links[link].ends.0].close(links[link].ids.0)
        cores[links[link].ends.1].close(links[link].ids.1)
        pump()
    }

    // MARK: Running

    /// Does something with a core, and sends what comes of it.
    @discardableResult
    mutating func with<Result>(_ core: Int, _ body: (inout TestCore) throws -> Result) rethrows -> Result {
        defer { pump() }
        return try body(&cores[core])
    }

    /// Runs until nothing happens any more, or `limit` events have.
    mutating func run(limit: Int = 200_000) throws {
        pump()
        var count = 0
        while count < limit, try step() { count += 1 }
        #expect(count < limit, "seed \(seed): still busy after \(limit) events")
    }

    /// Lets `count` events happen.
    mutating func run(events count: Int) throws {
        pump()
        for _ in 0..<count where try !step() { return }
    }

    private mutating func step() throws -> Bool {
        guard
            let next = events.indices.min(by: {
                (events[$0].time, events[$0].order) < (events[$1].time, events[$1].order)
            })
        else { return false }
        let (time, _, event) = events.remove(at: next)
        self.time = time
        switch event {
        case .deliver(let sender, let link, let messages):
            guard links[link].isOpen else { break }
            let receiver = links[link].other(than: sender)
            cores[receiver].receive(try messages.map(decode), from: links[link].peer(of: receiver))
        case .finishCommit(let core):
            committing.remove(core)
            try cores[core].finishCommit(succeeds: Int.random(in: 0..<100, using: &generator) >= failingCommits)
        case .close(let link):
            disconnect(link)
        case .tick(let core):
            ticking.remove(core)
            cores[core].advance(by: 1)
        }
        pump()
        return true
    }

    /// Puts on their way what the cores have to send and to store.
    private mutating func pump() {
        for core in cores.indices {
            if !cores[core].commits.isEmpty, committing.insert(core).inserted {
                schedule(.finishCommit(core: core), in: UInt64.random(in: 1...latency, using: &generator))
            }
            if cores[core].replicator.nextDeadline != nil, ticking.insert(core).inserted {
                schedule(.tick(core: core), in: 1)
            }
            for peer in cores[core].closed.map(\.peer) {
                if let link = links.firstIndex(where: { $0.isOpen && $0.peer(of: core) == peer }) { disconnect(link) }
            }
            send(from: core)
            closeChannels(of: core)
        }
    }

    /// Lets go of the channels that a core asked to be closed, once what it sent before has arrived.
    private mutating func closeChannels(of core: Int) {
        for peer in cores[core].closedChannels {
            guard let link = links.firstIndex(where: { $0.isOpen && $0.peer(of: core) == peer }),
                closing.insert(link).inserted
            else { continue }
            let arrivals = links[link].arrivals
            let last = links[link].ends.0 == core ? arrivals.0 : arrivals.1
            schedule(.close(link: link), in: max(last, time) - time)
        }
    }

    private mutating func send(from core: Int) {
        var bodies: [Int: [[UInt8]]] = [:]
        for (peer, message) in cores[core].takeOutbox() {
            guard let link = links.firstIndex(where: { $0.isOpen && $0.peer(of: core) == peer && $0.isEnd(core) })
            else {
                undeliverable.append(message)
                continue
            }
            guard let message = tamper(core, message) else { continue }
            delivered[message.kind, default: 0] += 1
            bodies[link, default: []].append(encode(message))
        }
        for (link, messages) in bodies.sorted(by: { $0.key < $1.key }) {
            let isFirst = links[link].ends.0 == core
            var arrival = time + UInt64.random(in: 1...latency, using: &generator)
            arrival = max(arrival, isFirst ? links[link].arrivals.0 : links[link].arrivals.1)
            if isFirst { links[link].arrivals.0 = arrival } else { links[link].arrivals.1 = arrival }
            schedule(.deliver(from: core, link: link, messages: messages), in: arrival - time)
        }
    }

    private mutating func schedule(_ event: Event, in delay: UInt64) {
        events.append((time + delay, order, event))
        order += 1
    }

    private func encode(_ message: WireMessage) -> [UInt8] {
        var writer = ByteWriter()
        writer.uint(message.kind.rawValue)
        message.encode(into: &writer)
        return writer.take()
    }

    private func decode(_ bytes: [UInt8]) throws -> WireMessage {
        try #require(try WireMessage.decode(type: UInt64(bytes[0]), body: bytes.dropFirst()))
    }
}

extension Network.Link {
    func isEnd(_ core: Int) -> Bool { ends.0 == core || ends.1 == core }
}
