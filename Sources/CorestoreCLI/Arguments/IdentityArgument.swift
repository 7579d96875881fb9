import ArgumentParser
import Corestore
import Crypto

/// Which key pair this side is known by to peers.
enum IdentityArgument: ExpressibleByArgument, Equatable {
    /// The store's own.
    case store
    /// A fresh one, which nobody knows again.
    case fresh
    /// A further one of the store.
    case named(String)

    init?(argument: String) {
        switch argument {
        case "store": self = .store
        case "fresh": self = .fresh
        case "": return nil
        default: self = .named(argument)
        }
    }

    static var defaultCompletionKind: CompletionKind { .list(["store", "fresh"]) }

    var defaultValueDescription: String {
        switch self {
        case .store: "store"
        case .fresh: "fresh"
        case .named(let name): name
        }
    }

    func keyPair(of store: Corestore) throws -> KeyPair {
        switch self {
        case .store: try store.identity()
        case .fresh: KeyPair()
        case .named(let name): try store.identity(named: name)
        }
    }
}

extension PublicKey {
    /// Reads a public key from the command line, or a line of a list.
    init(argument: String) throws {
        do {
            // A core's key has the same forms.
            self.init(try CoreKey(text: argument).bytes)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
