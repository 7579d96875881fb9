import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

/// Logs whose signer is not in memory and has to be waited for.
@Suite(.timeLimit(.minutes(5))) struct SigningTests {
    @Test func `a log with a signer is writable, though the store holds no key`() async throws {
        let signer = MoodySigner()
        let store = try TestStore()
        let log = try await store.signed(by: signer)
        #expect(log.isWritable && !log.holdsSigningKey)
        #expect(try await log.append([1, 2]) == .init(length: 1, byteLength: 2))
        #expect(try await log.append(contentsOf: [[3], [], [4]]) == .init(length: 4, byteLength: 4))
        #expect(try await log.append(contentsOf: []) == .init(length: 4, byteLength: 4))
        #expect(signer.askedCount == 2)
        let (treeHash, blocks) = (try log.treeHash(), try (0..<4).map { try log.read($0) })
        let again = try await store.reopened().signed(by: signer)
        #expect(try again.treeHash() == treeHash && blocks == [[1, 2], [3], [], [4]])
        #expect(try await again.append([5]).length == 5)
    }

    @Test func `a reader verifies what was signed`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.signed(by: MoodySigner())
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.truncate(to: 4)
        try await log.append(contentsOf: numberedBlocks(10..<15))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await copy.download(end: 9).finished()
        #expect(try copy.treeHash() == log.treeHash() && copy.fork == 1)
        pipe.cut()
    }

    @Test func `a signer that the manifest does not declare is refused`() async throws {
        let store = try TestStore()
        let identity = TestStore.identity()
        await expectError(.invalidManifest) {
            _ = try await store.registry.session(
                identity.key.discoveryKey, creating: identity, signer: MoodySigner())
        }
        #expect(try await store.writable().append([1]).length == 1)
    }

    @Test func `appends that arrive while a signature is made are signed together by the next one`() async throws {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        try await withThrowingTaskGroup(of: (UInt8, UInt64).self) { group in
            group.addTask { (0, try await log.append([0]).length) }
            await signer.asked(1)
            for index in 1..<20 as Range<UInt8> {
                group.addTask { (index, try await log.append([index]).length) }
                try await until { log.lineCount == Int(index) }
            }
            #expect(log.stagedLength == 0)
            signer.answer()
            await signer.asked(2)
            signer.answer()
            for try await (index, length) in group {
                // First come, first served; and each is told of its own block.
                #expect(length == UInt64(index) + 1)
                #expect(try log.read(length - 1) == [index])
            }
        }
        #expect(signer.askedLengths == [1, 20])
    }

    @Test func `a slow signer holds up its own log and no other, however much waits for it`() async throws {
        let signer = ManualSigner()
        let store = try TestStore(queueByteCount: 2000)
        let (slow, other) = (try await store.signed(by: signer), try await store.writable())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<10 {
                group.addTask { try await slow.append(Array(repeating: UInt8(index), count: 1500)) }
            }
            await signer.asked(1)
            try await until { slow.lineCount + Int(signer.askedLengths[0]) == 10 }
            for length in 1...20 as ClosedRange<UInt64> {
                #expect(try await other.append(Array(repeating: 1, count: 1500)).length == length)
            }
            // Neither does it hold up what needs no signature on its own log.
            try await slow.setUserData([1], for: "key")
            #expect(slow.length == 0)
            signer.answer()
            if signer.askedLengths[0] < 10 {
                await signer.asked(2)
                signer.answer()
            }
            try await group.waitForAll()
        }
        #expect(slow.length == 10)
    }

    @Test func `truncations are signed too, and in turn`() async throws {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        async let first = log.append(contentsOf: numberedBlocks(0..<5))
        await signer.asked(1)
        async let cut: Void = log.truncate(to: 2)
        try await until { log.lineCount == 1 }
        async let last = log.append([9])
        try await until { log.lineCount == 2 }
        signer.answer()
        await signer.asked(2)
        signer.answer()
        #expect(try await first.length == 5)
        try await cut
        #expect(try await last.length == 3)
        #expect(signer.askedLengths == [5, 3])
        #expect(try log.fork == 1 && log.read(2) == [9] && log.read(1) == Array("block 1".utf8))
        // Nothing is left that could be signed.
        try await log.truncate(to: 0)
        #expect(log.length == 0 && log.fork == 2 && signer.askedLengths.count == 2)
    }

    @Test func `one change of a batch that cannot be made fails alone`() async throws {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        async let first = log.append([0])
        await signer.asked(1)
        async let second = log.append([1])
        try await until { log.lineCount == 1 }
        let impossible = Task { try await log.truncate(to: 100) }
        try await until { log.lineCount == 2 }
        async let third = log.append([2])
        try await until { log.lineCount == 3 }
        signer.answer()
        await expectError(.outOfBounds) { try await impossible.value }
        await signer.asked(2)
        signer.answer()
        #expect(try await [first.length, second.length, third.length] == [1, 2, 3])
        #expect(log.fork == 0 && signer.askedLengths == [1, 3])
    }

    @Test func `a batch of many logs does not wait for a signer`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.signed(by: MoodySigner()), try await store.writable())
        await expectError(.notWritable) {
            try await store.registry.atomically { batch in
                try batch.append([1], to: other)
                try batch.append([1], to: log)
            }
        }
        #expect(log.length == 0 && other.length == 0)
        try await store.registry.atomically { batch in
            try batch.append([1], to: other)
            try batch.setUserData([1], for: "key", of: log)
        }
        #expect(try log.userData("key") == [1] && other.length == 1)
    }
}

