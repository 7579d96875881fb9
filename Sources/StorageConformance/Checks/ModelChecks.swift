import StorageEngine

extension ConformanceCheck {
    static let modelChecks: [ConformanceCheck] = [
        ConformanceCheck("random transactions leave what they leave in a dictionary") { engine in
            for seed in UInt64(1)...4 { try compareWithModel(engine, seed: seed, reopens: false) }
        },
        ConformanceCheck(
            "random transactions leave what they leave in a dictionary, also after reopening", needsPersistence: true
        ) { engine in
            for seed in UInt64(5)...6 { try compareWithModel(engine, seed: seed, reopens: true) }
        },
    ]

    private static func compareWithModel(_ engine: EngineUnderTest, seed: UInt64, reopens: Bool) throws {
        var random = SplitMix64(seed: seed)
        var model = try engine.contents()
        for round in 0..<30 {
            let transaction = RandomTransaction(using: &random)
            if try transaction.commit(to: engine, round % 8 == 0 ? .full : .relaxed) {
                for step in transaction.steps { step.apply(to: &model) }
            }
            if reopens, round % 10 == 9 { try engine.reopen() }
            let isSame = try engine.contents() == model
            try expect(isSame, "the records differ after transaction \(round) of seed \(seed)")
            try checkRandomScans(engine, model, &random, seed: seed)
        }
    }

    private static func checkRandomScans(
        _ engine: EngineUnderTest, _ model: [String: String], _ random: inout SplitMix64, seed: UInt64
    ) throws {
        for _ in 0..<4 {
            let (lower, upper) = (RandomTransaction.key(using: &random), RandomTransaction.key(using: &random))
            let inside = model.keys.filter { $0 >= lower && $0 < upper }.sorted()
            let what = "a scan from \(lower) to before \(upper), seed \(seed)"
            try expect(engine.keys(KeyRange(lower, upper)), inside, what)
            try expect(engine.keys(KeyRange(lower, upper), .descending), inside.reversed(), "descending, \(what)")
        }
    }
}

/// Writes drawn at random.
private struct RandomTransaction {
    enum Step {
        case put(String, String)
        case delete(String)
        case deleteRange(String, String)
    }

    let steps: [Step]
    let throwsAtTheEnd: Bool

    init(using random: inout SplitMix64) {
        steps = (0..<Int.random(in: 1...60, using: &random)).map { _ in
            let key = Self.key(using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: return .deleteRange(key, Self.key(using: &random))
            case 1..<7: return .delete(key)
            default: return .put(key, Self.value(using: &random))
            }
        }
        throwsAtTheEnd = Int.random(in: 0..<6, using: &random) == 0
    }

    /// Applies the steps, and returns whether they were committed.
    func commit(to engine: EngineUnderTest, _ durability: Durability) throws -> Bool {
        do {
            try engine.write(durability) { transaction throws(StorageError) in
                for step in steps { try step.apply(to: transaction) }
                if throwsAtTheEnd { throw StorageError(.conflict, "thrown on purpose") }
            }
            return true
        } catch {
            guard throwsAtTheEnd, error.code == .conflict else { throw error }
            return false
        }
    }

    static func key(using random: inout SplitMix64) -> String {
        String(repeating: "k", count: Int.random(in: 0..<3, using: &random))
            + String(Int.random(in: 0..<80, using: &random))
    }

    /// Mostly short, some longer than a page.
    private static func value(using random: inout SplitMix64) -> String {
        let limit = [0, 10, 100, 1_000, 8_000].randomElement(using: &random) ?? 0
        let letter = String(UnicodeScalar(UInt8.random(in: 97...122, using: &random)))
        return String(repeating: letter, count: Int.random(in: 0...limit, using: &random))
    }
}

extension RandomTransaction.Step {
    func apply(to transaction: borrowing WriteTransaction) throws(StorageError) {
        switch self {
        case .put(let key, let value): try transaction.put(key, value)
        case .delete(let key): try transaction.delete(key)
        case .deleteRange(let lower, let upper):
            try transaction.delete(EngineUnderTest.first, KeyRange(lower, upper))
        }
    }

    func apply(to model: inout [String: String]) {
        switch self {
        case .put(let key, let value): model[key] = value
        case .delete(let key): model[key] = nil
        case .deleteRange(let lower, let upper): model = model.filter { $0.key < lower || $0.key >= upper }
        }
    }
}

extension EngineUnderTest {
    /// All records of the first table.
    fileprivate func contents() throws -> [String: String] {
        try engine.read { snapshot in
            var contents: [String: String] = [:]
            try snapshot.scan(Self.first, KeyRange()) { key, value in
                contents[String(key)] = String(value)
                return .next
            }
            return contents
        }
    }
}
