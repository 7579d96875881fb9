import CompactEncoding
public import Crypto
public import MerkleTree

extension TreeAuthority {
    /// Checks that `signature` is enough for the tree of `head` (PROTOCOL §3, Verification).
    ///
    /// - Parameters:
    ///   - signature: the `signature` field as stored or received; a static core may have none.
    ///   - head: the tree, recomputed from what was received.
    ///   - hashing: how blocks and nodes are hashed.
    /// - Throws: `.invalidSignature`, or `.prologueMismatch`: the tree is shorter than the prologue or differs from it.
    public func verify(
        _ signature: [UInt8]?, of head: TreeHead, hashing: some TreeHashing = BLAKE2bTreeHashing()
    ) throws(ManifestError) {
        let statement = TreeStatement(head, hashing: hashing)
        if let prologue, head.length <= prologue.length {
            return try check(statement, against: prologue)
        }
        guard quorum > 0 else {
            throw invalid("nobody can sign this core, so its tree cannot have \(head.length) blocks")
        }
        guard let signature else { throw invalid("the tree of length \(head.length) is not signed") }
        switch signatureForm {
        case .bare:
            guard let bare = Bytes64(signature), holds(bare, of: statement, bySigner: 0) else {
                throw invalid("the signer did not sign this tree of length \(head.length)")
            }
        case .list(let form):
            try verify(try decode(signature, as: form), of: head, statement, hashing: hashing)
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
        _ list: MultiSignature, of head: TreeHead, _ statement: TreeStatement, hashing: some TreeHashing
    ) throws(ManifestError) {
        guard list.inputs.count >= quorum else {
            throw invalid("\(list.inputs.count) signatures are fewer than the quorum of \(quorum)")
        }
        // Nodes are found by their index, whatever their order; of two with one index the last counts.
        let patchNodes = Dictionary(list.patchNodes.map { ($0.index, $0) }) { _, last in last }
        var counted: Set<UInt64> = []
        // Later ones never count: a wrong signature within the quorum is not made good by a right one after it.
        for input in list.inputs.prefix(quorum) {
            guard input.signer < UInt64(manifest.signers.count), counted.insert(input.signer).inserted else {
                throw invalid("signer \(input.signer) does not exist or comes twice")
            }
            let isPatched = input.patch != 0 && allowsPatch
            let signed =
                isPatched ? try lift(head, by: input.patch, with: patchNodes, hashing: hashing) : statement
            guard holds(input.signature, of: signed, bySigner: Int(input.signer)) else {
                throw invalid("signer \(input.signer) did not sign this tree of length \(signed.length)")
            }
        }
    }

    /// The statement about the tree that is `patch` blocks longer, its roots computed from ours and the patch's nodes.
    private func lift(
        _ head: TreeHead, by patch: UInt64, with nodes: [UInt64: TreeNode], hashing: some TreeHashing
    ) throws(ManifestError) -> TreeStatement {
        // A sum that overflows is refused as any length is that no tree can have.
        let (length, overflow) = head.length.addingReportingOverflow(patch)
        do {
            let longer = try head.lifted(to: overflow ? .max : length, reading: nodes, hashing: hashing)
            return TreeStatement(longer, hashing: hashing)
        } catch {
            throw invalid("the patch does not lead from \(head.length) blocks to \(patch) more: \(error)")
        }
    }

    private func invalid(_ message: String) -> ManifestError {
        ManifestError(.invalidSignature, message)
    }
}
