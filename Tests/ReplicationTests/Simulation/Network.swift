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
        var line = Line()
        var isOpen = true
        /// When the last delivery in each direction arrives; a later one does not overtake it.
        var arrivals: (UInt64, UInt64) = (0, 0)
        /// Until when each direction is busy sending what it was given.
        var busy: (Double, Double) = (0, 0)

        func peer(of core: Int) -> PeerID { core == ends.0 ? ids.0 : ids.1 }
        func other(than core: Int) -> Int { core == ends.0 ? ends.1 : ends.0 }
    }

    /// What a link is like.
    struct Line {
        /// How long a message is on its way, in milliseconds; `nil` for the network's own.
        var delay: ClosedRange<UInt64>?
        /// How much goes through in a millisecond, in each direction; `nil` for all that there is.
        var bytesPerMillisecond: Double?
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
    private var events = EventQueue<Event>()
    private var committing: Set<Int> = []
    /// When each core is called because something of it is due.
    private var ticking: [Int: UInt64] = [:]
    private var closing: Set<Int> = []
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
    mutating func connect(
        _ first: Int, _ second: Int, line: Line = Line(), supportsSeeks: Bool = true
    ) -> Int {
        let link = Link(ends: (first, second), ids: (PeerID(nextPeer), PeerID(nextPeer + 1)), line: line)
        passTime()
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
        passTime()
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
        passTime()
        return try body(&cores[core])
    }

    /// Runs until nothing happens any more, or `limit` events have.
    mutating func run(limit: Int = 200_000) throws {
        pump()
        var count = 0
        while count < limit, try step() { count += 1 }
        #expect(count < limit, "seed \(seed): still busy after \(limit) events")
    }

    /// Runs until a time, at most `limit` events.
    mutating func run(until end: UInt64, limit: Int = 1_000_000) throws {
        pump()
        var count = 0
        while count < limit, let next = events.nextTime, next <= end, try step() { count += 1 }
        #expect(count < limit, "seed \(seed): still busy after \(limit) events")
        time = max(time, end)
        passTime()
    }

    /// Runs until `isDone`, at most until a time, and returns whether it came to that.
    mutating func run(until end: UInt64, _ isDone: (Network) -> Bool) throws -> Bool {
        pump()
        while !isDone(self) {
            guard let next = events.nextTime, next <= end, try step() else { return false }
        }
        return true
    }

    /// Sets the clocks of all cores.
    private mutating func passTime() {
        for core in cores.indices { cores[core].setClock(time) }
    }

    /// Lets `count` events happen.
    mutating func run(events count: Int) throws {
        pump()
        for _ in 0..<count where try !step() { return }
    }

    private mutating func step() throws -> Bool {
        guard let (time, event) = events.popFirst() else { return false }
        self.time = time
        passTime()
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
            if ticking[core] == time { ticking[core] = nil }
            cores[core].advance(by: 0)
            // What a tick does not clear would have the driver tick for ever.
            if let deadline = cores[core].replicator.nextDeadline, deadline <= time {
                Issue.record("seed \(seed), \(cores[core].name): due at \(deadline) after a tick at \(time)")
            }
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
            if let deadline = cores[core].replicator.nextDeadline {
                let due = max(deadline, time + 1)
                if ticking[core].map({ $0 > due }) ?? true {
                    ticking[core] = due
                    schedule(.tick(core: core), in: due - time)
                }
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
            if links[link].line.bytesPerMillisecond == nil {
                deliver(messages, from: core, link: link)
            } else {
                for message in messages { deliver([message], from: core, link: link) }
            }
        }
    }

    /// Puts messages on the line, behind what is on it.
    private mutating func deliver(_ messages: [[UInt8]], from core: Int, link: Int) {
        let isFirst = links[link].ends.0 == core
        let line = links[link].line
        var departure = time
        if let rate = line.bytesPerMillisecond {
            // Four bytes of a frame's header, and the 17 that encrypting adds.
            let byteCount = messages.reduce(0) { $0 + $1.count + 21 }
            let end = max(isFirst ? links[link].busy.0 : links[link].busy.1, Double(time)) + Double(byteCount) / rate
            if isFirst { links[link].busy.0 = end } else { links[link].busy.1 = end }
            departure = UInt64(end)
        }
        var arrival = departure + UInt64.random(in: line.delay ?? 1...latency, using: &generator)
        arrival = max(arrival, isFirst ? links[link].arrivals.0 : links[link].arrivals.1)
        if isFirst { links[link].arrivals.0 = arrival } else { links[link].arrivals.1 = arrival }
        schedule(.deliver(from: core, link: link, messages: messages), in: arrival - time)
    }

    private mutating func schedule(_ event: Event, in delay: UInt64) {
        events.add(event, at: time + delay)
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
