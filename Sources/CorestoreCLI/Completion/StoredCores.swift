import ArgumentParser
import CompactEncoding
import Corestore
import Crypto

extension CompletionKind {
    /// The names of the store's cores, in the namespace that the command line names.
    static var coreNames: CompletionKind {
        .custom { words, _, prefix in await StoredCores(words).names(prefix) }
    }

    /// The keys of the store's cores.
    static var coreKeys: CompletionKind {
        .custom { words, _, prefix in await StoredCores(words).keys(prefix) }
    }
}

/// What a shell offers to complete the name or key of a core with: whatever goes wrong, it offers less and says nothing.
struct StoredCores {
    private let store: String
    private let namespaces: [String]

    /// Past so many nobody chooses from a list, and a shell is to answer at once.
    private static let limit = 500

    /// - Parameter words: the command line as far as it is typed.
    init(_ words: [String]) {
        store = Self.values(of: "--store", in: words).last ?? StoreLocation.standard
        namespaces = Self.values(of: "--namespace", in: words)
    }

    /// Those in the namespace that the words name.
    func names(_ prefix: String) async -> [String] {
        await collect { info, namespace in
            guard let name = info.name, info.namespace == namespace else { return nil }
            let text = String(decoding: name, as: UTF8.self)
            // A name that is no text cannot be typed.
            return Array(text.utf8) == name && text.hasPrefix(prefix) ? text : nil
        }
    }

    /// Those of any core.
    func keys(_ prefix: String) async -> [String] {
        await collect { info, _ in info.key.text.hasPrefix(prefix) ? info.key.text : nil }
    }

    private func collect(_ word: (StoredCoreInfo, _ namespace: Bytes32) -> String?) async -> [String] {
        guard let root = try? await Corestore.open(at: store, options: CorestoreOptions(readOnly: true)) else {
            return []
        }
        let namespace = namespaces.reduce(root) { $0.namespace($1) }.namespace
        var found: [String] = []
        do {
            for try await discoveryKey in root.list() {
                guard found.count < Self.limit else { break }
                if let info = try root.info(of: discoveryKey), let word = word(info, namespace) { found.append(word) }
            }
        } catch {
            // What was found before is offered.
        }
        try? await root.close()
        return found
    }

    private static func values(of option: String, in words: [String]) -> [String] {
        var values: [String] = []
        for (position, word) in words.enumerated() {
            if word == option, position + 1 < words.count { values.append(words[position + 1]) }
            if word.hasPrefix("\(option)=") { values.append(String(word.dropFirst(option.count + 1))) }
        }
        return values
    }
}
