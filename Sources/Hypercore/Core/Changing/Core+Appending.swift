import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization

extension Core {
    /// Appends blocks: hash outside the lock, chain and queue under it, wait for the commit outside again.
    ///
    /// Blocks that are encrypted take their place in line first, because what they become depends on it; they are
    /// encrypted and hashed outside the lock all the same, those of several callers at once.
    func append(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, maxLength: UInt64?,
        of session: WaitScope
    ) async throws -> Hypercore.AppendResult {
        _ = try requireWriter()
        try state.withLock { state in try requireSigner(state) }
        let change =
            try cipher.map { try appending(Array(blocks), encryptedBy: $0, maxLength: maxLength) }
            ?? appending(Leaves(of: blocks, core: self), maxLength: maxLength)
        guard change.byteCount > 0 else { return Hypercore.AppendResult(durableHead) }
        return try await move(change, of: session)
    }

    private func appending(_ leaves: Leaves, maxLength: UInt64?) -> HeadChange {
        HeadChange(
            step: .append(blockCount: UInt64(leaves.blocks.count)), byteCount: leaves.byteCount,
            making: .anywhere { [self] draft, state in
                try requireRoom(for: leaves.blocks.count, after: draft.head.length, maxLength: maxLength)
                try append(leaves, to: &draft, in: state)
            })
    }

    private func appending(
        _ blocks: [[UInt8]], encryptedBy cipher: SessionCipher, maxLength: UInt64?
    ) throws -> HeadChange {
        let encryptor = try cipher.encryptor(of: self)
        let padding = encryptor.paddingByteCount
        try Leaves.check(blocks, padding: padding, core: self)
        return HeadChange(
            step: .append(blockCount: UInt64(blocks.count)),
            byteCount: Leaves.byteCount(of: blocks, padding: padding),
            making: .atPlace { [self] place in
                try requireRoom(for: blocks.count, after: place.length, maxLength: maxLength)
                let leaves = try Leaves(of: blocks, encryptedBy: encryptor, at: place, core: self)
                return { [self] draft, state in
                    precondition(LogPlace(draft.head) == place, "blocks encrypted for \(place) are put elsewhere")
                    try append(leaves, to: &draft, in: state)
                }
            })
    }

    /// Throws where the log would get longer than an append allows.
    private func requireRoom(
        for blockCount: Int, after length: UInt64, maxLength: UInt64?
    ) throws(HypercoreError) {
        guard let maxLength, length + UInt64(blockCount) > maxLength else { return }
        throw HypercoreError(
            .logTooLong, key: key,
            "the log has \(length) blocks, and \(blockCount) more would make it longer than the \(maxLength) that the "
                + "append allows")
    }

    /// Chains blocks on a draft.
    func append(_ leaves: Leaves, to draft: inout CoreDraft, in state: borrowing CoreState) throws {
        try requireSigner(state)
        guard !leaves.isEmpty else { return }
        try draft.append(leaves, hashing: hashing)
    }
}
