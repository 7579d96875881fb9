import Corestore
import Crypto
import Hypercore
import SecretStream

extension SimulatedWorld {
    /// Joins two stores, if the network lets them.
    func connect(_ first: Int, _ second: Int, byteLimit: Int = .max) {
        guard sides[first] == sides[second] else { return }
        let streams = (makeStream(.initiator), makeStream(.responder))
        nodes[first].store.replicate(on: streams.0)
        nodes[second].store.replicate(on: streams.1)
        owners[ObjectIdentifier(streams.0)] = first
        owners[ObjectIdentifier(streams.1)] = second
        links.append(SimulatedLink(streams.0, streams.1, quality(byteLimit: byteLimit)))
    }

    /// Joins a store and a peer that means it harm.
    func attack(_ node: Int) {
        let log = random(0..<truths.count)
        let peer = MaliciousPeer(
            of: truths[log].key, keyPair: KeyPair(seed: SecretBytes(copying: bytes(32))), entropy: entropy()
        ) { [clock] in clock.now }
        let stream = makeStream(.initiator)
        nodes[node].store.replicate(on: stream)
        owners[ObjectIdentifier(stream)] = node
        links.append(SimulatedLink(stream, peer, quality(byteLimit: .max)))
        hostile.append(peer)
    }

    private func makeStream(_ role: StreamRole) -> ReplicationStream {
        var configuration = ReplicationStream.Configuration()
        configuration.clock = { [clock] in clock.now }
        let stream = ReplicationStream(
            role: role, keyPair: KeyPair(seed: SecretBytes(copying: bytes(32))), configuration: configuration,
            entropy: entropy())
        return note(stream, "a stream")
    }

    private func entropy() -> StreamEntropy {
        StreamEntropy(
            reproducibleForTestingOnly: SecretBytes(copying: bytes(32)), header: bytes(StreamEntropy.headerByteCount))
    }

    private func quality(byteLimit: Int) -> SimulatedLink.Quality {
        SimulatedLink.Quality(
            latency: .milliseconds([0, 1, 5, 40, 200][random(0..<5)]),
            bytesPerMillisecond: [10, 100, 10_000][random(0..<3)], byteLimit: byteLimit)
    }

    // MARK: Faults

    func cut(_ link: SimulatedLink) {
        link.cut()
        forgetWhatIsCut()
    }

    func cutAll() {
        for link in links { link.cut() }
        forgetWhatIsCut()
    }

    func cutAll(of node: Int) {
        for link in links where ends(of: link).contains(node) { link.cut() }
        forgetWhatIsCut()
    }

    /// Splits the network in two: nothing crosses from one side to the other.
    func split() {
        sides = sides.map { _ in random(0..<2) }
        for link in links {
            let ends = ends(of: link)
            if ends.count == 2, sides[ends[0]] != sides[ends[1]] { link.cut() }
        }
        forgetWhatIsCut()
    }

    func rejoin() { sides = sides.map { _ in 0 } }

    private func ends(of link: SimulatedLink) -> [Int] {
        [link.first, link.second].compactMap { owners[ObjectIdentifier($0)] }
    }

    private func forgetWhatIsCut() {
        for link in links where link.isCut {
            owners[ObjectIdentifier(link.first)] = nil
            owners[ObjectIdentifier(link.second)] = nil
        }
        links.removeAll(where: \.isCut)
    }

    // MARK: Time

    /// Lets time pass, with all that arrives and falls due on the way.
    func advance(by time: Duration) {
        let target = clock.now + time
        for link in links { link.collect(now: clock.now) }
        while let due = links.compactMap(\.nextDue).min(), due <= target {
            clock.move(to: due)
            for link in links { link.advance(to: clock.now) }
            // What one connection has brought may have been passed on over any other.
            for link in links { link.collect(now: clock.now) }
            forgetWhatIsCut()
        }
        clock.move(to: target)
    }
}
