import CompactEncoding
public import Corestore
import Crypto
import HuntWorkload
import Hypercore
import HypercoreStorage
public import StorageEngine

/// Opens a store after something happened to it, and looks at everything in it.
public struct StoreAudit {
    /// What was found.
    public private(set) var contents = StoreContents()
    /// What must not be.
    public private(set) var violations: [Violation] = []
    private let seed: UInt64

    /// Audits an open store through its own sessions, and its records underneath.
    ///
    /// - Parameter engine: the store's engine.
    public static func of(_ store: Corestore, on engine: any StorageEngine, seed: UInt64) async -> StoreAudit {
        var audit = StoreAudit(seed: seed)
        do {
            try await audit.run(store, engine)
        } catch {
            audit.violations.append(Violation(.sound, "the audit came to an end: \(error)"))
        }
        return audit
    }

    private init(seed: UInt64) {
        self.seed = seed
    }

    private mutating func run(_ store: Corestore, _ engine: any StorageEngine) async throws {
        let directory = try CoreDirectory(engine: engine, writer: nil)
        for try await discoveryKey in store.list() {
            guard let stored = try directory.find(discoveryKey) else {
                violations.append(Violation(.sound, "core \(discoveryKey) is listed and not found"))
                continue
            }
            let log = try await store.get(discoveryKey: discoveryKey)
            try audit(stored, log, directory)
            await log.close()
        }
        try requireNames(directory)
    }

    private mutating func audit(_ stored: StoredCore, _ log: Hypercore, _ directory: CoreDirectory) throws {
        let identity = try directory.identity(of: stored)
        if identity.key != log.key {
            violations.append(Violation(.sound, "core \(log.key) is stored as \(identity.key)"))
        }
        let present = try (0..<log.length).filter { try log.has($0) }
        var audit = try CoreAudit(stored, identity, seed: seed)
        try audit.run(presentBlocks: present)
        violations += audit.violations
        var core = audit.contents
        core.kept = try kept(in: log)
        contents.cores[core.key] = core
        try compare(log, with: core, present: present)
    }

    /// The operations that are kept as user data, by the tasks that keep them.
    private func kept(in log: Hypercore) throws -> [String: OperationID] {
        var kept: [String: OperationID] = [:]
        for task in 0..<8 {
            guard let value = try log.userData("task-\(task)") else { continue }
            kept["task-\(task)"] = OperationID(rawValue: UInt64(String(decoding: value, as: UTF8.self)) ?? 0)
        }
        return kept
    }

    /// What the session says must be what the records say.
    private mutating func compare(_ log: Hypercore, with found: CoreContents, present: [UInt64]) throws {
        func require(_ holds: Bool, _ detail: @autoclosure () -> String) {
            if !holds { violations.append(Violation(.sound, "core \(found.name ?? found.key): \(detail())")) }
        }
        require(log.length == found.length && log.fork == found.fork, "the session has another head than the store")
        let contiguous = present.enumerated().prefix { UInt64($0.offset) == $0.element }.count
        require(
            log.contiguousLength == contiguous,
            "\(contiguous) blocks are here without a gap, and \(log.contiguousLength) are said to be")
        let treeHash = try log.treeHash().hex
        require(
            found.leaves.count < found.length || found.treeHash(atLength: found.length) == treeHash,
            "the tree hash is not that of the blocks")
        for index in present {
            require(try log.read(index) != nil, "block \(index) is here and cannot be read")
        }
    }

    private mutating func requireNames(_ directory: CoreDirectory) throws {
        for core in contents.cores.values {
            guard let name = core.name else { continue }
            let alias = Alias(namespace: .zero, name: Array(name.utf8))
            if try directory.resolve(alias) != CoreKey(text: core.key).discoveryKey {
                violations.append(Violation(.sound, "the name \(name) does not lead to its core"))
            }
        }
    }
}
