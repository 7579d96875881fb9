import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct HalfHandshakeTests {
    @Test func `a peer that never finishes the handshake is given up, and its stream holds nothing`() async throws {
        let clock = ManualClock()
        let store = try TestStore(clock: { clock.now })
        let log = try await store.writable()
        let link = ManualLink(clock: clock, isStarted: false)
        link.startFirst()
        let channel = try link.first.open(protocol: "chat")
        store.registry.replicate(on: link.first)
        await log.close()
        #expect(store.openCount == 1)
        link.advance(by: .seconds(15))
        #expect(store.openCount == 0 && channel.end != nil && log.peerCount == 0)
        _ = await link.first.waitUntilClosed()
    }

    @Test(arguments: 0..<8)
    func `garbage on an open stream ends it, and nothing else`(position: Int) async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append([1])
        let copy = try await reader.reader(of: log.key)
        let (bad, good) = (ManualLink(writer, reader), ManualLink(writer, reader))
        #expect(log.peerCount == 2)
        // The length of a message, and no message.
        let garbage = [40, 0, 0] + [UInt8](repeating: 0x20, count: 40 + position)
        (position.isMultiple(of: 2) ? bad.first : bad.second).receive(garbage)
        bad.settle()
        #expect(log.peerCount == 1 && copy.peerCount == 1)
        #expect(try await good.moving { try await copy.get(0) } == [1])
    }

    @Test func `keep-alives go out in time, and can be changed on an open stream`() async throws {
        let link = ManualLink()
        link.settle()
        let before = link.firstWriteCount
        link.advance(by: .seconds(21))
        #expect(link.firstWriteCount == before + 4)
        link.first.setKeepAliveInterval(nil)
        link.second.setKeepAliveInterval(nil)
        link.first.setSilenceTimeout(.seconds(30))
        link.advance(by: .seconds(31))
        #expect(link.firstWriteCount == before + 4)
        guard case .failed(let error) = await link.first.waitUntilClosed(), error.code == .stream else {
            Issue.record("the silence was not noticed")
            return
        }
    }
}
