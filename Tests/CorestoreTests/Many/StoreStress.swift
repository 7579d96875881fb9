import Corestore
import Crypto
import Hypercore
import TestSupport
import Testing

/// Many tasks that open, append to, read, close and replicate the same logs of one store, all at once.
///
/// What is done is chosen by a seed; in which order it happens is not.
struct StoreStress {
    static let logCount = 100

    let seed: UInt64
    /// How many things the tasks do, in all.
    let stepCount: Int
    private let appends = (0..<Self.logCount).map { _ in Tally() }

    init(seed: UInt64, stepCount: Int) {
        self.seed = seed
        self.stepCount = stepCount
    }

    func run() async throws {
        let (store, reader) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        var keys: [CoreKey] = []
        for number in 0..<Self.logCount {
            let log = try await store.get(name: "\(number)")
            keys.append(log.key)
            await log.close()
        }
        #expect(store.openLogCount == 0)
        let connecting = Task { try await connectAgainAndAgain(store, reader) }
        try await withThrowingTaskGroup(of: Void.self) { [keys] group in
            for step in 0..<stepCount {
                if step >= 256 { try await group.next() }
                group.addTask { try await self.step(step, store, reader, keys) }
            }
            try await group.waitForAll()
        }
        connecting.cancel()
        try await connecting.value
        try await until { store.openLogCount == 0 && reader.openLogCount == 0 }
        try await check(store, reader, keys)
        try await store.close()
        try await reader.close()
    }

    private func step(_ step: Int, _ store: Corestore, _ reader: Corestore, _ keys: [CoreKey]) async throws {
        var generator = SeededGenerator(seed: seed &+ UInt64(step))
        let number = Int.random(in: 0..<Self.logCount, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1, 2:
            let log = try await store.get(name: "\(number)")
            try await log.append([UInt8(number), UInt8(step & 255)])
            appends[number].add()
            await log.close()
        case 3:
            // Dropped, not closed.
            let log = try await store.get(key: keys[number])
            let length = log.length
            if length > 0 { #expect(try log.read(length - 1)?.first == UInt8(number)) }
        case 4:
            let session = store.session()
            let log = try await session.get(.discoveryKey(keys[number].discoveryKey))
            let snapshot = try log.snapshot()
            #expect(try snapshot.length == 0 || snapshot.read(0)?.first == UInt8(number))
            try await session.close()
        case 5:
            let session = store.session(options: StoreSessionOptions(isActive: false))
            async let (first, second) = (session.get(name: "\(number)"), session.get(key: keys[number]))
            #expect(try await first.key == second.key)
            try await session.close()
        case 6:
            let log = try await reader.get(key: keys[number])
            _ = try await log.update()
            if log.length > 0 { _ = try log.download(start: log.length - 1, end: log.length) }
            await log.close()
        default:
            // Waits in vain, and gives up.
            let log = try await reader.get(key: keys[number])
            let waiting = Task { try await log.get(log.length + 10) }
            await Task.yield()
            await log.close()
            _ = await waiting.result
        }
    }

    private func connectAgainAndAgain(_ store: Corestore, _ reader: Corestore) async throws {
        while !Task.isCancelled {
            let pipe = StorePipe(store, reader)
            for _ in 0..<200 where !Task.isCancelled { await Task.yield() }
            await pipe.cut()
        }
    }

    /// Everything that was acknowledged is there, and the other store can have all of it.
    private func check(_ store: Corestore, _ reader: Corestore, _ keys: [CoreKey]) async throws {
        let pipe = StorePipe(store, reader)
        for (number, key) in keys.enumerated() {
            let (log, copy) = (try await store.get(name: "\(number)"), try await reader.get(key: key))
            #expect(log.key == key && log.length == UInt64(appends[number].value))
            try await copy.download(end: log.length).finished()
            #expect(try copy.treeHash() == log.treeHash())
            await log.close()
            await copy.close()
        }
        await pipe.cut()
        try await until { store.openLogCount == 0 && reader.openLogCount == 0 }
    }
}
