import CompactEncoding
public import Crypto

extension TreeAuthority {
    /// Checks that `signature` is enough for the tree that `statement` names (PROTOCOL §3, Verification).
    ///
    /// - Parameters:
    ///   - signature: the `signature` field as stored or received; a static core may have none.
    ///   - statement: the tree's hash, length and fork, computed by the caller and not taken from a peer.
    ///   - roots: the tree's roots, left to right, whose hash `statement` holds; only a patch needs them.
    /// - Throws: `.invalidSignature`, or `.prologueMismatch`: the tree is shorter than the prologue or differs from it.
    public func verify(
        _ signature: [UInt8]?, of statement: TreeStatement, roots: [TreeNode],
        hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws(ManifestError) {
        if let prologue, statement.length <= prologue.length {
            return try check(statement, against: prologue)
        }
        guard quorum > 0 else {
            throw invalid("nobody can sign this core, and its tree is past the prologue: length \(statement.length)")
        }
        guard let signature else { throw invalid("the tree of length \(statement.length) is not signed") }
        switch signatureForm {
        case .bare:
            guard let bare = Bytes64(signature), holds(bare, of: statement, bySigner: 0) else {
                throw invalid("the signer did not sign this tree of length \(statement.length)")
            }
        case .list(let form):
            let list = try decode(signature, as: form)
            try verify(list, of: statement, roots: roots, hashing: hashing)
        }
    }

    private func check(
        _ statement: TreeStatement, against prologue: CoreManifest.Prologue
    ) throws(ManifestError) {
        guard statement.length == prologue.length else {
            throw ManifestError(
                .prologueMismatch,
                "a tree of length \(statement.length) is shorter than the prologue of \(prologue.length)")
        }
        guard statement.treeHash == prologue.hash else {
            throw ManifestError(.prologueMismatch, "the tree of length \(statement.length) is not the prologue's")
        }
    }

    private func decode(_ signature: [UInt8], as form: MultiSignature.Form) throws(ManifestError) -> MultiSignature {
        do {
            return try MultiSignature(decoding: signature, as: form)
        } catch {
            throw invalid("the signature field cannot be read: \(error)")
        }
    }

    private func verify(
        _ list: MultiSignature, of statement: TreeStatement, roots: [TreeNode], hashing: some TreeHashing
    ) throws(ManifestError) {
        guard list.inputs.count >= quorum else {
            throw invalid("\(list.inputs.count) signatures are fewer than the quorum of \(quorum)")
        }
        var counted: Set<UInt64> = []
        // Later ones never count: a wrong signature within the quorum is not made good by a right one after it.
        for input in list.inputs.prefix(quorum) {
            guard input.signer < UInt64(manifest.signers.count), counted.insert(input.signer).inserted else {
                throw invalid("signer \(input.signer) does not exist or comes twice")
            }
            var signed = statement
            if input.patch != 0, allowsPatch {
                signed = try lift(statement, roots, by: input.patch, with: list.patchNodes, hashing: hashing)
            }
            guard holds(input.signature, of: signed, bySigner: Int(input.signer)) else {
                throw invalid("signer \(input.signer) did not sign this tree of length \(signed.length)")
            }
        }
    }

    private func invalid(_ message: String) -> ManifestError {
        ManifestError(.invalidSignature, message)
    }
}