// MARK: - Signers that fail

@Suite(.timeLimit(.minutes(5))) struct FailingSignerTests {
    enum Failure: CaseIterable {
        case refuses, answersSomethingElse, takesTooLong
    }

    @Test(arguments: Failure.allCases)
    func `all appends of a batch that is not signed fail, nothing is staged, and later ones work`(
        failure: Failure
    ) async throws {
        let (signer, deadline) = (ManualSigner(), ManualDeadline())
        let store = try TestStore(signingDeadline: deadline.deadline)
        let log = try await store.signed(by: signer)
        async let first = log.append([0])
        await signer.asked(1)
        let failing = (1...3).map { index in Task { try await log.append([UInt8(index)]) } }
        try await until { log.lineCount == 3 }
        signer.answer()
        #expect(try await first.length == 1)
        await signer.asked(2)
        let next = Task { try await log.append([9]) }
        try await until { log.lineCount == 1 }
        switch failure {
        case .refuses: signer.refuse()
        case .answersSomethingElse: signer.answer { _ in Bytes64(low: .zero, high: .zero) }
        case .takesTooLong:
            try await until { deadline.count == 2 }
            deadline.pass()
        }
        for task in failing {
            let error = await expectError(.signingFailed) { _ = try await task.value }
            #expect(error?.key == log.key)
        }
        await signer.asked(3)
        #expect(log.length == 1 && log.stagedLength == 1)
        // An answer that comes too late changes nothing.
        if failure == .takesTooLong { signer.answer() }
        signer.answer()
        #expect(try await next.value.length == 2)
        #expect(try log.read(1) == [9])
        #expect(signer.askedLengths == [1, 4, 2])
    }

    @Test func `what is chained on a signed batch whose commit fails is made and signed again`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let gate = GatedEngine(engine)
        let store = try TestStore(gate, durability: .full)
        let signer = ManualSigner()
        let log = try await store.signed(by: signer)
        gate.shut()
        let first = Task { try await log.append([0]) }
        await signer.asked(1)
        signer.answer()
        await gate.waitUntilHolding()
        // Signed while the first is on its way to the disk.
        let second = Task { try await log.append([1]) }
        await signer.asked(2)
        signer.answer()
        try await until { log.gatheredLength == 2 }
        engine.inject(.init(.commit, error: StorageError(.full, "no room")))
        gate.open()
        await expectError(.storage) { _ = try await first.value }
        await signer.asked(3)
        signer.answer()
        #expect(try await second.value.length == 1)
        #expect(try log.read(0) == [1])
        #expect(signer.askedLengths == [1, 2, 1])
    }

    @Test func `a head that a peer brought meanwhile is signed on, and a log that never rests is given up`()
        async throws
    {
        let (home, away) = (try TestStore(), try TestStore())
        let (author, signer) = (MoodySigner(), ManualSigner())
        // Either of the two may sign, so that each has to expect that the other makes the log longer.
        let manifest = try CoreManifest(
            quorum: 1,
            signers: [author.publicKey, signer.publicKey].map { ManifestSigner(namespace: .zero, publicKey: $0) })
        let origin = try await home.signed(by: author, manifest)
        let log = try await away.signed(by: signer, manifest)
        let pipe = MemoryPipe(home.registry, away.registry)
        _ = try log.download()

        let append = Task { try await log.append([9]) }
        await signer.asked(1)
        try await origin.append(contentsOf: numberedBlocks(0..<3))
        try await until { log.length == 3 }
        signer.answer()
        await signer.asked(2)
        signer.answer()
        #expect(try await append.value.length == 4)
        #expect(signer.askedLengths == [1, 4])

        _ = try origin.download()
        try await until { origin.length == 4 }
        let unlucky = Task { try await log.append([10]) }
        for attempt in 0..<Core.maximumSigningAttempts {
            await signer.asked(3 + attempt)
            try await origin.append([UInt8(attempt)])
            try await until { log.length == origin.length }
            signer.answer()
        }
        await expectError(.conflict) { _ = try await unlucky.value }
        let last = Task { try await log.append([11]) }
        await signer.asked(3 + Core.maximumSigningAttempts)
        signer.answer()
        #expect(try await last.value.length == origin.length + 1)
        pipe.cut()
    }

    @Test func `a log that was overtaken is not signed`() async throws {
        let (home, away) = (try TestStore(), try TestStore())
        let signer = ManualSigner()
        let origin = try await home.signed(by: MoodySigner(signer.keyPair))
        let log = try await away.signed(by: signer)
        let pipe = MemoryPipe(home.registry, away.registry)
        _ = try log.download()
        let handed = Task { try await log.append([1]) }
        await signer.asked(1)
        try await origin.append(contentsOf: numberedBlocks(0..<3))
        try await until { log.length == 3 }
        signer.answer()
        await expectError(.appendingStopped) { _ = try await handed.value }
        await expectError(.appendingStopped) { try await log.append([2]) }
        #expect(log.length == 3 && !log.isWritable && signer.askedLengths == [1])
        pipe.cut()
        // The store remembers it, and asks as soon as somebody can sign.
        let again = try await away.reopened().signed(by: signer)
        await expectError(.appendingStopped) { try await again.append([2]) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `whatever signer and disk do, each acknowledged block is there once, and no other`(seed: UInt64) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let signer = MoodySigner { ordinal in
            var generator = SeededGenerator(seed: seed << 32 | UInt64(ordinal))
            return Int.random(in: 0..<4, using: &generator) > 0
        }
        let secret = SecretBytes(copying: Array(repeating: 7, count: 32))
        let log = try await store.signed(by: signer, encryption: .key(secret))
        let plain = try await store.signed(by: signer)
        for ordinal in [3, 7, 12] { engine.inject(.init(.commit, ordinal: ordinal + Int(seed))) }
        let acknowledged = await withTaskGroup(of: [UInt64: [UInt8]].self) { group in
            for task in 0..<20 as Range<UInt8> {
                group.addTask {
                    var acknowledged: [UInt64: [UInt8]] = [:]
                    for round in 0..<10 as Range<UInt8> {
                        let block = [task, round]
                        do {
                            acknowledged[try await log.append(block).length - 1] = block
                        } catch let error as HypercoreError {
                            #expect(error.code == .signingFailed || error.code == .storage, "seed \(seed): \(error)")
                        } catch {
                            Issue.record("seed \(seed): \(error)")
                        }
                    }
                    return acknowledged
                }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
        #expect(log.length == UInt64(acknowledged.count) && log.length > 0, "seed \(seed)")
        for index in 0..<log.length {
            #expect(try log.read(index) == acknowledged[index], "seed \(seed)")
            #expect(try plain.read(index)?.count == 10, "seed \(seed)")
        }
    }
}

// MARK: - Giving up

@Suite(.timeLimit(.minutes(5))) struct SigningEndTests {
    @Test func `who gives up in line is not appended; who gives up while it is signed is, and is told so`() async throws
    {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        let handed = Task { try await log.append([0]) }
        await signer.asked(1)
        let leaving = Task { try await log.append([1]) }
        try await until { log.lineCount == 1 }
        let staying = Task { try await log.append([2]) }
        try await until { log.lineCount == 2 }
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        handed.cancel()
        signer.answer()
        #expect(try await handed.value.length == 1)
        await signer.asked(2)
        signer.answer()
        #expect(try await staying.value.length == 2)
        #expect(try log.read(0) == [0] && log.read(1) == [2])
    }

    @Test func `closing the last session ends what waits, also what is being signed`() async throws {
        let signer = ManualSigner()
        let store = try TestStore()
        let log = try await store.signed(by: signer)
        let waiting = (0..<3).map { index in Task { try await log.append([UInt8(index)]) } }
        await signer.asked(1)
        try await until { log.lineCount + Int(signer.askedLengths[0]) == 3 }
        await log.close()
        for task in waiting { await expectError(.closed) { _ = try await task.value } }
        // The late answer is for nobody.
        let again = try await store.signed(by: signer)
        signer.answer()
        let next = Task { try await again.append([9]) }
        await signer.asked(2)
        signer.answer()
        #expect(try await next.value.length == 1)
        #expect(try again.read(0) == [9])
    }

    @Test func `closing one of two sessions ends what it has in line, and nothing of the other`() async throws {
        let signer = ManualSigner()
        let store = try TestStore()
        let (log, other) = (try await store.signed(by: signer), try await store.signed(by: signer))
        let handed = Task { try await log.append([0]) }
        await signer.asked(1)
        let mine = Task { try await log.append([1]) }
        try await until { log.lineCount == 1 }
        let theirs = Task { try await other.append([2]) }
        try await until { log.lineCount == 2 }
        await log.close()
        await expectError(.closed) { _ = try await mine.value }
        signer.answer()
        #expect(try await handed.value.length == 1)
        await signer.asked(2)
        signer.answer()
        #expect(try await theirs.value.length == 2)
    }

    @Test func `closing or purging ends what waits with the word for it`() async throws {
        for code in [.closed, .purged] as [HypercoreError.Code] {
            let signer = ManualSigner()
            let store = try TestStore()
            let log = try await store.signed(by: signer)
            let handed = Task { try await log.append([0]) }
            await signer.asked(1)
            let waiting = Task { try await log.append([1]) }
            try await until { log.lineCount == 1 }
            if code == .purged { try await log.purge() } else { store.registry.close() }
            await expectError(code) { _ = try await handed.value }
            await expectError(code) { _ = try await waiting.value }
            signer.answer()
        }
    }
}
