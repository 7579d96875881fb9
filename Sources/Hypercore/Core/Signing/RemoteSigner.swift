import Crypto
import Manifest
import MerkleTree

/// Signs the heads of one core with a key that is not in memory, and believes nothing that it has not verified.
///
/// A class, as ``CoreSigner`` is: the core's state holds a reference, however large the signer.
final class RemoteSigner: Sendable {
    private let signer: AsyncTreeSigner

    /// Prepares to sign under `authority`.
    ///
    /// - Throws: `.invalidManifest` where the manifest does not declare the signer.
    init(_ authority: TreeAuthority, signer: any AsyncSigner) throws(HypercoreError) {
        do {
            self.signer = try AsyncTreeSigner(authority, signer: signer)
        } catch {
            throw HypercoreError(
                .invalidManifest, key: authority.key, "the log cannot be signed by this signer: \(error)")
        }
    }

    /// The signature over `tree` in the form that the manifest asks for.
    ///
    /// - Throws: `.signingFailed` where the signer fails, takes longer than `deadline`, or answers with something else
    ///   than a signature over this tree; what `pending` was ended with.
    func sign(
        _ tree: TreeHead, hashing: any TreeHashing, before deadline: SigningDeadline, _ pending: PendingSignature
    ) async throws -> [UInt8] {
        let authority = signer.authority
        let statement = TreeStatement(treeHash: tree.treeHash(hashing), length: tree.length, fork: tree.fork)
        let signature = try await pending.value(
            before: deadline, late: failure("the signer did not answer in time")
        ) { [self] in
            do {
                return try await signer.signature(of: statement)
            } catch {
                throw failure("\(error)")
            }
        }
        do {
            try authority.verify(signature, of: tree, hashing: hashing)
        } catch {
            throw failure("what the signer answered is no signature over the log: \(error)")
        }
        return signature
    }

    private func failure(_ reason: String) -> HypercoreError {
        HypercoreError(
            .signingFailed, key: signer.authority.key,
            "the log was not signed at its new length, and nothing was changed: \(reason)")
    }
}
