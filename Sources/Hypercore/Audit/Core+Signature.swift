import HypercoreStorage
import Manifest
import Synchronization

extension Core {
    /// Why the signature of a head does not hold; `nil` where it does.
    func signatureFailure(of head: HeadRecord) -> String? {
        guard head.length > 0 else { return nil }
        let authority = state.withLock { $0.authority } ?? TreeAuthority(assumedFor: key)
        do throws(ManifestError) {
            try authority.verify(head.signature.isEmpty ? nil : head.signature, of: head.tree, hashing: hashing)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
