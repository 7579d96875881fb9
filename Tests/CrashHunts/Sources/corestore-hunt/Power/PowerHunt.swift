import Foundation
import HuntAudit
import HuntDisk
import HuntWorkload
import StorageEngine

/// Runs writers, and has the disks looked at that power cuts in their runs may leave.
struct PowerHunt {
    private let seed: UInt64
    private let durability: Durability
    private let sabotage: SyncKind?
    private let workers: Int
    private let workspace: Workspace
    private(set) var verdicts: Verdicts
    private var outcomes: [String: Int] = [:]
    /// Every third run begins with a new store; the others go on where a power cut has left the one before.
    private let runsPerStore = 3

    init(seed: UInt64, durability: Durability, sabotage: SyncKind?, workers: Int, workspace: Workspace) {
        self.seed = seed
        self.durability = durability
        self.sabotage = sabotage
        verdicts = Verdicts(tellingAtMost: sabotage == nil ? 6 : 1)
        self.workers = workers
        self.workspace = workspace
    }

    var summary: String {
        let outcomes = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return "\(verdicts.checked) disks (\(outcomes)), \(verdicts.red) red"
    }

    private var root: String { workspace.path + "/root" }
    private var trace: String { workspace.path + "/trace" }
    private var inodes: String { workspace.path + "/inodes" }
}

// MARK: - One run of a writer

extension PowerHunt {
    mutating func run(_ run: Int, images: Int) async throws {
        let storeSeed = seed &+ UInt64(run / runsPerStore) << 32
        let position = run % runsPerStore
        if position == 0 || sabotage != nil { try beginStore() } else { try cutPower(run: run) }
        guard try await write(seed: storeSeed, firstSession: position * 3, run: run) else { return }
        try await look(
            PowerImages(
                trace: trace, inodes: inodes, storeSeed: storeSeed, lossSeed: seed &+ UInt64(run),
                durability: durability,
                sabotage: sabotage, images: images))
    }

    private func beginStore() throws {
        try Workspace.makeEmpty(root)
        try ShownInodes().write(to: inodes)
    }

    /// Puts in the place of the store what a power cut in the last run may have left of it.
    private func cutPower(run: Int) throws {
        let trace = try DiskTrace(reading: readFile(trace))
        var random = SeededRandom(seed, UInt64(run), 1)
        // A store that is not synced may be lost; go on with one that was not cut off.
        let end =
            durability == .relaxed
            ? trace.events.count
            : Int.random(
                in: trace.beginning...trace.events.count, using: &random)
        let loss = durability == .relaxed ? Loss(pages: .all, names: .all) : Loss.draw(using: &random)
        var disk = Disk()
        for event in trace.events.prefix(end) { disk.apply(event) }
        try disk.image(after: loss, using: &random).write(
            to: root, inodes: inodes, known: ShownInodes(reading: inodes))
    }

    private mutating func write(seed: UInt64, firstSession: Int, run: Int) async throws -> Bool {
        let bootID = workspace.path + "/boot-before"
        try Data("11111111-1111-4111-8111-111111111111\n".utf8).write(to: URL(filePath: bootID))
        let writer = try ChildProcess(
            Programs.writer,
            [
                root + "/store", "--seed", "\(seed)", "--first-session", "\(firstSession)", "--sessions", "3",
                "--operations", "20", "--durability", durability.rawValue,
            ],
            environment: [
                "LD_PRELOAD": Programs.shim, "HUNT_ROOT": root, "HUNT_TRACE": trace, "HUNT_MARKS": "1",
                "HUNT_SYNC_PAUSE": "500", "HUNT_BOOT_ID": bootID, "HUNT_INODES": inodes,
            ])
        let entries = writer.readToEnd().compactMap { JournalEntry(line: $0) }
        let end = writer.wait()
        var complaints = entries.compactMap { entry in
            if case .failed(let operation, let message) = entry { "operation \(operation): \(message)" } else { nil }
        }
        if end != .exited(0) { complaints.append("the writer \(end)") }
        complaints += try whatTheRecordLacks()
        guard !complaints.isEmpty else { return true }
        verdicts.red("run \(run)", complaints, kept: workspace.keep([root, trace], as: "run-\(run)"))
        return false
    }
}

// MARK: - The record

extension PowerHunt {
    /// How the files that are there differ from what the record leads to where nothing is lost.
    private func whatTheRecordLacks() throws -> [String] {
        var disk = Disk()
        for event in try DiskTrace(reading: readFile(trace)).events { disk.apply(event) }
        var random = SeededRandom(0)
        let recorded = disk.image(after: Loss(pages: .all, names: .all), using: &random).files
        let there = try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory)
            return !isDirectory.boolValue
        }
        // LMDB's table of readers is a mapping.
        let paths = Set(there).union(recorded.keys).filter { !$0.hasSuffix("/lock.mdb") }
        return try paths.sorted().filter { path in
            try !there.contains(path) || recorded[path]?.bytes != readFile(root + "/" + path)
        }.map { "the record of \($0) is not what is there" }
    }
}

// MARK: - Looking at disks

extension PowerHunt {
    private mutating func look(_ images: PowerImages) async throws {
        let bootID = workspace.path + "/boot-after"
        try Data("22222222-2222-4222-8222-222222222222\n".utf8).write(to: URL(filePath: bootID))
        let workers = workers
        let path = workspace.path
        let found = try await withThrowingTaskGroup(of: [PowerVerdict].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    try await onThread {
                        try images.look(worker: worker, of: workers, in: "\(path)/worker-\(worker)", bootID: bootID)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for verdict in found.sorted(by: { $0.image < $1.image }) { try tell(verdict, images) }
    }

    private mutating func tell(_ verdict: PowerVerdict, _ images: PowerImages) throws {
        outcomes[verdict.outcome, default: 0] += 1
        guard !verdict.violations.isEmpty else { return verdicts.green() }
        // One record is kept for all disks that a run left; each can be made again from it.
        let kept = sabotage == nil ? workspace.keep([trace, inodes], as: "trace-\(images.lossSeed)") : nil
        let again = images.arguments(
            trace: kept.map { $0 + "/trace" } ?? trace, inodes: kept.map { $0 + "/inodes" } ?? inodes,
            directory: "DIRECTORY")
        verdicts.red(
            "disk \(verdict.image)", verdict.violations,
            kept: kept.map {
                "\($0); look again: corestore-hunt \(again.joined(separator: " ")) --only \(verdict.image)"
            })
    }
}

func readFile(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
}

/// Runs what blocks on a thread of its own, so that it takes none from the tasks.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}
