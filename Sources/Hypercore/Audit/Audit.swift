import Crypto
import HypercoreStorage
import MerkleTree
import Synchronization

/// An audit under way: goes from block to block in steps, and repairs what each has found.
///
/// All that one step needs to know of those before it is where it begins: each reads the head that is stored then, and
/// descends from its roots in one snapshot. So what changes between the steps, a truncation too, is never taken for damage.
struct Audit {
    private let session: Hypercore
    private let isRepairing: Bool
    private let onEvent: @Sendable (AuditEvent) -> Void
    private var report = AuditReport()
    /// The first block that was not checked yet.
    private var position: UInt64 = 0
    /// Where the log ended when the audit began.
    private var end: UInt64?
    /// What became of nodes that it took many reads to rebuild, or fail to; those on the path to `position`.
    private var verdicts: [UInt64: AuditVerdict] = [:]
    /// Pages that were found broken; without a repair, each step that needs one finds it again.
    private var brokenPages: Set<UInt64> = []

    init(of session: Hypercore, isRepairing: Bool, onEvent: @escaping @Sendable (AuditEvent) -> Void) {
        self.session = session
        self.isRepairing = isRepairing
        self.onEvent = onEvent
    }

    private var core: Core { session.core }

    mutating func run() async throws -> AuditReport {
        while try await step() { await Task.yield() }
        return report
    }

    /// Checks some more blocks.
    ///
    /// - Returns: whether there are others.
    private mutating func step() async throws -> Bool {
        try Task.checkCancellation()
        try await core.registry.gate.pass()
        try session.requireOpen()
        let request = AuditRequest(
            core: core, snapshot: session.view?.head, start: position, end: end, verdicts: verdicts)
        let step = try await blockingCall { try AuditWalk.step(request) }
        if let node = step.undecided {
            // What the step has found so far, the next one finds again.
            verdicts[node.index] = try await verdict(on: node, spans: step.head.spans)
            return true
        }
        if isRepairing, step.signatureFailure == nil, !step.repair.isEmpty {
            // Something came between the reading and the repair: the step is made again, on what is there now.
            guard try await core.repair(step.repair) else { return true }
            report.dropped.add(step.dropped)
            report.rebuilt.add(step.rebuilt)
            report.rebuilt.pages += UInt64(step.repair.pages.count)
        }
        for damage in step.damage where damage.isNews(after: report) { onEvent(.damage(damage)) }
        for page in step.repair.pages.keys.sorted() where brokenPages.insert(page).inserted {
            report.damaged.pages += 1
            onEvent(.damage(.page(page)))
        }
        report.take(step)
        if end == nil { report.length = step.head.length }
        end = min(end ?? .max, step.head.length)
        position = step.next
        verdicts = verdicts.filter { FlatTree.blocks(under: $0.key).upperBound > step.next }
        onEvent(.progress(checkedLength: min(position, end ?? 0), length: end ?? 0))
        return position < (end ?? 0)
    }

    private func verdict(on node: TreeNode, spans: Spans) async throws -> AuditVerdict {
        let stop = StopFlag()
        let core = core
        return try await withTaskCancellationHandler {
            try await blockingCall {
                let rebuild = TreeRebuild(core: core, spans: spans, stop: stop)
                return AuditVerdict(spans: spans, pair: try rebuild.deepPair(under: node))
            }
        } onCancel: {
            stop.set()
        }
    }
}

extension AuditReport {
    fileprivate mutating func take(_ step: AuditStep) {
        signatureFailure = signatureFailure ?? step.signatureFailure
        checked.add(step.checked)
        damaged.add(step.damaged)
        for case .block(let index, let damage) in step.damage where damage != .unknown {
            guard damagedBlocks.count < Self.listedBlockLimit else { break }
            damagedBlocks.append(index)
        }
    }
}

extension AuditReport.Counts {
    mutating func add(_ other: Self) {
        blocks += other.blocks
        nodes += other.nodes
        bits += other.bits
        pages += other.pages
    }
}

extension AuditDamage {
    /// Whether it was not told before: each step looks at the signature.
    fileprivate func isNews(after report: AuditReport) -> Bool {
        guard case .signature = self else { return true }
        return report.signatureFailure == nil
    }
}

/// Whether somebody wants long work on another thread to end.
final class StopFlag: Sendable {
    private let isSet = Atomic(false)

    func set() { isSet.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` where it is set.
    func check() throws {
        if isSet.load(ordering: .relaxed) { throw CancellationError() }
    }
}
