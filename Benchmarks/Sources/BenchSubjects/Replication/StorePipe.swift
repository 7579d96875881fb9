import BenchHarness
import Corestore
import Hypercore
import SecretStream
import Synchronization

/// Two stores that replicate with each other in memory, encrypted: what one stream writes, the other receives.
struct StorePipe {
    private let streams: (ReplicationStream, ReplicationStream)
    private let ends: (PipeEnd, PipeEnd)

    /// Connects two stores.
    init(_ first: Corestore, _ second: Corestore, _ ledger: CountLedger? = nil) throws {
        streams = (try first.replicate(as: .initiator), try second.replicate(as: .responder))
        ends = (PipeEnd(to: streams.1), PipeEnd(to: streams.0))
        for end in [ends.0, ends.1] { ledger?.add { end.counts } }
        streams.0.start(on: ends.0)
        streams.1.start(on: ends.1)
    }

    /// Ends the connection, and returns when both sides know.
    func cut() async {
        ends.0.close()
        ends.1.close()
        _ = await streams.0.waitUntilClosed()
        _ = await streams.1.waitUntilClosed()
    }
}

/// One direction: hands what is written to a stream, on a task of its own. How much waits in it is bounded by what the
/// reading side asks for, so it need not say that it is full.
private final class PipeEnd: StreamTransport {
    private let input: AsyncStream<[UInt8]>.Continuation
    private let writes = Atomic(0)
    private let byteCount = Atomic(0)

    init(to stream: ReplicationStream) {
        let (output, input) = AsyncStream<[UInt8]>.makeStream()
        self.input = input
        Task.detached {
            for await bytes in output { stream.receive(bytes) }
            stream.transportClosed(nil)
        }
    }

    func write(_ bytes: [UInt8]) {
        writes.add(1, ordering: .relaxed)
        byteCount.add(bytes.count, ordering: .relaxed)
        input.yield(bytes)
    }

    var counts: Counts {
        Counts([.writes: writes.load(ordering: .relaxed), .wireBytes: byteCount.load(ordering: .relaxed)])
    }

    var isWritable: Bool { true }
    func deadlineChanged() {}
    func close() { input.finish() }
}
