import StorageEngine
import Synchronization

extension ConformanceCheck {
    static let sealChecks: [ConformanceCheck] = [
        ConformanceCheck("a seal is made once for a group, from the last set") { engine in
            let seals = (1...5).map { TestSeal(prefix: "length\($0)") }
            try await engine.withWriter { writer in
                let tickets = seals.enumerated().map { index, seal in
                    var set = WriteSet()
                    // Each set builds on the head that the one before it sealed.
                    set.expect("head", index == 0 ? .absent : .prefix(seals[index - 1].prefix))
                    set.seal("head", seal)
                    set.put("block\(index)", "1")
                    return writer.enqueue(set)
                }
                for ticket in tickets { try await writer.commit(ticket) }
            }
            try expect(engine.get("head"), "length5 sealed", "the head")
            try expect(seals.map(\.makeCount), [0, 0, 0, 0, 1], "how often each seal was made")
            try expect(engine.keys().count, 6, "keys")
        },
        ConformanceCheck("a later write to a sealed key replaces the seal, and a merge builds on it") { engine in
            let seals = ["put", "delete", "range", "merge"].map { TestSeal(prefix: $0) }
            try await engine.withWriter { writer in
                var set = WriteSet()
                for seal in seals { set.seal(String(decoding: seal.prefix, as: UTF8.self), seal) }
                set.put("put", "plain")
                set.delete("delete")
                set.delete(EngineUnderTest.first, KeyRange(prefix: Array("range".utf8)))
                set.merge("merge", " and merged", .concatenate)
                try await writer.commit(set)
            }
            try expect(engine.keys(), ["merge", "put"], "all keys")
            try expect(engine.get("put"), "plain", "a put after a seal")
            try expect(engine.get("merge"), "merge sealed and merged", "a merge after a seal")
            try expect(seals.map(\.makeCount), [0, 0, 0, 1], "how often each seal was made")
        },
        ConformanceCheck("an expectation longer than a seal's prefix is compared with what the seal makes") { engine in
            try await engine.withWriter { writer in
                var (first, second, third) = (WriteSet(), WriteSet(), WriteSet())
                first.seal("head", TestSeal(prefix: "length1"))
                second.expect("head", .prefix(Array("length1 sealed".utf8)))
                second.put("second", "1")
                third.expect("head", .prefix(Array("length1 forged".utf8)))
                third.put("third", "1")
                let tickets = [first, second, third].map { writer.enqueue($0) }
                try await writer.commit(tickets[0])
                try await writer.commit(tickets[1])
                try await expect(.conflict, "an expectation that does not hold") { try await writer.commit(tickets[2]) }
            }
            try expect(engine.keys(), ["head", "second"], "all keys")
        },
        ConformanceCheck("a seal that cannot be made fails the sets that put it, and no others") { engine in
            let failure = StorageError(.inputOutput, "the signer is gone")
            let good = TestSeal(prefix: "good")
            try await engine.withWriter { writer in
                var (bad, worse, dependent, other) = (WriteSet(), WriteSet(), WriteSet(), WriteSet())
                bad.seal("bad", TestSeal(prefix: "bad1"))
                bad.put("bad block 1", "1")
                worse.seal("bad", TestSeal(prefix: "bad2", failure: failure))
                worse.put("bad block 2", "1")
                dependent.expect("bad", .prefix(Array("bad2".utf8)))
                dependent.put("dependent", "1")
                other.seal("good", good)
                other.put("good block", "1")
                let tickets = [bad, worse, dependent, other].map { writer.enqueue($0) }
                for ticket in tickets[..<2] {
                    try await expect(failure.code, "a set that put the seal") { try await writer.commit(ticket) }
                }
                try await expect(.conflict, "a set that builds on it") { try await writer.commit(tickets[2]) }
                try await writer.commit(tickets[3])
            }
            try expect(engine.keys(), ["good", "good block"], "all keys")
            try expect(engine.get("good"), "good sealed", "another key's seal")
        },
    ]
}

/// A seal whose value is its prefix and a word.
private final class TestSeal: Seal {
    let prefix: [UInt8]
    let estimatedByteCount = 32
    private let failure: StorageError?
    private let made = Atomic(0)

    init(prefix: String, failure: StorageError? = nil) {
        self.prefix = Array(prefix.utf8)
        self.failure = failure
    }

    var makeCount: Int { made.load(ordering: .relaxed) }

    func makeValue() throws(StorageError) -> [UInt8] {
        made.add(1, ordering: .relaxed)
        if let failure { throw failure }
        return prefix + Array(" sealed".utf8)
    }
}
