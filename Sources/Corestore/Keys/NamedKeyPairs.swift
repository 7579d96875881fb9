import Crypto
import HypercoreStorage
import Synchronization

/// The key pairs of a store's own names.
///
/// Deriving one costs as much as a signature, and the name of a new log is mostly appended to at once. So the key pair that was
/// derived to make a log is kept until it is first asked for to sign, or until the next log is made.
final class NamedKeyPairs: Sendable {
    private let keys: KeyDerivation
    private let latest = Mutex<(alias: Alias, keyPair: KeyPair)?>(nil)

    init(_ keys: KeyDerivation) {
        self.keys = keys
    }

    /// Derives the key pair of a name that is given to a new log.
    func derive(forNew alias: Alias) -> KeyPair {
        let keyPair = keys.keyPair(name: alias.name, namespace: alias.namespace)
        latest.withLock { $0 = (alias, keyPair) }
        return keyPair
    }

    /// The key pair that signs the log of a name; asked for once by each log that is open.
    func signer(of alias: Alias) -> KeyPair {
        let kept = latest.withLock { latest in
            latest?.alias == alias ? latest.take()?.keyPair : nil
        }
        return kept ?? keys.keyPair(name: alias.name, namespace: alias.namespace)
    }
}
