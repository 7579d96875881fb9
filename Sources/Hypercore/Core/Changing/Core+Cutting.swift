import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization

extension Core {
    /// About what the write set of a truncation weighs: a head, and a note for each of a few spans.
    static let truncationByteCount = 4096

    /// Cuts the log at `length` and begins a new fork; see ``Hypercore/truncate(to:fork:)``.
    func truncate(to length: UInt64, fork: UInt64?, of session: WaitScope) async throws {
        _ = try await move(cutting(to: length, fork: fork, isSigned: false), of: session)
    }

    /// Cuts the log with the signature over it as it is afterwards.
    func truncate(to length: UInt64, fork: UInt64?, signature: [UInt8]) async throws {
        _ = try await move(cutting(to: length, fork: fork, isSigned: true), signature: signature)
    }

    private func cutting(to length: UInt64, fork: UInt64?, isSigned: Bool) -> HeadChange {
        HeadChange(
            step: .truncate(to: length, fork: fork), byteCount: Self.truncationByteCount,
            making: .anywhere { [self] draft, state in
                try truncate(&draft, to: length, fork: fork, in: state, isSigned: isSigned)
            })
    }

    /// Cuts the log of a draft, after checking that it may be.
    ///
    /// - Parameter isSigned: whether the signature over what comes of it was made beforehand.
    func truncate(
        _ draft: inout CoreDraft, to length: UInt64, fork: UInt64?, in state: borrowing CoreState,
        isSigned: Bool = false
    ) throws {
        if !isSigned { try requireSigner(state) }
        try truncate(&draft, to: length, fork: fork, authority: state.authority, underway: state.underway) {
            try generations.take(above: $0)
        }
    }

    /// Cuts the main line, or a branch, of a draft.
    ///
    /// - Parameter generation: takes one that nobody has used, above those of the spans it is given.
    func truncate(
        _ draft: inout CoreDraft, to length: UInt64, fork: UInt64?, authority: TreeAuthority?, underway: StagedNodes,
        beginning generation: (Spans) throws -> Generation
    ) throws {
        let head = draft.head
        guard length <= head.length else {
            throw HypercoreError(
                .outOfBounds, key: key, "a log of \(head.length) blocks cannot be truncated to \(length)")
        }
        if let prologue = authority?.prologue, length < prologue.length {
            throw HypercoreError(
                .outOfBounds, key: key,
                "the manifest fixes the first \(prologue.length) blocks; the log cannot be truncated to \(length)")
        }
        let next = fork ?? head.fork + 1
        guard next > head.fork, next < FlatTree.maximumLength else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "a truncation begins a fork above the present one (\(head.fork)) and below 2^53, not \(next)")
        }
        try draft.truncate(
            to: length, fork: next, beginning: try generation(head.spans),
            reading: StagedTree(staged: underway, stored: stored.tree(spans: draft.storedSpans)))
    }
}

// MARK: - Clearing

extension Core {
    /// How many blocks one commit clears at most.
    static let clearedBlockLimit: UInt64 = 4096

    /// Forgets the content of blocks, some of them a commit; see ``Hypercore/clear(_:)``.
    func clear(_ range: Range<UInt64>) async throws -> Hypercore.ClearResult {
        var result = Hypercore.ClearResult(blockCount: 0, byteCount: 0)
        var rest = range.clamped(to: 0..<durableHead.length)
        while let step = try nextStep(in: rest) {
            try Task.checkCancellation()
            let cleared = try await change(byteCount: Self.clearingByteCount(of: step)) { draft, state in
                try clear(&draft, step)
            }
            result.blockCount += cleared.blockCount
            result.byteCount += cleared.byteCount
            rest = step.upperBound..<max(step.upperBound, rest.upperBound)
        }
        return result
    }

    /// Clears blocks in a draft.
    ///
    /// - Returns: what goes by it, of what is stored.
    func clear(_ draft: inout CoreDraft, _ range: Range<UInt64>) throws -> Hypercore.ClearResult {
        let size = try stored.size(of: range.clamped(to: 0..<draft.base.length), spans: draft.base.spans)
        draft.clear(range)
        return Hypercore.ClearResult(blockCount: size.blockCount, byteCount: size.byteCount)
    }

    /// About what the write set of a clear weighs: a page of the bitfield for each 32,768 blocks.
    static func clearingByteCount(of range: Range<UInt64>) -> Int {
        1024 + 4224 * Int(2 + (range.upperBound - range.lowerBound) / 32_768)
    }

    /// The next blocks to be cleared, beginning with one that is here; `nil` where none is.
    private func nextStep(in range: Range<UInt64>) throws -> Range<UInt64>? {
        do {
            return try state.withLock { state in
                let range = range.clamped(to: 0..<state.durable.length)
                guard !range.isEmpty, let first = try state.blocks.firstStored(in: range) else { return nil }
                return first..<min(first + Self.clearedBlockLimit, range.upperBound)
            }
        } catch {
            throw HypercoreError(error, key: key)
        }
    }
}
