import Crypto
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
        try state.withLock { state in
            try requireSigner(state, appending: UInt64(blocks.count), to: state.staged.length)
        }
        let change = try appending(blocks, encryptedBy: cipher, AppendTerms(maxLength: maxLength))
        guard change.byteCount > 0 else { return Hypercore.AppendResult(durableHead) }
        return try await move(change, of: session)
    }

    /// Appends blocks with the signature over the log as it is afterwards.
    func append(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, signature: [UInt8]
    ) async throws -> Hypercore.AppendResult {
        let change = try appending(blocks, encryptedBy: cipher, AppendTerms(isSigned: true))
        guard change.byteCount > 0 else { return Hypercore.AppendResult(durableHead) }
        return try await move(change, signature: signature)
    }

    private func appending(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, _ terms: AppendTerms
    ) throws -> HeadChange {
        try cipher.map { try appending(Array(blocks), encryptedBy: $0, terms) }
            ?? appending(Leaves(of: blocks, core: self), terms)
    }

    private func appending(_ leaves: Leaves, _ terms: AppendTerms) -> HeadChange {
        HeadChange(
            step: .append(blockCount: UInt64(leaves.blocks.count)), byteCount: leaves.byteCount,
            making: .anywhere { [self] draft, state in try append(leaves, to: &draft, in: state, terms) })
    }

    private func appending(
        _ blocks: [[UInt8]], encryptedBy cipher: SessionCipher, _ terms: AppendTerms
    ) throws -> HeadChange {
        let encryptor = try cipher.encryptor(of: self)
        let padding = encryptor.paddingByteCount
        try Leaves.check(blocks, padding: padding, core: self)
        return HeadChange(
            step: .append(blockCount: UInt64(blocks.count)),
            byteCount: Leaves.byteCount(of: blocks, padding: padding),
            making: .atPlace { [self] place in
                try requireRoom(for: blocks.count, after: place.length, terms)
                let leaves = try Leaves(of: blocks, encryptedBy: encryptor, at: place, core: self)
                return { [self] draft, state in
                    precondition(LogPlace(draft.head) == place, "blocks encrypted for \(place) are put elsewhere")
                    try append(leaves, to: &draft, in: state, terms)
                }
            })
    }

    /// Throws where the log would get longer than an append allows.
    func requireRoom(
        for blockCount: Int, after length: UInt64, _ terms: AppendTerms
    ) throws(HypercoreError) {
        guard let maxLength = terms.maxLength, length + UInt64(blockCount) > maxLength else { return }
        throw HypercoreError(
            .logTooLong, key: key,
            "the log has \(length) blocks, and \(blockCount) more would make it longer than the \(maxLength) that the "
                + "append allows")
    }

    /// Chains blocks on a draft.
    func append(
        _ leaves: Leaves, to draft: inout CoreDraft, in state: borrowing CoreState, _ terms: AppendTerms = AppendTerms()
    ) throws {
        try requireRoom(for: leaves.blocks.count, after: draft.head.length, terms)
        if !terms.isSigned {
            try requireSigner(state, appending: UInt64(leaves.blocks.count), to: draft.head.length)
        }
        guard !leaves.isEmpty else { return }
        try draft.append(leaves, hashing: hashing)
    }
}

/// What an append has to keep to.
struct AppendTerms: Sendable {
    /// How long the log may get; as long as it likes where none is given.
    var maxLength: UInt64?
    /// Whether the signature over what comes of it was made beforehand.
    var isSigned = false
}
