import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import StorageEngine
import Synchronization

extension Core {
    /// Appends blocks: hash outside the lock, chain and queue under it, wait for the commit outside again.
    ///
    /// Blocks that are encrypted take their place in line first, because what they become depends on it; they are
    /// encrypted and hashed outside the lock all the same, those of several callers at once.
    func append(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, of session: WaitScope
    ) async throws -> Hypercore.AppendResult {
        _ = try requireWriter()
        try state.withLock { state in
            try requireSigner(state, appending: UInt64(blocks.count), to: state.staged.length)
        }
        let change = try appending(blocks, encryptedBy: cipher, isSigned: false)
        guard change.byteCount > 0 else { return Hypercore.AppendResult(durableHead) }
        return try await move(change, of: session)
    }

    /// Appends blocks with the signature over the log as it is afterwards.
    func append(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, signature: [UInt8]
    ) async throws -> Hypercore.AppendResult {
        let change = try appending(blocks, encryptedBy: cipher, isSigned: true)
        guard change.byteCount > 0 else { return Hypercore.AppendResult(durableHead) }
        return try await move(change, signature: signature)
    }

    private func appending(
        _ blocks: some Collection<[UInt8]>, encryptedBy cipher: SessionCipher?, isSigned: Bool
    ) throws -> HeadChange {
        try cipher.map { try appending(Array(blocks), encryptedBy: $0, isSigned: isSigned) }
            ?? appending(Leaves(of: blocks, core: self), isSigned: isSigned)
    }

    private func appending(_ leaves: Leaves, isSigned: Bool) -> HeadChange {
        HeadChange(
            step: .append(blockCount: UInt64(leaves.blocks.count)), byteCount: leaves.byteCount,
            making: .anywhere { [self] draft, state in
                try append(leaves, to: &draft, in: state, isSigned: isSigned)
            })
    }

    private func appending(
        _ blocks: [[UInt8]], encryptedBy cipher: SessionCipher, isSigned: Bool
    ) throws -> HeadChange {
        let encryptor = try cipher.encryptor(of: self)
        let padding = encryptor.paddingByteCount
        try Leaves.check(blocks, padding: padding, core: self)
        return HeadChange(
            step: .append(blockCount: UInt64(blocks.count)),
            byteCount: Leaves.byteCount(of: blocks, padding: padding),
            making: .atPlace { [self] place in
                let leaves = try Leaves(of: blocks, encryptedBy: encryptor, at: place, core: self)
                return { [self] draft, state in
                    precondition(LogPlace(draft.head) == place, "blocks encrypted for \(place) are put elsewhere")
                    try append(leaves, to: &draft, in: state, isSigned: isSigned)
                }
            })
    }

    /// Chains blocks on a draft.
    ///
    /// - Parameter isSigned: whether the signature over what comes of it was made beforehand.
    func append(
        _ leaves: Leaves, to draft: inout CoreDraft, in state: borrowing CoreState, isSigned: Bool = false
    ) throws {
        if !isSigned {
            try requireSigner(state, appending: UInt64(leaves.blocks.count), to: draft.head.length)
        }
        guard !leaves.isEmpty else { return }
        try draft.append(leaves, hashing: hashing, prologue: state.authority?.prologue)
    }
}
