import ArgumentParser
import Corestore
import Crypto
import Hypercore

/// `corestore list`: every core in the store.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every core in the store, or in a namespace of it.",
        discussion: """
            EXAMPLES
              corestore list --store backup
              corestore list --namespace photos
              corestore list --json
            """
    )

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let console = Console(json: options.json)
        try await options.withStore(.reading) { store in
            for try await discoveryKey in store.list(namespace: options.namespace.isEmpty ? nil : store.namespace) {
                let core = try await store.get(discoveryKey: discoveryKey)
                let record = try CoreRecord(core)
                await core.close()
                try console.json ? console.print(record) : console.print(line(for: record))
            }
        }
    }

    private func line(for core: CoreRecord) -> String {
        let kind = core.writable ? "writable" : "read-only"
        return "\(core.key)  \(kind.padded(to: 9))  \(Words.bytes(core.byteLength).padded(to: 8))  "
            + Words.blocks(core.length)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
