import Crypto

/// What the writer of a log has appended, fork by fork: what every copy is held against.
struct Truth {
    let name: String
    let key: CoreKey
    /// The writers; more than one is a second history, made on purpose.
    private(set) var histories: [[[[UInt8]]]]

    init(name: String, key: CoreKey, writerCount: Int) {
        (self.name, self.key) = (name, key)
        histories = Array(repeating: [[]], count: writerCount)
    }

    var isForked: Bool { histories.count > 1 }

    /// The blocks of the present fork of a writer.
    func blocks(of writer: Int = 0) -> [[UInt8]] { histories[writer][histories[writer].count - 1] }

    mutating func append(_ blocks: [[UInt8]], by writer: Int = 0) {
        histories[writer][histories[writer].count - 1] += blocks
    }

    mutating func truncate(to length: Int, by writer: Int = 0) {
        histories[writer].append(Array(blocks(of: writer).prefix(length)))
    }

    /// Whether a copy in this fork, of these blocks (`nil` for those that it does not have), is one of a history.
    func contains(fork: Int, length: Int, _ block: (Int) throws -> [UInt8]?) rethrows -> Bool {
        try histories.contains { forks in
            guard fork < forks.count, length <= forks[fork].count else { return false }
            return try (0..<length).allSatisfy { index in
                guard let found = try block(index) else { return true }
                return found == forks[fork][index]
            }
        }
    }
}
