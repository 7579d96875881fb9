import Crypto
import FileServing
import Hypercore
import NIOCore
import Synchronization
import Testing

@Suite("The flow of a response", .timeLimit(.minutes(2)))
struct FlowTests {
    @Test("A client that does not read holds up the reading of the log")
    func backPressure() async throws {
        let (blockByteCount, blockCount) = (1 << 20, 48)
        let counting = CountingEncryptor()
        let contents = [UInt8](repeating: 7, count: blockCount * blockByteCount)
        try await ServedFile.with(contents, blockByteCount: blockByteCount, encryption: .custom(counting)) { file in
            let sleeper = try await RawClient.connect(port: file.port)
            try await sleeper.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET /film HTTP/1.1\r\nhost: test\r\n\r\n"))
                var parts = inbound.makeAsyncIterator()
                var received = try await parts.next()?.readableBytes ?? 0
                // Time for a server that does not wait to run through the log, as others are answered in it.
                for _ in 0..<50 { #expect(try await file.request("HEAD").status == 200) }
                // What the sockets and buffers between the two may hold is much less than the rest of the log.
                #expect(counting.decryptedCount < blockCount * 3 / 4)
                while received < contents.count, let part = try await parts.next() { received += part.readableBytes }
                #expect(counting.decryptedCount == blockCount)
            }
        }
    }

    @Test("A client that goes away ends the wait for a block")
    func disconnecting() async throws {
        try await ServedFile.with { file in
            // Nobody has block 5 any more, so that whoever asks for it waits.
            try await file.log.clear(5..<6)
            let client = try await RawClient.connect(port: file.port)
            var expected = Int.max
            try await client.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET /film HTTP/1.1\r\nhost: test\r\n\r\n"))
                var received: [UInt8] = []
                for try await part in inbound {
                    received += part.readableBytesView
                    if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                        expected = end.upperBound + 5000
                    }
                    if received.count >= expected { break }
                }
                #expect(received.count == expected)
            }
            var events = file.events.makeAsyncIterator()
            #expect(await events.next() == .brokenOff(path: "/film", byteCount: 5000))
        }
    }

    @Test("A server that is stopped breaks off what waits")
    func stopping() async throws {
        try await ServedFile.with { file in
            try await file.log.clear(0..<1)
            let client = try await RawClient.connect(port: file.port)
            try await client.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET /film HTTP/1.1\r\nhost: test\r\n\r\n"))
                var parts = inbound.makeAsyncIterator()
                let head = try #require(try await parts.next())
                #expect(String(buffer: head).hasPrefix("HTTP/1.1 200"))
                await file.stop()
                #expect(try await parts.next() == nil)
            }
            var events = file.events.makeAsyncIterator()
            #expect(await events.next() == .brokenOff(path: "/film", byteCount: 0))
        }
    }
}

/// Encrypts nothing, and counts what is read.
private final class CountingEncryptor: BlockEncryptor {
    let paddingByteCount = 0
    private let count = Atomic(0)

    var decryptedCount: Int { count.load(ordering: .relaxed) }

    func encrypt(_ block: RawSpan, index: UInt64, fork: UInt64) -> [UInt8] { block.withUnsafeBytes(Array.init) }

    func decrypt(_ stored: RawSpan, index: UInt64) -> [UInt8] {
        count.add(1, ordering: .relaxed)
        return stored.withUnsafeBytes(Array.init)
    }
}
