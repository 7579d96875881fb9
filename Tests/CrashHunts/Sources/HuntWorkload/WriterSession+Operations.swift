public import Corestore
import Crypto
import Hypercore

extension WriterSession {
    func perform(_ operation: Operation, _ id: OperationID) async throws {
        switch operation {
        case .change(let step): try await perform(step, id)
        case .atomically(let steps): try await perform(steps, id)
        case .create(let count, let isPurged): try await create(count: count, isPurged: isPurged, id)
        case .download(let range):
            try await telling(.store(core: mirror.key.text, range), id) {
                try await finish(mirror.download(start: range.lowerBound, end: range.upperBound))
            }
        case .get(let index):
            let change = Change.store(core: mirror.key.text, index..<index + 1)
            journal.tell(.began(id, change))
            _ = try await mirror.get(index, timeout: plan.patience)
            // A get ends when the block is verified; stored it is when the log says so.
            if try mirror.has(index) { journal.tell(.acknowledged(id, change)) }
        case .compact: try await store.compact()
        case .clearMirror(let range):
            try await telling(.clear(core: mirror.key.text, range), id) { _ = try await mirror.clear(range) }
        }
    }

    private func telling(_ change: Change, _ id: OperationID, _ body: () async throws -> Void) async throws {
        journal.tell(.began(id, change))
        try await body()
        journal.tell(.acknowledged(id, change))
    }

    private func create(count: Int, isPurged: Bool, _ id: OperationID) async throws {
        let log = try await Self.open("log-of-\(id)", in: store, journal)
        try await append(count, to: log, id)
        if isPurged { try await telling(.purge(core: log.key.text), id) { try await log.purge() } }
        await log.close()
    }

    private func blocks(_ parts: Range<Int>, of count: Int, _ id: OperationID) -> [[UInt8]] {
        parts.map { part in
            BlockContent(operation: id, part: UInt32(part), parts: UInt32(count)).bytes(seed: plan.seed)
        }
    }

    private func userKey(_ id: OperationID) -> String { "task-\(id.sequence & 0xffff)" }
}

// MARK: - One change

extension WriterSession {
    private func perform(_ step: Operation.Step, _ id: OperationID) async throws {
        switch step {
        case .append(let number, let count):
            try await append(count, to: logs[number], id)
        case .cut(let number, let count):
            let log = logs[number]
            // Asked once: another task may cut the log between two questions.
            let before = log.length
            let length = before - min(before, count)
            try await telling(.truncate(core: log.key.text, length: length), id) { try await log.truncate(to: length) }
        case .clear(let number, let back, let count):
            let log = logs[number]
            let range = Self.range(back: back, count: count, length: log.length)
            try await telling(.clear(core: log.key.text, range), id) { _ = try await log.clear(range) }
        case .keep(let number):
            let log = logs[number]
            try await telling(.keep(core: log.key.text, key: userKey(id)), id) {
                try await log.setUserData(Array("\(id.rawValue)".utf8), for: userKey(id))
            }
        }
    }

    private func append(_ count: Int, to log: Hypercore, _ id: OperationID) async throws {
        journal.tell(.began(id, .append(core: log.key.text, firstPart: 0, count: count, length: nil)))
        let result = try await log.append(contentsOf: blocks(0..<count, of: count, id))
        journal.tell(
            .acknowledged(id, .append(core: log.key.text, firstPart: 0, count: count, length: result.length)))
    }

    private static func range(back: UInt64, count: UInt64, length: UInt64) -> Range<UInt64> {
        let start = length - min(length, back)
        return start..<min(length, start + count)
    }
}

// MARK: - Several at once

extension WriterSession {
    private func perform(_ steps: [Operation.Step], _ id: OperationID) async throws {
        let changes = try await store.atomically { batch in
            let parts = steps.reduce(0) { count, step in
                if case .append(_, let more) = step { count + more } else { count }
            }
            var firstPart = 0
            return try steps.map { try perform($0, id, in: batch, parts: parts, firstPart: &firstPart) }
        }
        for change in changes { journal.tell(.acknowledged(id, change)) }
    }

    private func perform(
        _ step: Operation.Step, _ id: OperationID, in batch: AtomicBatch, parts: Int, firstPart: inout Int
    ) throws -> Change {
        func tell(_ change: Change) -> Change {
            journal.tell(.began(id, change))
            return change
        }
        switch step {
        case .append(let number, let count):
            let (log, first) = (logs[number], firstPart)
            firstPart += count
            _ = tell(.append(core: log.key.text, firstPart: first, count: count, length: nil))
            let result = try batch.append(contentsOf: blocks(first..<first + count, of: parts, id), to: log)
            return .append(core: log.key.text, firstPart: first, count: count, length: result.length)
        case .cut(let number, let count):
            let log = logs[number]
            let before = try batch.length(of: log)
            let length = before - min(before, count)
            try batch.truncate(log, to: length)
            return tell(.truncate(core: log.key.text, length: length))
        case .clear(let number, let back, let count):
            let log = logs[number]
            let range = Self.range(back: back, count: count, length: try batch.length(of: log))
            try batch.clear(range, of: log)
            return tell(.clear(core: log.key.text, range))
        case .keep(let number):
            let log = logs[number]
            try batch.setUserData(Array("\(id.rawValue)".utf8), for: userKey(id), of: log)
            return tell(.keep(core: log.key.text, key: userKey(id)))
        }
    }
}

// MARK: - Downloading

extension WriterSession {
    private func finish(_ download: Download) async throws {
        try await Self.finish(download, patience: plan.patience)
    }

    private static func finish(_ download: Download, patience: Duration?) async throws {
        guard let patience else { return try await download.finished() }
        try await withThrowingTaskGroup { group in
            group.addTask { try await download.finished() }
            group.addTask {
                try await Task.sleep(for: patience)
                download.cancel()
                throw CancellationError()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Connects `store` with a source, and downloads all of its log.
    ///
    /// - Throws: `CancellationError` where that took longer than `patience`; what the store throws.
    /// - Returns: what is acknowledged by that.
    public static func download(
        _ plan: Plan, to store: Corestore, as id: OperationID, patience: Duration
    ) async throws -> [JournalEntry] {
        let source = try await Source(seed: plan.seed, length: plan.sourceLength)
        let mirror = try await store.get(key: source.log.key)
        let link = MemoryLink(store, source.store)
        try await finish(mirror.download(start: 0, end: plan.sourceLength), patience: patience)
        await link.cut()
        await mirror.close()
        try await source.store.close()
        return [.acknowledged(id, .store(core: source.log.key.text, 0..<plan.sourceLength))]
    }
}
